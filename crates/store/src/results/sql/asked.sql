-- Transactions that a run asked of nodes, and those that were accepted: $1 run, $2 round (null:
-- all).
SELECT coalesce(sum(intended), 0)::bigint AS intended,
       coalesce(sum(intended) FILTER (WHERE outcome IN ('accepted', 'unconfirmed')), 0)::bigint
           AS accepted
  FROM loadlab.experiment_request
 WHERE name = $1 AND kind IN ('payments', 'zkapps') AND round = coalesce($2, round)

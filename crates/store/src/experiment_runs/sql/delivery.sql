-- A memo is <experiment>-<round>-<batch>-<index>; payments and zkApp commands
-- of one round count their batches apart, so the kind tells them apart.
WITH request AS (
    SELECT step, request, node, kind, round, intended, outcome
      FROM loadlab.experiment_request
     WHERE name = $1 AND kind IN ('payments', 'zkapps') AND round IS NOT NULL
), tx AS (
    SELECT loadlab.memo_round(ending) AS round,
           split_part(ending, '-', 3) AS batch,
           CASE type WHEN 'payment' THEN 'payments' ELSE 'zkapps' END AS kind,
           count(*) AS seen,
           count(*) FILTER (WHERE block_received IS NOT NULL) AS included
      FROM (SELECT memo, type, block_received, loadlab.memo_ending(memo) AS ending
              FROM public.txs
             WHERE starts_with(memo, $1 || '-')
            OFFSET 0
           ) AS found
     WHERE ending IS NOT NULL AND loadlab.memo_experiment(memo, ending) = $1
     GROUP BY 1, 2, 3
)
SELECT request.round, request.kind, request.request AS batch, request.node, request.outcome,
       coalesce(request.intended, 0) AS intended,
       CASE WHEN request.outcome IN ('accepted', 'unconfirmed')
            THEN coalesce(request.intended, 0) ELSE 0 END AS accepted,
       coalesce(tx.seen, 0) AS seen,
       coalesce(tx.included, 0) AS included
  FROM request
  LEFT JOIN tx ON tx.round = request.round AND tx.batch = request.request::text
              AND tx.kind = request.kind
 ORDER BY request.round, request.kind, request.request

-- A memo is <experiment>-<round>-<batch>-<index>; payments and zkApp commands
-- of one round count their batches apart, so the kind tells them apart. A node
-- counts the index on with each transaction that it makes, so the greatest one
-- tells how many it has made.
WITH request AS (
    SELECT step, request, node, kind, round, outcome,
           coalesce(intended, 0) AS intended,
           CASE WHEN outcome IN ('accepted', 'unconfirmed')
                THEN coalesce(intended, 0) ELSE 0 END AS accepted,
           undone_at IS NOT NULL AS is_stopped,
           undone_at IS NOT NULL OR coalesce(runs_until < clock_timestamp(), false) AS is_over
      FROM loadlab.experiment_request
     WHERE name = $1 AND kind IN ('payments', 'zkapps') AND round IS NOT NULL
), reason AS (
    SELECT loadlab.memo_round(ending) AS round,
           split_part(ending, '-', 3) AS batch,
           CASE type WHEN 'payment' THEN 'payments' ELSE 'zkapps' END AS kind,
           failure,
           count(*) AS seen,
           count(block_received) AS included,
           count(*) FILTER (WHERE result = 'Applied') AS applied,
           -- what is longer is no index of ours
           max(CASE WHEN length(split_part(ending, '-', 4)) <= 9
                    THEN split_part(ending, '-', 4)::integer END) AS last_index
      FROM (SELECT coalesce(block.memo, pool.memo) AS memo,
                   coalesce(block.type, pool.type) AS type,
                   block.block_received, block.result,
                   CASE WHEN block.result = 'Failed'
                        THEN coalesce(block.failure_reason, 'unknown reason') END AS failure,
                   loadlab.memo_ending(coalesce(block.memo, pool.memo)) AS ending
              FROM public.unique_txs AS pool
              FULL JOIN public.block_txs AS block USING (deployment_id, hash)
             WHERE starts_with(coalesce(block.memo, pool.memo), $1 || '-')
               -- Other deployments may have transactions of the same name.
               AND deployment_id = coalesce((SELECT run.deployment_id
                                               FROM loadlab.experiment_run AS run
                                              WHERE run.name = $1), deployment_id)
               AND deployment_id NOT IN (SELECT dropped.deployment_id
                                           FROM loadlab.dropped_deployment AS dropped)
            OFFSET 0
           ) AS found
     WHERE ending IS NOT NULL AND loadlab.memo_experiment(memo, ending) = $1
     GROUP BY 1, 2, 3, 4
), tx AS (
    SELECT round, batch, kind,
           sum(seen)::bigint AS seen,
           sum(included)::bigint AS included,
           sum(applied)::bigint AS applied,
           coalesce(sum(included) FILTER (WHERE failure IS NOT NULL), 0)::bigint AS failed,
           jsonb_object_agg(failure, included) FILTER (WHERE failure IS NOT NULL) AS failures,
           greatest(max(last_index)::bigint + 1, sum(seen)::bigint) AS made
      FROM reason
     GROUP BY 1, 2, 3
)
SELECT request.round, request.kind, request.request AS batch, request.node, request.outcome,
       request.is_stopped, request.intended, request.accepted,
       CASE WHEN request.is_over
            THEN greatest(request.accepted - coalesce(tx.made, 0), 0) ELSE 0 END AS unsent,
       coalesce(tx.seen, 0) AS seen,
       coalesce(tx.included, 0) AS included,
       coalesce(tx.applied, 0) AS applied,
       coalesce(tx.failed, 0) AS failed,
       tx.failures
  FROM request
  LEFT JOIN tx ON tx.round = request.round AND tx.batch = request.request::text
              AND tx.kind = request.kind
 ORDER BY request.round, request.kind, request.request

-- The rounds of experiments, as before but faster: the processes of a parallel query count their
-- parts of the transactions. Three things kept them from it. A bare `OFFSET 0` counts as a limit,
-- because the server makes a bigint of it only later; `OFFSET '0'` is one from the beginning. A full
-- join runs in one process; only transactions that were in a pool are counted here. Dropped
-- deployments were looked up for every transaction; they are for every batch.
CREATE OR REPLACE VIEW loadlab.experiment_round AS
SELECT exp,
       round,
       deployment_id,
       min(start) AS start,
       max(last) AS last,
       max(max_latency) AS max_latency,
       sum(total)::bigint AS total,
       sum(zkapps)::bigint AS zkapps,
       sum(included)::bigint AS included,
       sum(applied)::bigint AS applied,
       coalesce(sum(total) FILTER (WHERE failure IS NOT NULL), 0)::bigint AS failed,
       -- how many failed for which reason; null if none did
       jsonb_object_agg(failure, total) FILTER (WHERE failure IS NOT NULL) AS failures
  FROM (SELECT loadlab.memo_experiment(first_memo, ending) AS exp,
               loadlab.memo_round(ending) AS round,
               deployment_id,
               failure,
               min(start) AS start,
               max(last) AS last,
               max(max_latency) AS max_latency,
               sum(total)::bigint AS total,
               sum(zkapps)::bigint AS zkapps,
               sum(included)::bigint AS included,
               sum(applied)::bigint AS applied
          FROM (SELECT stem || '0' AS first_memo,
                       loadlab.memo_ending(stem || '0') AS ending,
                       deployment_id,
                       failure,
                       min("time") AS start,
                       max("time") AS last,
                       max(latency) AS max_latency,
                       count(*) AS total,
                       count(*) FILTER (WHERE type <> 'payment') AS zkapps,
                       count(latency) AS included,
                       count(*) FILTER (WHERE result = 'Applied') AS applied
                  FROM (SELECT rtrim(coalesce(block.memo, pool.memo), '0123456789') AS stem,
                               pool.deployment_id,
                               coalesce(block.type, pool.type) AS type,
                               pool."time",
                               block.block_received - pool."time" AS latency,
                               block.result,
                               -- as in the view loadlab.transaction
                               CASE WHEN block.result = 'Failed'
                                    THEN coalesce(block.failure_reason, 'unknown reason')
                               END AS failure
                          FROM public.unique_txs AS pool
                          LEFT JOIN public.block_txs AS block USING (deployment_id, hash)
                         -- a memo without an index is none of an experiment
                         WHERE coalesce(block.memo, pool.memo) NOT LIKE '%-'
                        -- The server would take each memo for a group of its own, and sort them.
                        OFFSET '0'
                       ) AS tx
                 GROUP BY stem, deployment_id, failure
                -- takes the stem of every group apart, not that of every transaction
                OFFSET 0
               ) AS batch
         WHERE ending IS NOT NULL
           AND deployment_id NOT IN (SELECT deployment_id FROM loadlab.dropped_deployment)
         GROUP BY loadlab.memo_experiment(first_memo, ending), loadlab.memo_round(ending),
                  deployment_id, failure
       ) AS reason
 GROUP BY exp, round, deployment_id;

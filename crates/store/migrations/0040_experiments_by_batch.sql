-- The rounds of experiments, as before but faster: transactions are counted by what their memos have
-- in common, everything but the index, and that is taken apart once for each batch and not for each
-- memo.
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
                  FROM (SELECT rtrim(memo, '0123456789') AS stem,
                               deployment_id, type, "time", latency, result, failure
                          FROM loadlab.transaction
                         WHERE deployment_id IS NOT NULL
                           -- a memo without an index is none of an experiment
                           AND memo NOT LIKE '%-'
                        -- The server would take each memo for a group of its own, and sort them.
                        OFFSET 0
                       ) AS tx
                 GROUP BY stem, deployment_id, failure
                -- takes the stem of every group apart, not that of every transaction
                OFFSET 0
               ) AS batch
         WHERE ending IS NOT NULL
         GROUP BY loadlab.memo_experiment(first_memo, ending), loadlab.memo_round(ending),
                  deployment_id, failure
       ) AS reason
 GROUP BY exp, round, deployment_id;

-- Why the ledger refused a transaction that is in a block. A run whose payments all fail must not
-- look like one whose payments arrive.

-- The failures that the block names, such as Amount_insufficient_to_create_account; null for
-- transactions that were applied, and for those stored before this column was there.
ALTER TABLE public.block_txs ADD COLUMN failure_reason text;

-- What public.txs shows, and the reason of failures. The public views keep the columns that users
-- know.
CREATE VIEW loadlab.transaction AS
SELECT pool.deployment_id,
       coalesce(block.hash, pool.hash) AS hash,
       coalesce(block.type, pool.type) AS type,
       coalesce(block.memo, pool.memo) AS memo,
       pool."time",
       block.block_received,
       block.block_received - pool."time" AS latency,
       block.result,
       CASE WHEN block.result = 'Failed'
            THEN coalesce(block.failure_reason, 'unknown reason') END AS failure
  FROM public.unique_txs AS pool
  FULL JOIN public.block_txs AS block
    ON block.hash = pool.hash AND block.deployment_id = pool.deployment_id;

CREATE OR REPLACE VIEW public.txs AS
SELECT deployment_id, hash, type, memo, "time", block_received, latency, result
  FROM loadlab.transaction;

-- One round of an experiment in one deployment, in numbers of transactions.
CREATE VIEW loadlab.experiment_round AS
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
  FROM (SELECT loadlab.memo_experiment(memo, ending) AS exp,
               loadlab.memo_round(ending) AS round,
               deployment_id,
               failure,
               min("time") AS start,
               max("time") AS last,
               max(latency) AS max_latency,
               count(*) AS total,
               count(*) FILTER (WHERE type <> 'payment') AS zkapps,
               count(latency) AS included,
               count(*) FILTER (WHERE result = 'Applied') AS applied
          FROM (SELECT memo, loadlab.memo_ending(memo) AS ending,
                       deployment_id, type, "time", latency, result, failure
                  FROM loadlab.transaction
                 WHERE deployment_id IS NOT NULL
                -- matches every memo once instead of once for every use
                OFFSET 0
               ) AS tx
         WHERE ending IS NOT NULL
         GROUP BY loadlab.memo_experiment(memo, ending), loadlab.memo_round(ending),
                  deployment_id, failure
       ) AS reason
 GROUP BY exp, round, deployment_id;

-- The rows of public.experiments, and what became of the transactions in blocks.
CREATE VIEW loadlab.experiment_outcome AS
SELECT exp,
       round,
       deployment_id,
       round(total * 60 / seconds, 2) AS rate_min,
       round(zkapps * 60 / seconds, 2) AS zkapp_rate_min,
       round((total - zkapps) * 60 / seconds, 2) AS payment_rate_min,
       date_trunc('second', last - start) AS duration,
       max_latency,
       round((total - included)::numeric / total, 2) AS missed,
       round(failed::numeric / total, 2) AS failed,
       round(applied::numeric / total, 2) AS successful,
       start,
       total,
       zkapps,
       included AS included_count,
       applied AS applied_count,
       failed AS failed_count,
       failures
  FROM (SELECT *,
               -- null for a group within half a second: it has no rate
               nullif(round(extract(epoch FROM last - start)), 0) AS seconds
          FROM loadlab.experiment_round
       ) AS experiment;

CREATE OR REPLACE VIEW public.experiments AS
SELECT exp, round, deployment_id, rate_min, zkapp_rate_min, payment_rate_min, duration,
       max_latency, missed, failed, successful, start, total, zkapps
  FROM loadlab.experiment_outcome
 ORDER BY start;

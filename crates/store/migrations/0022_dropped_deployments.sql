-- A deployment goes in a moment, however large it is: its partitions and its row at once, and the
-- rows of tables without partitions in portions afterwards. Nothing shows them in between.

-- Deployments of which there still are rows.
CREATE TABLE loadlab.dropped_deployment (
    deployment_id integer PRIMARY KEY,
    dropped_at timestamptz NOT NULL DEFAULT now()
);

-- Null if the deployment was dropped.
ALTER TABLE loadlab.session ALTER COLUMN deployment_id DROP NOT NULL;
-- Locks: a session is a row, so the table has thousands at most.
CREATE INDEX session_dropped_idx ON loadlab.session (session_id) WHERE deployment_id IS NULL;

-- Such rows may outlive their deployment for a moment.
ALTER TABLE public.sw_interruptions DROP CONSTRAINT sw_interruptions_deployment_id_fkey;
-- Locks: interruptions are rare, so this takes seconds.
CREATE INDEX sw_interruptions_deployment_id_idx ON public.sw_interruptions (deployment_id);

CREATE OR REPLACE VIEW loadlab.transaction AS
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
    ON block.hash = pool.hash AND block.deployment_id = pool.deployment_id
 WHERE NOT EXISTS (SELECT FROM loadlab.dropped_deployment AS dropped
                    WHERE dropped.deployment_id
                          = coalesce(pool.deployment_id, block.deployment_id));

CREATE OR REPLACE VIEW public.sw_experiments AS
SELECT exp,
       round,
       deployment_id,
       fst_tx_type,
       snd_tx_type,
       count(*) AS total_sws,
       min(received_scheduled) AS min_received_scheduled_sec,
       avg(received_scheduled) AS avg_received_scheduled_sec,
       max(received_scheduled) AS max_received_scheduled_sec,
       min(received_added) AS min_received_added_sec,
       avg(received_added) AS avg_received_added_sec,
       max(received_added) AS max_received_added_sec
  FROM (SELECT loadlab.memo_experiment(fst_memo, fst_ending) AS exp,
               loadlab.memo_experiment(snd_memo, snd_ending) AS snd_exp,
               loadlab.memo_round(fst_ending) AS round,
               loadlab.memo_round(snd_ending) AS snd_round,
               deployment_id,
               fst_tx_type,
               snd_tx_type,
               extract(epoch FROM time_received - time_scheduled) AS received_scheduled,
               extract(epoch FROM time_received - time_added) AS received_added
          FROM (SELECT fst_work_tx_memo AS fst_memo,
                       loadlab.memo_ending(fst_work_tx_memo) AS fst_ending,
                       snd_work_tx_memo AS snd_memo,
                       loadlab.memo_ending(snd_work_tx_memo) AS snd_ending,
                       fst_work_type AS fst_tx_type,
                       snd_work_type AS snd_tx_type,
                       deployment_id, time_added, time_received, time_scheduled
                  FROM public.uniq_sws
                 WHERE NOT EXISTS (SELECT FROM loadlab.dropped_deployment AS dropped
                                    WHERE dropped.deployment_id = uniq_sws.deployment_id)
                OFFSET 0
               ) AS work
       ) AS work
 WHERE exp = snd_exp AND round = snd_round
 GROUP BY exp, round, deployment_id, fst_tx_type, snd_tx_type
 ORDER BY deployment_id, exp, round, fst_tx_type, snd_tx_type;

CREATE OR REPLACE VIEW loadlab.completeness AS
SELECT session.deployment_id,
       session.node_name,
       sum(session.lines - session.repeated_lines - session.malformed_lines)::bigint AS stored_entries,
       sum(session.lost_entries)::bigint AS lost_entries,
       sum(session.malformed_lines)::bigint AS malformed_entries,
       sum(session.old_unknown_gaps + coalesce(gaps.unknown, 0))::bigint AS unknown_gaps,
       count(*) AS sessions,
       CASE WHEN sum(session.lines) + sum(session.lost_entries) > 0
            THEN sum(session.lines - session.malformed_lines)::double precision
                 / (sum(session.lines) + sum(session.lost_entries))
            ELSE 1 END AS completeness
  FROM loadlab.session
  LEFT JOIN (SELECT session_id, count(*) AS unknown FROM loadlab.gap
              WHERE missing IS NULL GROUP BY session_id) AS gaps USING (session_id)
 WHERE session.deployment_id IS NOT NULL
 GROUP BY session.deployment_id, session.node_name;

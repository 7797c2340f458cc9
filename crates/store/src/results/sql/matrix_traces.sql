-- The traces of blocks, a row for each block: $1 deployment, $2 hashes. `kinds` are four times the
-- number of the source plus that of the status; `made` are the times from beginning to end of the
-- traces of those who made it. Where the node was stopped meanwhile, no time is known (total -1).
WITH reloaded AS MATERIALIZED (
    SELECT id FROM loadlab.reloaded_traces($1) AS id
)
SELECT block_id::text AS hash,
       array_agg(node_name::text) AS nodes,
       array_agg(CASE source WHEN 'Internal' THEN 1 WHEN 'External' THEN 2
                             WHEN 'Catchup' THEN 3 ELSE 0 END * 4
                 + CASE status WHEN 'Pending' THEN 1 WHEN 'Failure' THEN 2 ELSE 0 END) AS kinds,
       array_agg(trace_started_at) AS started,
       array_agg(CASE WHEN block_trace_id IN (SELECT id FROM reloaded) THEN -1
                      ELSE total_time END) AS total,
       array_agg(trace_started_at)
           FILTER (WHERE source = 'Internal' AND trace_completed_at IS NOT NULL
                         AND block_trace_id NOT IN (SELECT id FROM reloaded)) AS made_from,
       array_agg(trace_completed_at)
           FILTER (WHERE source = 'Internal' AND trace_completed_at IS NOT NULL
                         AND block_trace_id NOT IN (SELECT id FROM reloaded)) AS made_until
  FROM public.block_trace
 WHERE deployment_id = $1 AND block_id = ANY ($2) AND block_id LIKE '3N%' AND trace_started_at > 0
 GROUP BY block_id

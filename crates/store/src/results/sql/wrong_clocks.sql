-- Nodes that received a block before its producer had made it, of all blocks of a time: $1 deployment,
-- $2 and $3 the time in seconds. Their clocks are wrong.
WITH made AS (
    SELECT block_id, max(trace_completed_at) AS until
      FROM public.block_trace
     WHERE deployment_id = $1 AND block_id LIKE '3N%' AND source = 'Internal'
       AND trace_started_at > 0 AND trace_started_at >= $2 AND trace_started_at < $3
     GROUP BY block_id
)
SELECT DISTINCT trace.node_name::text
  FROM public.block_trace AS trace
  JOIN made USING (block_id)
 WHERE trace.deployment_id = $1 AND trace.source = 'External'
   AND trace.trace_started_at > 0 AND trace.trace_started_at >= $2 AND trace.trace_started_at < $3
   AND trace.trace_started_at < made.until

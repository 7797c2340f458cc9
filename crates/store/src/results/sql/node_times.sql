-- When nodes were read (is_lost false) and when entries of them are lost, by the nodes' clocks, as
-- far as these overlap a time: $1 deployment, $2 and $3 the time in microseconds, $4 nodes (null:
-- all). Files count as read from their first to their last trace.
WITH session AS (
    SELECT session_id, node_name, kind FROM loadlab.session
     WHERE deployment_id = $1 AND ($4::text[] IS NULL OR node_name = ANY ($4))
)
SELECT node_name AS node, false AS is_lost,
       loadlab.micros(min(minute)) AS from_us,
       loadlab.micros(max(minute) + interval '1 minute') AS until_us
  FROM session JOIN loadlab.session_minute USING (session_id)
 GROUP BY session_id, node_name
HAVING max(minute) + interval '1 minute' >= to_timestamp($2::bigint / 1e6)
   AND min(minute) <= to_timestamp($3::bigint / 1e6)
UNION ALL
SELECT trace.node_name, false,
       (min(trace_started_at) * 1000000)::bigint, (max(trace_started_at) * 1000000)::bigint
  FROM public.block_trace AS trace
 WHERE trace.deployment_id = $1 AND trace_started_at > 0
   AND trace.node_name IN (SELECT node_name FROM session WHERE kind = 'file')
 GROUP BY trace.node_name
UNION ALL
SELECT node_name, true,
       loadlab.micros(greatest(lost_since, to_timestamp($2::bigint / 1e6))),
       loadlab.micros(least(lost_until, to_timestamp($3::bigint / 1e6)))
  FROM loadlab.gap_time
 WHERE session_id IN (SELECT session_id FROM session)
   AND lost_until >= to_timestamp($2::bigint / 1e6)
   AND lost_since <= to_timestamp($3::bigint / 1e6)

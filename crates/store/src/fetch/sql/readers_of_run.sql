SELECT session_id,
       session.node_name,
       ended_at IS NULL AND node.fetched_at > clock_timestamp() - interval '1 minute' IS TRUE,
       ended_at IS NULL,
       coalesce((cursor ->> 'last_log_id')::bigint, 0),
       (cursor ->> 'last_time_us')::bigint
FROM loadlab.session
LEFT JOIN loadlab.fetched_node AS node ON node.node_name = session.node_name AND node.active
WHERE kind = 'node' AND cursor ->> 'run' = $1 AND session_id <> $2
UNION ALL
SELECT session_id, node_name, false, false, last_log_id, last_time_us
FROM loadlab.left_run
JOIN loadlab.session USING (session_id)
WHERE run = $1

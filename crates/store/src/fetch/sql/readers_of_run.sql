SELECT session_id,
       node_name,
       ended_at IS NULL,
       coalesce((cursor ->> 'last_log_id')::bigint, 0),
       (cursor ->> 'last_time_us')::bigint
FROM loadlab.session
WHERE kind = 'node' AND cursor ->> 'run' = $1 AND session_id <> $2
UNION ALL
SELECT session_id, node_name, false, last_log_id, last_time_us
FROM loadlab.left_run
JOIN loadlab.session USING (session_id)
WHERE run = $1

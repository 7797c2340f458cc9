WITH left_session AS (
    UPDATE loadlab.session AS session
    SET version = session.version + 1,
        cursor = '{}'
    FROM (SELECT session_id, cursor FROM loadlab.session WHERE session_id = $1 FOR UPDATE) AS old
    WHERE session.session_id = old.session_id
        AND session.ended_at IS NULL
        AND old.cursor ->> 'run' = $2
    RETURNING session.session_id, old.cursor
)
INSERT INTO loadlab.left_run (session_id, run, last_log_id, last_time_us)
SELECT session_id, $2, coalesce((cursor ->> 'last_log_id')::bigint, 0),
       (cursor ->> 'last_time_us')::bigint
FROM left_session

INSERT INTO loadlab.left_run (session_id, run, last_log_id, last_time_us)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[])

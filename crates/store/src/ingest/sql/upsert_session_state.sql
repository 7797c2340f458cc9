INSERT INTO loadlab.session_state (session_id, key, body)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[])
ON CONFLICT (session_id, key) DO UPDATE SET body = excluded.body

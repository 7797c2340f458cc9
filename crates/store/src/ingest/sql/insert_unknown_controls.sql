INSERT INTO loadlab.unknown_control (session_id, line, process, content)
SELECT session_id, line, process, content::jsonb
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])
    AS new (session_id, line, process, content)

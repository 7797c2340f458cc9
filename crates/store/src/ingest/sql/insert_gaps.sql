INSERT INTO loadlab.gap (session_id, process, after_entry, missing, reason)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[])

INSERT INTO loadlab.session_minute AS stored (session_id, minute, entries)
SELECT session_id, to_timestamp(60 * minute), entries
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS new (session_id, minute, entries)
ORDER BY session_id, minute
ON CONFLICT (session_id, minute) DO UPDATE SET entries = stored.entries + excluded.entries

DELETE FROM loadlab.session_trace AS trace
USING unnest($1::bigint[], $2::int[]) AS gone (session_id, ordinal)
WHERE trace.session_id = gone.session_id AND trace.ordinal = gone.ordinal

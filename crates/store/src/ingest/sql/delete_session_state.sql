DELETE FROM loadlab.session_state AS state
USING unnest($1::bigint[], $2::text[]) AS gone (session_id, key)
WHERE state.session_id = gone.session_id AND state.key = gone.key

INSERT INTO loadlab.session_trace (session_id, ordinal, block_trace_id)
SELECT $2, ordinal, block_trace_id
FROM loadlab.session_trace
WHERE session_id = $1 AND $3

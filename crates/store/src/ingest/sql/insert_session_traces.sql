INSERT INTO loadlab.session_trace (session_id, ordinal, block_trace_id)
SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[])

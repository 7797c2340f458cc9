SELECT trace.node_name,
       (SELECT count(*) FROM public.block_trace_checkpoint AS entry
         WHERE entry.deployment_id = $1 AND entry.block_trace_id = trace.block_trace_id),
       coalesce(lost.entries, 0)::bigint,
       coalesce(lost.unknown, 0)::bigint
FROM public.block_trace AS trace
CROSS JOIN LATERAL (
    SELECT sum(missing) AS entries, count(*) FILTER (WHERE missing IS NULL) AS unknown
    FROM loadlab.session
    JOIN loadlab.gap USING (session_id)
    WHERE session.deployment_id = $1
        AND session.node_name = trace.node_name
        AND coalesce(until_time, noted_at) >= to_timestamp(trace.trace_started_at)
        AND coalesce(from_time, until_time, noted_at) <= to_timestamp(trace.trace_completed_at)
) AS lost
WHERE trace.deployment_id = $1 AND trace.block_id = $2
ORDER BY trace.node_name

SELECT trace.node_name,
       (SELECT count(*) FROM public.block_trace_checkpoint AS entry
         WHERE entry.deployment_id = $1 AND entry.block_trace_id = trace.block_trace_id),
       coalesce(lost.entries, 0)::bigint,
       coalesce(lost.unknown, 0)::bigint
FROM public.block_trace AS trace
CROSS JOIN LATERAL (
    SELECT sum(missing) AS entries, count(*) FILTER (WHERE missing IS NULL) AS unknown
    FROM loadlab.gap_time AS gap
    WHERE gap.deployment_id = $1
        AND gap.node_name = trace.node_name
        AND lost_until >= to_timestamp(trace.trace_started_at)
        AND lost_since <= to_timestamp(trace.trace_completed_at)
) AS lost
WHERE trace.deployment_id = $1 AND trace.block_id = $2
ORDER BY trace.node_name

WITH trace AS (
    DELETE FROM public.block_trace
     WHERE deployment_id = $1 AND status = 'Pending'
    RETURNING block_trace_id
), checkpoint AS (
    DELETE FROM public.block_trace_checkpoint AS checkpoint
     USING trace
     WHERE checkpoint.deployment_id = $1
       AND checkpoint.block_trace_id = trace.block_trace_id
    RETURNING 1
), last_gossip AS (
    DELETE FROM public.last_block_trace_gossip_checkpoint AS last_gossip
     USING trace
     WHERE last_gossip.block_trace_id = trace.block_trace_id
), interruption AS (
    DELETE FROM public.sw_interruptions AS interruption
     USING trace
     WHERE interruption.block_trace_id = trace.block_trace_id
)
SELECT (SELECT count(*) FROM trace) AS traces,
       (SELECT count(*) FROM checkpoint) AS checkpoints

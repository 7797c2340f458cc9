-- The checkpoints of the main process of block traces that were added and whose node was not stopped
-- meanwhile, newest traces first: $1
-- deployments, $2 and $3 the time in microseconds (null: all), $4 nodes (null: all), $5 where the
-- nodes got the blocks from (null: any), $6 one block (null: all), $7 how many traces, $8 and $9 the
-- node and the block of a trace that is not wanted (null: none).
WITH trace AS (
    SELECT block_trace_id, deployment_id, block_id::text AS hash, node_name::text AS node,
           trace_started_at AS started, trace_completed_at AS completed
      FROM public.block_trace
     WHERE deployment_id = ANY ($1) AND block_id LIKE '3N%'
       AND status = 'Success' AND trace_started_at > 0
       AND trace_started_at >= coalesce($2::bigint / 1e6, 0)
       AND trace_started_at < coalesce($3::bigint / 1e6, 'infinity')
       AND ($4::text[] IS NULL OR node_name = ANY ($4))
       AND ($5::text IS NULL OR source = $5)
       AND ($6::text IS NULL OR block_id = $6)
       AND ($8::text IS NULL OR node_name <> $8 OR block_id <> $9)
       AND block_trace_id NOT IN (SELECT loadlab.reloaded_traces(id) FROM unnest($1) AS id)
     ORDER BY trace_started_at DESC, block_trace_id
     LIMIT $7
)
SELECT trace.deployment_id, trace.hash, trace.node,
       array_agg(entry.name::text ORDER BY entry.started_at, entry.block_trace_checkpoint_id)
           AS names,
       array_agg(entry.started_at ORDER BY entry.started_at, entry.block_trace_checkpoint_id)
           AS times
  FROM trace
  JOIN public.block_trace_checkpoint AS entry USING (deployment_id, block_trace_id)
 WHERE entry.deployment_id = ANY ($1) AND entry.main_trace AND NOT entry.gossip
   AND NOT entry.is_control AND entry.source = 'M'
   AND entry.started_at BETWEEN trace.started AND trace.completed
 GROUP BY trace.deployment_id, trace.block_trace_id, trace.hash, trace.node

-- The checkpoints of block traces that were added, of the newest traces, all in no order: $1
-- deployment, $2 and $3 the time in microseconds (null: all), $4 nodes (null: all), $5 and $6 heights
-- (null: all), $7 hash (null: any), $8 where the nodes got the blocks from (null: any), $9 how many
-- traces.
WITH trace AS MATERIALIZED (
    SELECT block_trace_id, block_id::text AS hash, node_name::text AS node,
           trace_started_at AS started, trace_completed_at AS completed
      FROM public.block_trace
     WHERE deployment_id = $1 AND block_id LIKE '3N%' AND status = 'Success'
       AND total_time > 0 AND trace_started_at > 0
       AND trace_started_at >= coalesce($2::bigint / 1e6, 0)
       AND trace_started_at < coalesce($3::bigint / 1e6, 'infinity')
       AND ($4::text[] IS NULL OR node_name = ANY ($4))
       AND blockchain_length BETWEEN coalesce($5::bigint, 0) AND coalesce($6::bigint, 2147483647)
       AND ($7::text IS NULL OR block_id = $7)
       AND ($8::text IS NULL OR source = $8)
       AND block_trace_id NOT IN (SELECT loadlab.reloaded_traces($1))
     ORDER BY trace_started_at DESC
     LIMIT $9
), step AS (
    -- To put them in order here takes twice as long.
    SELECT block_trace_id,
           array_agg(entry.name::text) AS names,
           array_agg(entry.started_at) AS times,
           array_agg(entry.block_trace_checkpoint_id) AS ids
      FROM trace
      JOIN public.block_trace_checkpoint AS entry USING (block_trace_id)
     WHERE entry.deployment_id = $1 AND entry.main_trace AND NOT entry.gossip
       AND NOT entry.is_control AND entry.source = 'M'
       AND entry.started_at BETWEEN trace.started AND trace.completed
     GROUP BY block_trace_id
)
SELECT trace.hash, trace.node, (trace.started * 1000000)::bigint AS started_us, names, times, ids
  FROM trace JOIN step USING (block_trace_id)
 WHERE cardinality(ids) > 1

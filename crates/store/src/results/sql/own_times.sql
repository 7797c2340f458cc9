-- The own times of the checkpoints of block traces that were added, newest first: $1 deployment, $2
-- and $3 the time in microseconds (null: all), $4 nodes (null: all), $5 and $6 heights (null: all),
-- $7 hash (null: any), $8 where the nodes got the blocks from (null: any), $9 how many traces. A
-- checkpoint lasts until the next one of the main process.
WITH trace AS (
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
     ORDER BY trace_started_at DESC
     LIMIT $9
), own AS (
    SELECT trace.block_trace_id, entry.name,
           lead(entry.started_at) OVER (PARTITION BY trace.block_trace_id
                                        ORDER BY entry.started_at,
                                                 entry.block_trace_checkpoint_id)
               - entry.started_at AS seconds
      FROM trace
      JOIN public.block_trace_checkpoint AS entry USING (block_trace_id)
     WHERE entry.deployment_id = $1 AND entry.main_trace AND NOT entry.gossip
       AND NOT entry.is_control AND entry.source = 'M'
       AND entry.started_at BETWEEN trace.started AND trace.completed
), summed AS (
    SELECT block_trace_id, array_agg(name) AS names, array_agg(seconds) AS seconds
      FROM (SELECT block_trace_id, name::text AS name, sum(seconds) AS seconds
              FROM own WHERE seconds IS NOT NULL
             GROUP BY block_trace_id, name) AS step
     GROUP BY block_trace_id
)
SELECT trace.hash, trace.node, (trace.started * 1000000)::bigint AS started_us, names, seconds
  FROM trace JOIN summed USING (block_trace_id)
 ORDER BY trace.started DESC, trace.node

-- The blocks of a deployment first seen in a time, oldest first: $1 deployment, $2 and $3 the time
-- in microseconds (null: all), $4 how many of the newest.
SELECT hash,
       -- One trace tells: metadata are large. In the order of an index, it ends at the first.
       (SELECT metadata_json ->> 'previous_state_hash' FROM public.block_trace AS trace
         WHERE trace.deployment_id = $1 AND trace.block_id = newest.hash
           AND trace.metadata_json ->> 'previous_state_hash' IS NOT NULL
         ORDER BY trace.node_name, trace.block_trace_id LIMIT 1) AS parent,
       height, slot, first_seen
  FROM (SELECT block_id::text AS hash,
               max(blockchain_length) FILTER (WHERE blockchain_length > 0)::bigint AS height,
               max(global_slot) FILTER (WHERE global_slot > 0)::bigint AS slot,
               min(trace_started_at) AS first_seen
          FROM public.block_trace
         WHERE deployment_id = $1
           AND block_id LIKE '3N%'
           AND trace_started_at > 0
           AND trace_started_at >= coalesce($2::bigint / 1e6, 0)
           AND trace_started_at < coalesce($3::bigint / 1e6, 'infinity')
         GROUP BY block_id
         ORDER BY first_seen DESC
         LIMIT $4) AS newest
 ORDER BY first_seen

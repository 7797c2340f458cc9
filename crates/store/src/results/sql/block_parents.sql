-- The parents of blocks: $1 deployment, $2 their hashes. One trace of each tells; in the order of an
-- index, the search ends at the first that has it.
SELECT hash,
       (SELECT metadata_json ->> 'previous_state_hash' FROM public.block_trace AS trace
         WHERE trace.deployment_id = $1 AND trace.block_id = hash
           AND trace.metadata_json ->> 'previous_state_hash' IS NOT NULL
         ORDER BY trace.node_name, trace.block_trace_id LIMIT 1) AS parent
  FROM unnest($2::text[]) AS hash

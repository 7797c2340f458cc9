-- What blocks contain: $1 deployment, $2 their hashes. One trace of each tells; in the order of an
-- index, the search ends at the first that has it.
WITH made AS MATERIALIZED (
    -- Only the trace of the producer has it; the metadata of others need not be looked at.
    SELECT block_id, metadata_json -> 'diff_log' AS log
      FROM public.block_trace
     WHERE deployment_id = $1 AND block_id = ANY ($2) AND source NOT IN ('External', 'Catchup')
       AND jsonb_typeof(metadata_json -> 'diff_log') = 'array'
)
SELECT hash,
       (SELECT metadata_json ->> 'creator' FROM public.block_trace AS trace
         WHERE trace.deployment_id = $1 AND trace.block_id = hash
           AND trace.metadata_json ->> 'creator' IS NOT NULL
         ORDER BY trace.node_name, trace.block_trace_id LIMIT 1) AS producer,
       content.user_commands, content.zkapps,
       (SELECT sum((part #>> '{end_resources,completed_work,0}')::bigint)::bigint
          FROM (SELECT log FROM made WHERE made.block_id = hash LIMIT 1) AS found
         CROSS JOIN LATERAL jsonb_array_elements(log) AS part
         WHERE part #>> '{end_resources,completed_work,0}' ~ '^[0-9]{1,9}$') AS snark_works
  FROM unnest($2::text[]) AS hash
  LEFT JOIN LATERAL (
       SELECT user_commands, zkapps
         FROM (SELECT metadata_json -> 'transactions' AS list FROM public.block_trace AS trace
                WHERE trace.deployment_id = $1 AND trace.block_id = hash
                  AND jsonb_typeof(trace.metadata_json -> 'transactions') = 'array'
                ORDER BY trace.node_name, trace.block_trace_id LIMIT 1) AS found
        CROSS JOIN LATERAL (
              SELECT count(*) FILTER (WHERE kind NOT LIKE 'zkapp%') AS user_commands,
                     count(*) FILTER (WHERE kind LIKE 'zkapp%') AS zkapps
                FROM (SELECT coalesce(element ->> 0, '') AS kind
                        FROM jsonb_array_elements(list) AS element
                       WHERE jsonb_typeof(element) = 'array') AS command
               WHERE kind NOT IN ('coinbase', 'fee_transfer')) AS counted) AS content ON true

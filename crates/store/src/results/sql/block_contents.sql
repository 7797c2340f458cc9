-- What blocks contain: $1 deployment, $2 their hashes.
SELECT hash,
       (SELECT metadata_json ->> 'creator' FROM public.block_trace AS trace
         WHERE trace.deployment_id = $1 AND trace.block_id = hash
           AND trace.metadata_json ? 'creator' LIMIT 1) AS producer,
       content.user_commands, content.zkapps,
       -- only the trace of the producer has it
       (SELECT sum((part #>> '{end_resources,completed_work,0}')::bigint)::bigint
          FROM (SELECT metadata_json -> 'diff_log' AS log FROM public.block_trace AS trace
                 WHERE trace.deployment_id = $1 AND trace.block_id = hash
                   AND jsonb_typeof(trace.metadata_json -> 'diff_log') = 'array' LIMIT 1) AS found
         CROSS JOIN LATERAL jsonb_array_elements(log) AS part
         WHERE part #>> '{end_resources,completed_work,0}' ~ '^[0-9]{1,9}$') AS snark_works
  FROM unnest($2::text[]) AS hash
  LEFT JOIN LATERAL (
       SELECT count(*) FILTER (WHERE kind NOT LIKE 'zkapp%') AS user_commands,
              count(*) FILTER (WHERE kind LIKE 'zkapp%') AS zkapps
         FROM (SELECT metadata_json -> 'transactions' AS list FROM public.block_trace AS trace
                WHERE trace.deployment_id = $1 AND trace.block_id = hash
                  AND jsonb_typeof(trace.metadata_json -> 'transactions') = 'array'
                LIMIT 1) AS found
        CROSS JOIN LATERAL (SELECT coalesce(element ->> 0, '') AS kind
                              FROM jsonb_array_elements(list) AS element
                             WHERE jsonb_typeof(element) = 'array') AS command
        WHERE kind NOT IN ('coinbase', 'fee_transfer')
       HAVING EXISTS (SELECT FROM public.block_trace AS trace
                       WHERE trace.deployment_id = $1 AND trace.block_id = hash
                         AND trace.metadata_json ? 'transactions')) AS content ON true

-- Blocks that have a transaction, first seen first: $1 deployment, $2 the hash, $3 when the first of
-- them came, in microseconds. Blocks are looked for within two days from then.
SELECT block_id::text
  FROM public.block_trace
 WHERE deployment_id = $1
   AND trace_started_at >= $3::bigint / 1e6 - 1
   AND trace_started_at < $3::bigint / 1e6 + 172800
   AND jsonb_typeof(metadata_json -> 'transactions') = 'array'
   AND EXISTS (SELECT FROM jsonb_array_elements(metadata_json -> 'transactions') AS tx
                WHERE tx ->> 1 = $2)
 GROUP BY block_id
 ORDER BY min(trace_started_at)
 LIMIT 100

-- How many nodes' pools had transactions: $1 deployment, $2 hashes, $3 and $4 the time in
-- microseconds in which they are looked for.
SELECT entry ->> 1 AS hash, count(DISTINCT node_name) AS nodes
  FROM public.tx_traces
 CROSS JOIN LATERAL jsonb_array_elements(
           CASE jsonb_typeof(diff) WHEN 'array' THEN diff ELSE '[]' END) AS entry
 WHERE deployment_id = $1
   AND "time" >= to_timestamp($3::bigint / 1e6)
   AND "time" <= to_timestamp($4::bigint / 1e6)
   AND entry ->> 1 = ANY ($2)
 GROUP BY 1

-- Transactions of a run that are in blocks beside the best chain and on it, and whose result on the
-- best chain is not the stored one, which is the best of all blocks: $1 deployment, $2 run, $3 blocks
-- beside the best chain, $4 blocks of it.
WITH listed AS (
    SELECT block_id = ANY ($3::text[]) AS is_orphan, element ->> 1 AS hash, element -> 3 AS status
      FROM (SELECT DISTINCT ON (trace.block_id)
                   trace.block_id, trace.metadata_json -> 'transactions' AS list
              FROM public.block_trace AS trace
             WHERE trace.deployment_id = $1 AND trace.block_id = ANY ($3::text[] || $4::text[])
               AND jsonb_typeof(trace.metadata_json -> 'transactions') = 'array'
             ORDER BY trace.block_id) AS block
     CROSS JOIN LATERAL jsonb_array_elements(list) AS element
     WHERE jsonb_typeof(element) = 'array' AND jsonb_typeof(element -> 3) = 'array'
), chain AS (
    SELECT DISTINCT ON (hash) hash, status
      FROM listed
     WHERE NOT is_orphan AND hash IN (SELECT listed.hash FROM listed WHERE is_orphan)
     ORDER BY hash
)
SELECT tx.hash, tx.round, tx.failure, chain.status::text AS status
  FROM chain
  JOIN loadlab.run_transactions(ARRAY[$2::text]) AS tx
       ON tx.deployment_id = $1 AND tx.hash = chain.hash
 WHERE tx.result <> chain.status ->> 0
 ORDER BY tx.hash

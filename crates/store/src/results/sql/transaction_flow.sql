-- Transactions of a scope: $1 deployment, $2 and $3 the time in microseconds (null: all) in which
-- they were seen first or, if only blocks have them, included.
SELECT count(*) AS seen,
       count(block.hash) AS included,
       count(*) FILTER (WHERE block.result = 'Applied') AS applied,
       count(*) FILTER (WHERE block.result = 'Failed') AS failed
  FROM public.unique_txs AS pool
  FULL JOIN public.block_txs AS block USING (deployment_id, hash)
 WHERE deployment_id = $1
   AND coalesce(pool."time", block.block_received)
       >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
   AND coalesce(pool."time", block.block_received)
       < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')

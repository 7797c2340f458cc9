-- Transactions of a scope: $1 deployment, $2 and $3 the time in microseconds (null: all) in which
-- they were seen first or, if only blocks have them, included. What was seen before $4 (null:
-- nothing) has had its chance to come into a block, but nobody knows whether it did if it was seen
-- until $5 (null: never).
SELECT count(*) AS seen,
       count(included) AS included,
       count(*) FILTER (WHERE result = 'Applied') AS applied,
       count(*) FILTER (WHERE result = 'Failed') AS failed,
       count(*) FILTER (WHERE included IS NULL AND NOT is_settled) AS waiting,
       count(*) FILTER (WHERE included IS NULL AND is_settled AND is_blind) AS unknown,
       count(*) FILTER (WHERE included IS NULL AND is_settled AND NOT is_blind) AS missed
  FROM (SELECT pool."time" AS seen, block.block_received AS included, block.result,
               coalesce(loadlab.micros(pool."time") < $4::bigint, false) AS is_settled,
               coalesce($5::bigint >= loadlab.micros(date_trunc('minute', pool."time")), false)
                   AS is_blind
          FROM public.unique_txs AS pool
          FULL JOIN public.block_txs AS block USING (deployment_id, hash)
         WHERE deployment_id = $1) AS tx
 WHERE coalesce(seen, included) >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
   AND coalesce(seen, included) < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')

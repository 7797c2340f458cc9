-- Transactions of a scope, newest first: $1 deployment, $2 and $3 the time in microseconds (null:
-- all), $4 run and $5 round (null: any), $6 fate (null: any), $7 payments (false), others (true) or
-- any (null), $8 part of a hash or memo (null: any), $9 how many to pass over, $10 how many at most,
-- $11 one hash (null: any).
SELECT jsonb_build_object(
           'hash', hash,
           'kind', CASE WHEN type LIKE 'zkapp%' THEN 'zkapp' ELSE type END,
           'memo', memo,
           'run', CASE WHEN ending IS NOT NULL THEN loadlab.memo_experiment(memo, ending) END,
           'round', CASE WHEN ending IS NOT NULL THEN loadlab.memo_round(ending) END,
           'seen', loadlab.micros(seen),
           'included', loadlab.micros(included),
           'latency_s', extract(epoch FROM included - seen)::float8,
           'fate', fate,
           'result', result,
           'reason', failure_reason) AS transaction,
       count(*) OVER () AS total
  FROM (SELECT hash,
               coalesce(block.type, pool.type) AS type,
               coalesce(block.memo, pool.memo) AS memo,
               loadlab.memo_ending(coalesce(block.memo, pool.memo)) AS ending,
               pool."time" AS seen,
               block.block_received AS included,
               CASE block.result WHEN 'Applied' THEN 'applied' WHEN 'Failed' THEN 'failed'
                                 ELSE 'pending' END AS fate,
               block.result,
               CASE WHEN block.result = 'Failed'
                    THEN coalesce(block.failure_reason, 'unknown reason') END AS failure_reason
          FROM public.unique_txs AS pool
          FULL JOIN public.block_txs AS block USING (deployment_id, hash)
         WHERE deployment_id = $1
           AND ($11::text IS NULL OR hash = $11)
           AND ($4::text IS NULL OR starts_with(coalesce(block.memo, pool.memo), $4 || '-'))
        OFFSET 0) AS tx
 WHERE coalesce(seen, included) >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
   AND coalesce(seen, included) < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')
   AND ($4::text IS NULL OR (ending IS NOT NULL AND loadlab.memo_experiment(memo, ending) = $4
                             AND loadlab.memo_round(ending)
                                 = coalesce($5::integer, loadlab.memo_round(ending))))
   AND ($6::text IS NULL OR fate = $6)
   AND ($7::boolean IS NULL OR (type LIKE 'zkapp%') = $7)
   AND ($8::text IS NULL OR strpos(hash, $8) > 0 OR strpos(memo, $8) > 0)
 ORDER BY coalesce(seen, included) DESC, hash
OFFSET $9 LIMIT $10

-- Transactions of a scope that are in a block, by the time at which they were seen first and by how
-- long it took: $1 deployment, $2 and $3 the time in microseconds (null: all), $4 run and $5 round
-- (null: any), $6 upper ends of the rows but for the last, in seconds, $7 how many columns at most.
WITH tx AS MATERIALIZED (
    SELECT loadlab.micros(seen) AS at,
           extract(epoch FROM included - seen)::float8 AS latency
      FROM (SELECT pool."time" AS seen, block.block_received AS included, pool.memo,
                   CASE WHEN $4::text IS NOT NULL THEN loadlab.memo_ending(pool.memo) END AS ending
              FROM public.unique_txs AS pool
              JOIN public.block_txs AS block USING (deployment_id, hash)
             WHERE deployment_id = $1
               AND ($4::text IS NULL OR starts_with(pool.memo, $4 || '-'))
            -- matches every memo once instead of once for every use
            OFFSET 0) AS found
     WHERE included >= seen
       AND seen >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
       AND seen < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')
       AND ($4::text IS NULL
            OR ending IS NOT NULL AND loadlab.memo_experiment(memo, ending) = $4
               AND ($5::integer IS NULL OR loadlab.memo_round(ending) = $5))
), edge AS (
    SELECT min(at) AS first, (max(at) - min(at)) / $7::bigint + 1 AS step FROM tx
)
SELECT first AS first_us,
       step AS step_us,
       ((at - first) / step)::integer AS column_number,
       width_bucket(latency, $6::float8[]) AS row_number,
       count(*) AS count
  FROM tx CROSS JOIN edge
 GROUP BY first, step, column_number, row_number

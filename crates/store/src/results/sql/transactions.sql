-- Transactions of a scope: $1 deployment, $2 and $3 the time in microseconds (null: all), $4 run and
-- $5 round (null: any), $6 fates (null: any), $7 payments (false), others (true) or any (null), $8
-- part of a hash or memo (null: any), $9, $20 and $21 the place after which the page begins (null: the
-- first page), $10 how many at most, $11 one hash
-- (null: any), $12 part of the reason of a failure (null: any), $13 what to sort by and $14 whether
-- the greatest comes first. What was seen before $15 (microseconds, null: nothing) has had its chance
-- to come into a block, but nobody knows whether it did if it was seen until $16 (null: never); for
-- the rounds $17 of the run, $18 and $19 say so instead. The transactions $22 failed on the best
-- chain for the reasons $23 (null: they were applied there), whatever is stored.
WITH horizon AS (
    SELECT * FROM unnest($17::integer[], $18::boolean[], $19::bigint[])
                  AS horizon (round, is_settled, blind_us)
), pool_nodes AS (
    -- only where nodes are sorted by: all pools of the deployment are looked at
    SELECT entry ->> 1 AS hash, count(DISTINCT node_name) AS nodes
      FROM public.tx_traces
     CROSS JOIN LATERAL jsonb_array_elements(
               CASE jsonb_typeof(diff) WHEN 'array' THEN diff ELSE '[]' END) AS entry
     WHERE $13::text = 'nodes' AND deployment_id = $1
     GROUP BY 1
), tx AS (
    SELECT found.*,
           CASE WHEN ending IS NOT NULL THEN loadlab.memo_experiment(memo, ending) END AS run,
           CASE WHEN ending IS NOT NULL THEN loadlab.memo_round(ending) END AS round
      FROM (SELECT hash,
                   coalesce(block.type, pool.type) AS type,
                   coalesce(block.memo, pool.memo) AS memo,
                   loadlab.memo_ending(coalesce(block.memo, pool.memo)) AS ending,
                   pool."time" AS seen,
                   block.block_received AS included,
                   CASE WHEN chain.hash IS NULL THEN block.result
                        WHEN chain.reason IS NULL THEN 'Applied'
                        ELSE 'Failed' END AS result,
                   CASE WHEN chain.hash IS NOT NULL THEN chain.reason
                        WHEN block.result = 'Failed'
                        THEN coalesce(block.failure_reason, 'unknown reason') END AS reason
              FROM public.unique_txs AS pool
              FULL JOIN public.block_txs AS block USING (deployment_id, hash)
              LEFT JOIN unnest($22::text[], $23::text[]) AS chain (hash, reason) USING (hash)
             WHERE deployment_id = $1
               AND ($11::text IS NULL OR hash = $11)
               AND ($4::text IS NULL OR starts_with(coalesce(block.memo, pool.memo), $4 || '-'))
            -- matches every memo once instead of once for every use
            OFFSET 0) AS found
), fated AS (
    SELECT tx.*,
           extract(epoch FROM included - seen)::float8 AS latency,
           CASE WHEN result = 'Applied' THEN 'applied'
                WHEN result = 'Failed' THEN 'failed'
                WHEN NOT coalesce(horizon.is_settled, loadlab.micros(seen) < $15::bigint, false)
                    THEN 'waiting'
                WHEN coalesce(CASE WHEN horizon.round IS NULL THEN $16::bigint
                                   ELSE horizon.blind_us END
                              >= loadlab.micros(date_trunc('minute', seen)), false)
                    THEN 'unknown'
                ELSE 'missed' END AS fate
      FROM tx
      LEFT JOIN horizon ON horizon.round = tx.round AND tx.run = $4
), listed AS (
    SELECT fated.*, coalesce(pool_nodes.nodes, 0) AS nodes,
           coalesce(CASE WHEN $14::boolean THEN -sorted.value ELSE sorted.value END, 'infinity')
               AS sort_key,
           coalesce(-loadlab.micros(coalesce(seen, included)), 0) AS sort_at
      FROM fated
      LEFT JOIN pool_nodes USING (hash)
     CROSS JOIN LATERAL (
           SELECT (CASE $13::text
                       WHEN 'latency' THEN latency
                       WHEN 'nodes' THEN coalesce(pool_nodes.nodes, 0)
                       WHEN 'fate' THEN array_position(
                           ARRAY['applied', 'failed', 'missed', 'unknown', 'waiting'], fate)
                       ELSE loadlab.micros(coalesce(seen, included)) END)::float8 AS value) AS sorted
     WHERE coalesce(seen, included) >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
       AND coalesce(seen, included) < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')
       AND ($4::text IS NULL OR (run = $4 AND round = coalesce($5, round)))
       AND ($6::text[] IS NULL OR fate = ANY ($6))
       AND ($7::boolean IS NULL OR (type LIKE 'zkapp%') = $7)
       AND ($8::text IS NULL OR strpos(hash, $8) > 0 OR strpos(memo, $8) > 0)
       AND ($12::text IS NULL OR strpos(lower(reason), lower($12)) > 0)
)
SELECT jsonb_build_object(
           'hash', hash,
           'kind', CASE WHEN type LIKE 'zkapp%' THEN 'zkapp' ELSE type END,
           'memo', memo,
           'run', run,
           'round', round,
           'seen', loadlab.micros(seen),
           'nodes', nodes,
           'included', loadlab.micros(included),
           'latency_s', latency,
           'fate', fate,
           'result', result,
           'reason', reason) AS transaction,
       (SELECT count(*) FROM listed) AS total,
       sort_key, sort_at, hash::text AS sort_id
  FROM listed
 WHERE $9::float8 IS NULL OR (sort_key, sort_at, hash) > ($9, $20::bigint, $21::text)
 ORDER BY sort_key, sort_at, hash
 LIMIT $10

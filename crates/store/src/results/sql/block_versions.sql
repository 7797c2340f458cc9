-- The blocks of a deployment first seen in a time, in no order, with the versions of their traces: $1
-- deployment, $2 and $3 the time in microseconds (null: all), $4 how many of the newest. The version of
-- a row is the transaction that wrote it, so the sum over a block's rows grows with every change of
-- one, and their number with every new one.
SELECT hash, height, slot, first_seen, last_seen, rows, rows * age('3'::xid) - ages AS version
  FROM (SELECT block_id::text AS hash,
               max(blockchain_length) FILTER (WHERE is_in_time AND blockchain_length > 0)::bigint
                   AS height,
               max(global_slot) FILTER (WHERE is_in_time AND global_slot > 0)::bigint AS slot,
               min(trace_started_at) FILTER (WHERE is_in_time) AS first_seen,
               max(trace_started_at) AS last_seen,
               count(*) AS rows, sum(age(trace.xmin)) AS ages
          FROM public.block_trace AS trace
         CROSS JOIN LATERAL (
               SELECT trace_started_at > 0
                      AND trace_started_at >= coalesce($2::bigint / 1e6, 0)
                      AND trace_started_at < coalesce($3::bigint / 1e6, 'infinity') AS is_in_time)
               AS time
         WHERE deployment_id = $1 AND block_id LIKE '3N%'
         GROUP BY block_id
        HAVING bool_or(is_in_time)
         ORDER BY first_seen DESC
         LIMIT $4) AS newest

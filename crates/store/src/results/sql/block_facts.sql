-- The blocks of a deployment, with what their traces within a time say, in no order: $1 deployment, $2
-- and $3 the time in microseconds (null: all), $4 their hashes (null: the newest ones), $5 how many at
-- most. A block without a trace in the time has no `first_seen`. The version is the sum of the
-- transactions that wrote the rows, so it grows with every change of one.
SELECT block_id::text AS hash,
       max(blockchain_length) FILTER (WHERE is_in_time AND blockchain_length > 0)::bigint AS height,
       max(global_slot) FILTER (WHERE is_in_time AND global_slot > 0)::bigint AS slot,
       min(trace_started_at) FILTER (WHERE is_in_time) AS first_seen,
       max(trace_started_at) AS last_seen,
       count(*) AS rows,
       count(*) * age('3'::xid) - sum(age(trace.xmin)) AS version
  FROM public.block_trace AS trace
 CROSS JOIN LATERAL (
       SELECT trace_started_at > 0
              AND trace_started_at >= coalesce($2::bigint / 1e6, 0)
              AND trace_started_at < coalesce($3::bigint / 1e6, 'infinity') AS is_in_time)
       AS time
 WHERE deployment_id = $1 AND block_id LIKE '3N%'
   AND ($4::text[] IS NULL OR block_id = ANY ($4))
 GROUP BY block_id
 ORDER BY first_seen DESC NULLS LAST
 LIMIT $5

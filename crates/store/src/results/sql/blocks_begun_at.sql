-- The blocks whose first trace began at these times in microseconds: $1 deployment, $2 the times. A
-- transaction came into a block when the first trace of the block began.
SELECT DISTINCT ON (at) at, block_id::text AS hash
  FROM unnest($2::bigint[]) AS at
  JOIN public.block_trace ON deployment_id = $1 AND block_id LIKE '3N%'
                         AND trace_started_at BETWEEN at / 1e6 - 2e-6 AND at / 1e6 + 2e-6
 ORDER BY at, abs(trace_started_at - at / 1e6), block_id

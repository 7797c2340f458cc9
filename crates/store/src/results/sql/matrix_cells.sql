-- The traces of blocks with their lags: $1 deployment, $2 hashes, $3 a time in microseconds before
-- all of their traces, $4 nodes (null: all).
SELECT block_id AS hash, node_name AS node, status, lag, lag2,
       -- to make a block is not to apply it
       CASE WHEN status = 'Success' AND total > 0 AND source <> 'Internal' THEN total END AS apply,
       (started * 1000000)::bigint AS started_us,
       ((started + greatest(total, 0)) * 1000000)::bigint AS ended_us
  FROM loadlab.trace_lag($1, $3::bigint / 1e6, NULL)
 WHERE block_id = ANY ($2) AND ($4::text[] IS NULL OR node_name = ANY ($4))

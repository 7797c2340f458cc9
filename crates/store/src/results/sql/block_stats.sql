-- What traces of blocks came to: $1 deployment, $2 hashes, $3 and $4 a time in microseconds that has
-- all of their traces.
SELECT block_id AS hash,
       count(*) AS traces,
       count(*) FILTER (WHERE status = 'Success') AS success,
       count(*) FILTER (WHERE status = 'Pending') AS pending,
       count(*) FILTER (WHERE status = 'Failure') AS failure,
       percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY lag) AS lag,
       percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY total)
           FILTER (WHERE status = 'Success' AND total > 0 AND source <> 'Internal') AS apply
  FROM loadlab.trace_lag($1, $3::bigint / 1e6, $4::bigint / 1e6)
 WHERE block_id = ANY ($2)
 GROUP BY block_id

-- The own times of checkpoints over the block traces of a scope, the greatest sums first: $1
-- deployment, $2 and $3 the time in microseconds (null: all), $4 nodes (null: all), $5 part of a
-- name (null: any), $6 whether by node, $7 ascending upper ends of buckets in seconds, $8 how many
-- rows. A checkpoint lasts until the next one of the main process.
WITH own AS (
    SELECT trace.node_name, entry.name,
           lead(entry.started_at) OVER (PARTITION BY trace.block_trace_id
                                        ORDER BY entry.started_at,
                                                 entry.block_trace_checkpoint_id)
               - entry.started_at AS seconds
      FROM public.block_trace AS trace
      JOIN public.block_trace_checkpoint AS entry USING (block_trace_id)
     WHERE trace.deployment_id = $1 AND trace.block_id LIKE '3N%'
       AND trace.status = 'Success' AND trace.trace_started_at > 0
       AND trace.trace_started_at >= coalesce($2::bigint / 1e6, 0)
       AND trace.trace_started_at < coalesce($3::bigint / 1e6, 'infinity')
       AND ($4::text[] IS NULL OR trace.node_name = ANY ($4))
       AND entry.deployment_id = $1 AND entry.main_trace AND NOT entry.gossip
       AND NOT entry.is_control AND entry.source = 'M'
       AND entry.started_at BETWEEN trace.trace_started_at AND trace.trace_completed_at
), named AS (
    SELECT name, CASE WHEN $6::boolean THEN node_name END AS node, seconds,
           width_bucket(seconds, $7::float8[]) AS bucket
      FROM own
     WHERE seconds IS NOT NULL AND ($5::text IS NULL OR strpos(lower(name), lower($5)) > 0)
), bucket AS (
    SELECT name, node, bucket, count(*) AS count FROM named GROUP BY name, node, bucket
), row AS (
    SELECT name, node, count(*) AS calls, sum(seconds) AS total,
           percentile_disc(ARRAY[0.5, 0.9, 0.95, 0.99, 1]) WITHIN GROUP (ORDER BY seconds) AS p
      FROM named
     GROUP BY name, node
     ORDER BY total DESC, name
     LIMIT $8
)
SELECT jsonb_build_object(
           'name', name, 'group', node, 'calls', calls, 'total_s', total,
           'p50_s', p[1], 'p90_s', p[2], 'p95_s', p[3], 'p99_s', p[4], 'max_s', p[5],
           'buckets', (SELECT jsonb_agg(coalesce(bucket.count, 0) ORDER BY number)
                         FROM generate_series(0, cardinality($7::float8[])) AS number
                         LEFT JOIN bucket ON bucket.name = row.name
                                         AND bucket.node IS NOT DISTINCT FROM row.node
                                         AND bucket.bucket = number))
  FROM row
 ORDER BY total DESC, name

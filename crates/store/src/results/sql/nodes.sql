-- All nodes of a deployment with what is known of them in a time, but for what follows from block
-- traces: $1 deployment, $2 and $3 the time in microseconds (null: all), $4 nodes (null: all), $5 the
-- nodes that have block traces.
WITH complete AS (
    SELECT * FROM loadlab.completeness_of($1, to_timestamp($2::bigint / 1e6),
                                          to_timestamp($3::bigint / 1e6))
), reported AS (
    SELECT node_name, count(*) AS count FROM public.node_restarts
     WHERE deployment_id = $1 GROUP BY node_name
), changed AS (
    SELECT node_name, count(*) AS count
      FROM loadlab.session JOIN loadlab.left_run USING (session_id)
     WHERE deployment_id = $1 GROUP BY node_name
), name AS (
    SELECT node_name FROM complete
     UNION SELECT unnest($5::text[])
    -- nodes that were listed and not yet read belong to what runs now
     UNION SELECT node_name FROM loadlab.fetched_node
            WHERE active AND $1 = (SELECT max(deployment_id) FROM public.deployment)
), file AS (
    SELECT DISTINCT node_name FROM loadlab.session WHERE deployment_id = $1 AND kind = 'file'
)
SELECT jsonb_build_object(
           'name', name.node_name,
           'host', fetched.host,
           'port', fetched.graphql_port,
           'state', CASE WHEN fetched.active THEN fetched.state
                         WHEN file.node_name IS NOT NULL THEN 'imported'
                         ELSE 'inactive' END,
           'problem', CASE WHEN fetched.active THEN fetched.problem END,
           'role', CASE fetched.is_block_producer WHEN true THEN 'producer'
                                                  WHEN false THEN 'other' END,
           'completeness', complete.stored::float8 / nullif(complete.stored + complete.lost, 0),
           'stored', coalesce(complete.stored, 0),
           'lost', coalesce(complete.lost, 0),
           'unknown_gaps', coalesce(complete.unknown_gaps, 0),
           'poll_s', CASE WHEN fetched.active THEN fetched.poll_interval_seconds END,
           'age_s', extract(epoch FROM clock_timestamp() - fetched.fetched_at)::float8,
           -- a restart that was reported is usually seen as a change of the daemon's run, too
           'restarts', greatest(coalesce(reported.count, 0), coalesce(changed.count, 0)),
           'clock_suspect', false,
           'spark', '[]'::jsonb)
  FROM name
  LEFT JOIN complete USING (node_name)
  LEFT JOIN reported USING (node_name)
  LEFT JOIN changed USING (node_name)
  LEFT JOIN file USING (node_name)
  LEFT JOIN loadlab.fetched_node AS fetched USING (node_name)
 WHERE $4::text[] IS NULL OR node_name = ANY ($4)
 ORDER BY node_name

-- Stored and lost entries by node and step of time: $1 deployment, $2 and $3 its time in
-- microseconds (null: all), $4 nodes (null: all), $5 most steps. A gap counts in the step in which
-- it ends or, where that is not known, begins.
WITH node AS (
    SELECT node_name, array_agg(session_id) AS sessions
      FROM loadlab.session
     WHERE deployment_id = $1 AND kind = 'node'
       AND ($4::text[] IS NULL OR node_name = ANY ($4))
     GROUP BY node_name
), stored AS (
    SELECT node_name, minute, sum(entries) AS entries
      FROM loadlab.session JOIN loadlab.session_minute USING (session_id)
     WHERE deployment_id = $1 AND kind = 'node'
       AND ($4::text[] IS NULL OR node_name = ANY ($4))
       AND minute > coalesce(to_timestamp($2::bigint / 1e6), '-infinity') - interval '1 minute'
       AND minute < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')
     GROUP BY node_name, minute
), lost AS (
    SELECT node_name, coalesce(until_time, from_time, lost_since) AS at, missing
      FROM loadlab.gap_time
     WHERE deployment_id = $1 AND kind = 'node'
       AND ($4::text[] IS NULL OR node_name = ANY ($4))
       AND isfinite(coalesce(until_time, from_time, lost_since))
       AND coalesce(until_time, from_time, lost_since)
           >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
       AND coalesce(until_time, from_time, lost_since)
           < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')
), span AS (
    SELECT min(minute) AS first,
           (extract(epoch FROM max(minute) - min(minute))::bigint / 60) + 1 AS minutes
      FROM (SELECT minute FROM stored
             UNION ALL SELECT date_trunc('minute', at) FROM lost) AS every
), step AS (
    SELECT first, 60 * ((minutes + $5 - 1) / $5) AS seconds,
           (minutes + (minutes + $5 - 1) / $5 - 1) / ((minutes + $5 - 1) / $5) AS steps
      FROM span WHERE minutes > 0
), cell AS (
    SELECT node_name, number,
           sum(entries)::bigint AS stored,
           -- null where a gap of unknown size is
           CASE WHEN bool_and(is_known) THEN coalesce(sum(missing), 0)::bigint END AS lost
      FROM (SELECT node_name, minute AS at, entries, NULL::bigint AS missing, true AS is_known
              FROM stored
             UNION ALL
            SELECT node_name, at, NULL, missing, missing IS NOT NULL FROM lost) AS event
     CROSS JOIN step
     CROSS JOIN LATERAL (SELECT floor(extract(epoch FROM at - first) / seconds)::bigint AS number)
                            AS place
     GROUP BY node_name, number
)
SELECT jsonb_build_object(
           'step_s', coalesce((SELECT seconds FROM step), 60),
           't', coalesce((SELECT jsonb_agg(loadlab.micros(first) + number * seconds * 1000000
                                           ORDER BY number)
                            FROM step, generate_series(0, steps - 1) AS number), '[]'),
           'nodes', coalesce((SELECT jsonb_agg(node_name ORDER BY node_name) FROM node), '[]'),
           'stored', coalesce((SELECT jsonb_agg(cell.stored ORDER BY node_name, number)
                                 FROM node CROSS JOIN step
                                CROSS JOIN generate_series(0, steps - 1) AS number
                                 LEFT JOIN cell USING (node_name, number)), '[]'),
           'lost', coalesce((SELECT jsonb_agg(CASE WHEN cell.node_name IS NULL THEN 0
                                                   ELSE cell.lost END
                                              ORDER BY node_name, number)
                               FROM node CROSS JOIN step
                              CROSS JOIN generate_series(0, steps - 1) AS number
                               LEFT JOIN cell USING (node_name, number)), '[]'))

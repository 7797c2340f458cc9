-- Minutes of a time from which every node that was read has lost entries: $1 deployment, $2 and $3
-- the time in microseconds.
WITH session AS (
    SELECT session_id, node_name, min(minute) AS since, max(minute) AS until
      FROM loadlab.session JOIN loadlab.session_minute USING (session_id)
     WHERE deployment_id = $1
     GROUP BY session_id, node_name
), lost AS (
    SELECT session.node_name,
           date_trunc('minute', lost_since) AS since, date_trunc('minute', lost_until) AS until
      FROM loadlab.gap_time JOIN session USING (session_id)
), minute AS (
    -- only minutes of a loss can be blind
    SELECT DISTINCT minute
      FROM lost
     CROSS JOIN LATERAL generate_series(
               greatest(lost.since, date_trunc('minute', to_timestamp($2::bigint / 1e6))),
               least(lost.until, to_timestamp($3::bigint / 1e6)), interval '1 minute') AS minute
)
SELECT loadlab.micros(minute)
  FROM minute
 WHERE NOT EXISTS (
       SELECT FROM session
        WHERE minute BETWEEN session.since AND session.until
          AND NOT EXISTS (SELECT FROM lost
                           WHERE lost.node_name = session.node_name
                             AND minute BETWEEN lost.since AND lost.until))
 ORDER BY minute
 LIMIT 10000

-- Stored and lost entries of nodes by the nodes' clocks, as far as these overlap a time: $1
-- deployment, $2 and $3 the time in microseconds, $4 nodes (null: all). Imported files, whose entries
-- are not counted by the minute, count as a whole. Lost is null where nobody knows how many.
WITH session AS (
    SELECT session_id, node_name, kind, lines - repeated_lines - malformed_lines AS stored,
           lost_entries
      FROM loadlab.session
     WHERE deployment_id = $1 AND ($4::text[] IS NULL OR node_name = ANY ($4))
)
SELECT node_name AS node, loadlab.micros(minute) AS from_us,
       loadlab.micros(minute + interval '1 minute') - 1 AS until_us,
       sum(entries)::bigint AS stored, 0::bigint AS lost
  FROM session JOIN loadlab.session_minute USING (session_id)
 WHERE minute > to_timestamp($2::bigint / 1e6) - interval '1 minute'
   AND minute <= to_timestamp($3::bigint / 1e6)
 GROUP BY node_name, minute
UNION ALL
SELECT node_name, loadlab.micros(greatest(lost_since, to_timestamp($2::bigint / 1e6))),
       loadlab.micros(least(lost_until, to_timestamp($3::bigint / 1e6))), 0, missing
  FROM loadlab.gap_time
 WHERE session_id IN (SELECT session_id FROM session) AND kind = 'node'
   AND lost_until >= to_timestamp($2::bigint / 1e6)
   AND lost_since <= to_timestamp($3::bigint / 1e6)
UNION ALL
SELECT node_name, $2, $3, sum(stored)::bigint, sum(lost_entries)::bigint
  FROM session WHERE kind = 'file'
 GROUP BY node_name

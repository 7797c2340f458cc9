WITH sessions AS (
    SELECT session_id, node_name
    FROM loadlab.session
    WHERE deployment_id = $1 AND node_name = coalesce($2, node_name) AND kind = 'node'
),
stored AS (
    SELECT node_name, sum(entries) AS entries
    FROM sessions
    JOIN loadlab.session_minute USING (session_id)
    WHERE minute > to_timestamp($3) - interval '1 minute' AND minute < to_timestamp($4)
    GROUP BY node_name
),
lost AS (
    SELECT node_name,
           sum(missing) AS entries,
           count(*) FILTER (WHERE missing IS NULL) AS unknown
    FROM loadlab.gap_time
    WHERE session_id IN (SELECT session_id FROM sessions)
        AND lost_until >= to_timestamp($3)
        AND lost_since < to_timestamp($4)
    GROUP BY node_name
)
SELECT node_name,
       coalesce(stored.entries, 0)::bigint,
       coalesce(lost.entries, 0)::bigint,
       coalesce(lost.unknown, 0)::bigint,
       CASE WHEN coalesce(stored.entries, 0) + coalesce(lost.entries, 0) > 0
            THEN (coalesce(stored.entries, 0)
                  / (coalesce(stored.entries, 0) + coalesce(lost.entries, 0)))::float8
            ELSE 1::float8 END
FROM (SELECT DISTINCT node_name FROM sessions) AS nodes
LEFT JOIN stored USING (node_name)
LEFT JOIN lost USING (node_name)
ORDER BY node_name

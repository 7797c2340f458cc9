SELECT event, kind, level, step, message,
       to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at
  FROM loadlab.experiment_event
 WHERE name = $1 AND event > $2
 ORDER BY event
 LIMIT $3

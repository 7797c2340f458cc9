SELECT event, kind, level, step, message,
       at
  FROM loadlab.experiment_event
 WHERE name = $1 AND event > $2
 ORDER BY event
 LIMIT $3

SELECT step, last_step, action, error, decided,
       started_at,
       ended_at
  FROM loadlab.experiment_step
 WHERE name = $1
 ORDER BY step

-- How far the run that is executed has come: no row without one. Times are seconds since 1970.
SELECT run.script, step.step::bigint AS step, extract(epoch FROM step.started_at)::float8 AS began,
       CASE WHEN run.waiting_for = 'time'
            THEN extract(epoch FROM run.waiting_until)::float8 END AS waits_until,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(past.step, extract(
                   epoch FROM past.ended_at - past.started_at)) ORDER BY past.step), '[]')
          FROM loadlab.experiment_step AS past
         WHERE past.name = run.name AND past.action = 'wait' AND past.ended_at IS NOT NULL
           AND past.error IS NULL) AS waited
  FROM loadlab.experiment_run AS run
  JOIN LATERAL (SELECT step, started_at FROM loadlab.experiment_step
                 WHERE name = run.name ORDER BY step DESC LIMIT 1) AS step ON true
 WHERE run.holds_slot AND run.ended_at IS NULL AND run.cancel_requested_at IS NULL

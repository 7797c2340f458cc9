UPDATE public.experiment_state AS state
   SET status = 'error',
       ended_at = clock.now,
       updated_at = clock.now,
       errors = array_append(coalesce(state.errors, '{}'), $1)
  FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) AS clock
 WHERE state.status IN ('running', 'cancelling')
   AND NOT EXISTS (SELECT FROM loadlab.experiment_run AS run WHERE run.name = state.name)
RETURNING state.name

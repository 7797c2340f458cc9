SELECT state.name,
       state.status,
       state.created_at,
       state.updated_at,
       state.ended_at,
       coalesce(state.current_step_no, 0) AS step,
       coalesce(state.current_step_name, '') AS step_name,
       extract(epoch FROM clock_timestamp()
               - coalesce(run.started_at, state.created_at AT TIME ZONE 'UTC'))::float8 AS age,
       run.seed,
       run.waiting_for,
       run.waiting_until,
       run.webhook_state,
       coalesce(run.queue_number, 0) AS queue_number
  FROM public.experiment_state AS state
  LEFT JOIN loadlab.experiment_run AS run ON run.name = state.name

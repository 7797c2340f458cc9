SELECT state.name,
       state.status,
       to_char(state.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at,
       to_char(state.updated_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS updated_at,
       to_char(state.ended_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ended_at,
       coalesce(state.current_step_no, 0) AS step,
       coalesce(state.current_step_name, '') AS step_name,
       extract(epoch FROM clock_timestamp()
               - coalesce(run.started_at, state.created_at AT TIME ZONE 'UTC'))::float8 AS age,
       run.seed,
       run.waiting_for,
       to_char(run.waiting_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
           AS waiting_until,
       run.webhook_state,
       coalesce(run.queue_number, 0) AS queue_number
  FROM public.experiment_state AS state
  LEFT JOIN loadlab.experiment_run AS run ON run.name = state.name

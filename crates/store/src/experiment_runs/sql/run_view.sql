-- Lines come from the events, which are complete at any time; runs of the
-- original have none.
SELECT state.setup_json,
       coalesce(run.rounds, 'null') AS rounds,
       run.leftover,
       coalesce(line.logs, state.logs, '{}') AS logs,
       coalesce(line.warnings, state.warnings, '{}') AS warnings,
       coalesce(line.errors, state.errors, '{}') AS errors
  FROM public.experiment_state AS state
  LEFT JOIN loadlab.experiment_run AS run ON run.name = state.name
 CROSS JOIN LATERAL (
       SELECT array_agg(message ORDER BY event) FILTER (WHERE level IN ('debug', 'info')) AS logs,
              array_agg(message ORDER BY event) FILTER (WHERE level = 'warning') AS warnings,
              array_agg(message ORDER BY event) FILTER (WHERE level = 'error') AS errors
         FROM loadlab.experiment_event
        WHERE name = state.name AND kind = 'log'
       ) AS line
 WHERE state.name = $1

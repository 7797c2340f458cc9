-- The thresholds of runs, as they stand in their setups: $1 the runs.
SELECT name, setup_json -> 'Thresholds' AS thresholds
  FROM public.experiment_state
 WHERE name = ANY ($1) AND jsonb_typeof(setup_json -> 'Thresholds') = 'array'

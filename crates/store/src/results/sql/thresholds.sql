-- The thresholds of runs, as they stand in their setups, and whether a round that fails ends the
-- run: $1 the runs.
SELECT name, setup_json -> 'Thresholds' AS thresholds,
       coalesce(setup_json -> 'AbortOnFail' = 'true'::jsonb, false) AS each_round
  FROM public.experiment_state
 WHERE name = ANY ($1) AND jsonb_typeof(setup_json -> 'Thresholds') = 'array'

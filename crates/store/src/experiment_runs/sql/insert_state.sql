INSERT INTO public.experiment_state
       (name, description, created_at, updated_at, status, setup_json)
SELECT $1, '', now, now, $2, $3
  FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) AS clock

-- The lists as clients of the original read them.
UPDATE public.experiment_state AS state
   SET logs = line.logs,
       warnings = line.warnings,
       errors = line.errors,
       updated_at = clock_timestamp() AT TIME ZONE 'UTC'
  FROM (SELECT array_agg(message ORDER BY event) FILTER (WHERE level IN ('debug', 'info')) AS logs,
               array_agg(message ORDER BY event) FILTER (WHERE level = 'warning') AS warnings,
               array_agg(message ORDER BY event) FILTER (WHERE level = 'error') AS errors
          FROM loadlab.experiment_event
         WHERE name = $1 AND kind = 'log'
       ) AS line
 WHERE state.name = $1

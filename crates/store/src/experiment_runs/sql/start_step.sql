WITH started AS (
    INSERT INTO loadlab.experiment_step (name, step, last_step, action)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (name, step) DO NOTHING
)
UPDATE public.experiment_state
   SET current_step_no = $2, current_step_name = $4,
       updated_at = clock_timestamp() AT TIME ZONE 'UTC'
 WHERE name = $1

UPDATE loadlab.experiment_run
   SET holds_slot = true, started_at = clock_timestamp(),
       deployment_id = (SELECT max(deployment_id) FROM public.deployment)
 WHERE name = (SELECT name FROM loadlab.experiment_run
                WHERE ended_at IS NULL
                  AND NOT EXISTS (SELECT FROM loadlab.experiment_run WHERE holds_slot)
                ORDER BY queue_number
                LIMIT 1
                  FOR UPDATE)
RETURNING name

INSERT INTO loadlab.experiment_run
       (name, holds_slot, seed, rounds, script, sealed_webhook, webhook_state, started_at,
        deployment_id, request_id)
VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $6 IS NOT NULL THEN 'pending' END,
        CASE WHEN $2 THEN clock_timestamp() END,
        CASE WHEN $2 THEN (SELECT max(deployment_id) FROM public.deployment) END,
        (SELECT request_id FROM loadlab.audit WHERE id = $7))

-- What the parameters of a request mean: $1 deployment, $2 run, $3 round.
WITH span AS (
    SELECT deployment_id,
           min("time") AS first,
           greatest(max("time"), max(block_received)) AS last
      FROM loadlab.run_transactions(ARRAY[$2])
     WHERE $2 IS NOT NULL AND round = coalesce($3, round)
       AND deployment_id = coalesce($1, deployment_id)
     GROUP BY deployment_id
     -- that in which the run was started, or else the newest that has transactions of it
     ORDER BY deployment_id = (SELECT run.deployment_id FROM loadlab.experiment_run AS run
                                WHERE run.name = $2) DESC NULLS LAST,
              deployment_id DESC
     LIMIT 1
)
SELECT loadlab.rfc3339(clock_timestamp()) AS as_of,
       coalesce($1, (SELECT deployment_id FROM span), newest.id) AS deployment_id,
       $1 IS NULL OR EXISTS (SELECT FROM public.deployment WHERE deployment_id = $1)
           AS has_deployment,
       $2 IS NULL OR EXISTS (SELECT FROM span)
           OR EXISTS (SELECT FROM public.experiment_state WHERE name = $2) AS has_run,
       -- A run that has nothing in the traces has no time; its scope is empty, not everything.
       CASE WHEN $2 IS NOT NULL THEN coalesce(loadlab.micros(span.first), 0) END AS from_us,
       CASE WHEN $2 IS NOT NULL THEN coalesce(loadlab.micros(span.last) + 1, 0) END AS until_us
  FROM (SELECT max(deployment_id) AS id FROM public.deployment) AS newest
  LEFT JOIN span ON true

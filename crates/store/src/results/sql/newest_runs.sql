-- The runs of which a deployment has transactions and of which nodes were asked for load, newest
-- first: $1 deployment, $2 how many.
SELECT run.name
  FROM loadlab.experiment_run AS run
 WHERE EXISTS (SELECT FROM loadlab.experiment_request AS request WHERE request.name = run.name)
   AND EXISTS (SELECT FROM public.unique_txs
                WHERE deployment_id = $1 AND starts_with(memo, run.name || '-'))
 ORDER BY run.accepted_at DESC
 LIMIT $2

-- What became of the transactions of runs in the deployments that they were started in, where these
-- are known: $1 their names.
SELECT exp, total, included, applied, failed, failures
  FROM loadlab.experiment_round AS round
 WHERE exp = ANY ($1)
   AND round.deployment_id = coalesce((SELECT run.deployment_id FROM loadlab.experiment_run AS run
                                        WHERE run.name = exp), round.deployment_id)

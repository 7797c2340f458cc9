SELECT exp, total, included, applied, failed, failures
  FROM loadlab.experiment_round
 WHERE exp = ANY ($1)

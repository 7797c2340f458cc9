SELECT exp, round, deployment_id,
       rate_min::text, zkapp_rate_min::text, payment_rate_min::text,
       duration, max_latency,
       missed::text, failed::text, successful::text,
       trim_scale(extract(epoch FROM start) * 1000000)::text AS start,
       total, zkapps,
       included_count, applied_count, failed_count, failures
  FROM loadlab.experiment_outcome
 ORDER BY loadlab.experiment_outcome.start, exp, round, deployment_id
 LIMIT $1 OFFSET $2

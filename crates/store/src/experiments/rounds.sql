SELECT exp, round, deployment_id,
       rate_min::text, zkapp_rate_min::text, payment_rate_min::text,
       duration, max_latency,
       missed::text, failed::text, successful::text,
       trim_scale(extract(epoch FROM start) * 1000000)::text AS start,
       total, zkapps
  FROM public.experiments
 ORDER BY public.experiments.start, exp, round, deployment_id
 LIMIT $1 OFFSET $2

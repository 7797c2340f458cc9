-- Every deployment with its size, and how long nothing has been stored into it: by the clock of the
-- database where sessions tell, else by the last trace.
SELECT deployment.deployment_id,
       deployment.deployment_id = max(deployment.deployment_id) OVER () AS is_newest,
       partition.bytes,
       coalesce(session.open_sessions, 0) AS open_sessions,
       extract(epoch FROM clock_timestamp() - coalesce(
           session.last_at,
           (SELECT to_timestamp(max(trace_started_at)) FROM public.block_trace
             WHERE block_trace.deployment_id = deployment.deployment_id
               AND trace_started_at > 0)))::float8 AS idle_seconds
  FROM public.deployment
  LEFT JOIN (SELECT deployment_id,
                    count(*) FILTER (WHERE kind = 'node' AND ended_at IS NULL) AS open_sessions,
                    max(coalesce(ended_at, opened_at)) AS last_at
               FROM loadlab.session GROUP BY deployment_id) AS session USING (deployment_id)
 CROSS JOIN LATERAL (
           SELECT sum(coalesce(pg_total_relation_size(to_regclass(
                      'loadlab.' || name || '_d' || deployment.deployment_id)), 0))::bigint AS bytes
             FROM unnest(ARRAY['block_trace', 'block_trace_checkpoint', 'tx_traces', 'sw_traces'])
                  AS name) AS partition
 ORDER BY deployment.deployment_id

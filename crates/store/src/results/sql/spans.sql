-- The times of runs as traces have them, by deployment and round, and of each run as a whole (round
-- null): $1 the runs.
WITH tx AS MATERIALIZED (
    SELECT * FROM loadlab.run_transactions($1)
), span AS (
    SELECT exp, deployment_id, round, grouping(round) = 1 AS is_run,
           min("time") AS first, max("time") AS last_sent,
           greatest(max("time"), max(block_received)) AS last,
           coalesce(min("time"), min(block_received)) AS since,
           percentile_disc(ARRAY[0.5, 0.9, 0.95, 0.99, 1]) WITHIN GROUP (
               ORDER BY extract(epoch FROM block_received - "time")::float8) AS latency
      FROM tx
     GROUP BY GROUPING SETS ((exp, deployment_id), (exp, deployment_id, round))
), reloaded AS MATERIALIZED (
    SELECT loadlab.reloaded_traces(deployment_id) AS block_trace_id
      FROM (SELECT DISTINCT deployment_id FROM span) AS deployment
)
SELECT span.exp, span.deployment_id, span.round,
       loadlab.micros(span.since) AS from_us,
       loadlab.micros(span.last) AS until_us,
       loadlab.micros(span.last_sent) AS sent_us,
       extract(epoch FROM span.last_sent - span.first)::float8 AS load_seconds,
       coalesce(latency, '{}') AS latency,
       coalesce(apply.quantiles, '{}') AS application,
       complete.stored, complete.lost, complete.unknown_gaps,
       -- the newest that traces have: what is later is not known yet
       reach.seconds AS reach,
       reach.blocks_after,
       -- restarts happen by the laboratory's clock, as requests do
       restarts.count AS restarts
  FROM span
  LEFT JOIN LATERAL (
       SELECT percentile_disc(ARRAY[0.5, 0.9, 0.95, 0.99, 1]) WITHIN GROUP (ORDER BY total_time)
                  AS quantiles
         FROM public.block_trace AS trace
        WHERE trace.deployment_id = span.deployment_id
          AND trace.status = 'Success' AND trace.total_time > 0
          -- to make a block is not to apply it
          AND trace.source <> 'Internal'
          AND trace.block_trace_id NOT IN (SELECT block_trace_id FROM reloaded)
          AND trace.block_id LIKE '3N%'
          AND trace.trace_started_at >= extract(epoch FROM span.since)
          AND trace.trace_started_at <= extract(epoch FROM span.last)) AS apply ON true
  LEFT JOIN LATERAL (
       SELECT sum(stored)::bigint AS stored, sum(lost)::bigint AS lost,
              sum(unknown_gaps)::bigint AS unknown_gaps
         FROM loadlab.completeness_of(span.deployment_id, span.since,
                                      span.last + interval '1 microsecond')) AS complete ON true
  LEFT JOIN LATERAL (
       SELECT max(trace_started_at) AS seconds,
              count(DISTINCT block_id)
                  FILTER (WHERE trace_started_at > extract(epoch FROM span.last_sent))
                  AS blocks_after
         FROM public.block_trace AS trace
        WHERE trace.deployment_id = span.deployment_id
          AND trace.block_id LIKE '3N%'
          AND trace.trace_started_at >= extract(epoch FROM span.since)) AS reach ON true
  LEFT JOIN LATERAL (
       SELECT min(asked_at) AS since, max(coalesce(runs_until, asked_at)) AS until
         FROM loadlab.experiment_request AS request
        WHERE request.name = span.exp AND request.kind IN ('payments', 'zkapps')
          AND (span.is_run OR request.round = span.round)) AS lab ON true
  LEFT JOIN LATERAL (
       SELECT coalesce(sum(greatest(reported, changed)), 0)::bigint AS count
         FROM (SELECT node_name, count(*) FILTER (WHERE is_reported) AS reported,
                      count(*) FILTER (WHERE NOT is_reported) AS changed
                 FROM (SELECT node_name, "time" AS at, true AS is_reported
                         FROM public.node_restarts
                        WHERE node_restarts.deployment_id = span.deployment_id
                        UNION ALL
                       SELECT node_name, left_at, false
                         FROM loadlab.session JOIN loadlab.left_run USING (session_id)
                        WHERE session.deployment_id = span.deployment_id) AS event
                WHERE at BETWEEN coalesce(lab.since, span.since)
                             AND coalesce(lab.until, span.last)
                GROUP BY node_name) AS node) AS restarts ON true
 ORDER BY span.exp, span.deployment_id, span.round NULLS FIRST

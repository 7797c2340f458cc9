-- Figures by step of time: $1 deployment, $2 beginning in microseconds, $3 microseconds in a step,
-- $4 how many steps. Where no node was read, what was not seen is unknown (null), not 0.
WITH scope AS (
    SELECT to_timestamp($2::bigint / 1e6) AS since,
           to_timestamp(($2::bigint + $3::bigint * $4::bigint) / 1e6) AS until,
           60e6::float8 / $3::bigint AS to_minute
), seen AS (
    SELECT (loadlab.micros("time") - $2) / $3 AS number, count(*) AS count
      FROM public.unique_txs, scope
     WHERE deployment_id = $1 AND "time" >= since AND "time" < until
     GROUP BY 1
), included AS (
    SELECT (loadlab.micros(block.block_received) - $2) / $3 AS number,
           count(*) AS count,
           count(*) FILTER (WHERE result = 'Applied') AS applied,
           count(*) FILTER (WHERE result = 'Failed') AS failed,
           percentile_disc(ARRAY[0.5, 0.95, 1]) WITHIN GROUP (
               ORDER BY extract(epoch FROM block.block_received - pool."time")::float8) AS latency
      FROM scope, public.block_txs AS block
      LEFT JOIN public.unique_txs AS pool USING (deployment_id, hash)
     WHERE deployment_id = $1 AND block.block_received >= since AND block.block_received < until
     GROUP BY 1
), trace AS (
    SELECT floor((trace_started_at * 1000000 - $2) / $3)::bigint AS number,
           percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY total_time)
               FILTER (WHERE status = 'Success' AND total_time > 0 AND source <> 'Internal'
                         AND block_trace_id NOT IN (SELECT loadlab.reloaded_traces($1)))
               AS apply
      FROM public.block_trace
     WHERE deployment_id = $1 AND block_id LIKE '3N%'
       AND trace_started_at >= $2::bigint / 1e6
       AND trace_started_at < ($2::bigint + $3::bigint * $4::bigint) / 1e6
     GROUP BY 1
), block AS (
    SELECT floor((first_seen * 1000000 - $2) / $3)::bigint AS number, count(*) AS blocks
      FROM (SELECT min(trace_started_at) AS first_seen
              FROM public.block_trace
             WHERE deployment_id = $1 AND block_id LIKE '3N%' AND trace_started_at > 0
             GROUP BY block_id) AS first
     GROUP BY 1
), load AS (
    -- What nodes were asked for, spread over the time in which traces have the round's load.
    SELECT loadlab.micros(first) AS first_us,
           greatest(loadlab.micros(last) - loadlab.micros(first), 1) AS length_us,
           asked.intended, asked.accepted
      FROM (SELECT exp, round, min("time") AS first, max("time") AS last
              FROM loadlab.run_transactions(NULL)
             WHERE deployment_id = $1
             GROUP BY exp, round) AS round
      JOIN LATERAL (
           SELECT sum(intended) AS intended,
                  sum(intended) FILTER (WHERE outcome IN ('accepted', 'unconfirmed')) AS accepted
             FROM loadlab.experiment_request AS request
            WHERE request.name = round.exp AND request.round = round.round
              AND request.kind IN ('payments', 'zkapps')) AS asked ON asked.intended IS NOT NULL
     WHERE first IS NOT NULL
), asked AS (
    SELECT number,
           sum(intended * part)::float8 AS intended,
           sum(coalesce(accepted, 0) * part)::float8 AS accepted
      FROM load
     CROSS JOIN LATERAL generate_series(
               greatest((first_us - $2) / $3, 0),
               least((first_us + length_us - $2) / $3, $4::bigint - 1)) AS number
     CROSS JOIN LATERAL (
           SELECT greatest(least(first_us + length_us, $2 + (number + 1) * $3)
                           - greatest(first_us, $2 + number * $3), 0)::float8 / length_us AS part
          ) AS overlap
     GROUP BY number
), stored AS (
    SELECT (loadlab.micros(minute) - $2) / $3 AS number, sum(entries) AS entries
      FROM scope, loadlab.session JOIN loadlab.session_minute USING (session_id)
     WHERE deployment_id = $1 AND minute >= since - interval '1 minute' AND minute < until
     GROUP BY 1
), lost AS (
    SELECT (loadlab.micros(at) - $2) / $3 AS number, sum(missing) AS missing
      FROM scope, loadlab.gap_time
     CROSS JOIN LATERAL (SELECT coalesce(until_time, from_time, lost_since) AS at) AS place
     WHERE deployment_id = $1 AND at >= since AND at < until
     GROUP BY 1
), file AS (
    -- entries of imported files are not counted by the minute
    SELECT EXISTS (SELECT FROM loadlab.session
                    WHERE deployment_id = $1 AND kind = 'file') AS is_there
), step AS (
    SELECT number,
           $2 + number * $3 AS t,
           CASE WHEN is_measured THEN coalesce(seen.count, 0) * to_minute END AS tx_seen,
           CASE WHEN is_measured THEN coalesce(included.count, 0) * to_minute END AS tx_included,
           CASE WHEN is_measured THEN coalesce(included.applied, 0) * to_minute END AS tx_applied,
           CASE WHEN is_measured THEN coalesce(included.failed, 0) * to_minute END AS tx_failed,
           CASE WHEN is_measured THEN coalesce(asked.intended, 0) * to_minute END AS tx_intended,
           CASE WHEN is_measured THEN coalesce(asked.accepted, 0) * to_minute END AS tx_accepted,
           latency[1] AS latency_p50, latency[2] AS latency_p95, latency[3] AS latency_max,
           CASE WHEN is_measured THEN coalesce(block.blocks, 0)::float8 END AS blocks,
           apply[1] AS apply_p50, apply[2] AS apply_p95,
           stored.entries::float8 / nullif(stored.entries + coalesce(missing, 0), 0) AS quality
      FROM generate_series(0, $4::bigint - 1) AS number
     CROSS JOIN scope
     CROSS JOIN file
      LEFT JOIN seen USING (number)
      LEFT JOIN included USING (number)
      LEFT JOIN trace USING (number)
      LEFT JOIN block USING (number)
      LEFT JOIN asked USING (number)
      LEFT JOIN stored USING (number)
      LEFT JOIN lost USING (number)
     CROSS JOIN LATERAL (SELECT stored.entries > 0 OR file.is_there AS is_measured) AS measured
)
SELECT jsonb_build_object(
           'step_s', ($3::bigint / 1e6)::float8,
           't', coalesce(jsonb_agg(t ORDER BY number), '[]'),
           'quality', coalesce(jsonb_agg(quality ORDER BY number), '[]'),
           'columns', jsonb_build_object(
               'tx_intended', coalesce(jsonb_agg(tx_intended ORDER BY number), '[]'),
               'tx_accepted', coalesce(jsonb_agg(tx_accepted ORDER BY number), '[]'),
               'tx_seen', coalesce(jsonb_agg(tx_seen ORDER BY number), '[]'),
               'tx_included', coalesce(jsonb_agg(tx_included ORDER BY number), '[]'),
               'tx_applied', coalesce(jsonb_agg(tx_applied ORDER BY number), '[]'),
               'tx_failed', coalesce(jsonb_agg(tx_failed ORDER BY number), '[]'),
               'latency_p50', coalesce(jsonb_agg(latency_p50 ORDER BY number), '[]'),
               'latency_p95', coalesce(jsonb_agg(latency_p95 ORDER BY number), '[]'),
               'latency_max', coalesce(jsonb_agg(latency_max ORDER BY number), '[]'),
               'blocks', coalesce(jsonb_agg(blocks ORDER BY number), '[]'),
               'apply_p50', coalesce(jsonb_agg(apply_p50 ORDER BY number), '[]'),
               'apply_p95', coalesce(jsonb_agg(apply_p95 ORDER BY number), '[]')))
  FROM step

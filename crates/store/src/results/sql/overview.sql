-- The figures of a scope but for those of blocks and nodes: $1 deployment, $2 and $3 its time in
-- microseconds (null: all).
WITH seen AS (
    SELECT count(*) AS count, min("time") AS first, max("time") AS last
      FROM public.unique_txs
     WHERE deployment_id = $1
       AND "time" >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
       AND "time" < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')
), included AS (
    SELECT count(*) AS count,
           max(block.block_received) AS last,
           percentile_disc(ARRAY[0.5, 0.95, 1]) WITHIN GROUP (
               ORDER BY extract(epoch FROM block.block_received - pool."time")::float8) AS latency
      FROM public.block_txs AS block
      LEFT JOIN public.unique_txs AS pool USING (deployment_id, hash)
     WHERE deployment_id = $1
       AND block.block_received >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
       AND block.block_received < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')
), span AS (
    SELECT extract(epoch FROM coalesce(to_timestamp($3::bigint / 1e6),
                                       greatest(seen.last, included.last))
                              - coalesce(to_timestamp($2::bigint / 1e6), seen.first))::float8 / 60
               AS minutes
      FROM seen, included
), run AS (
    SELECT run.name, state.status, jsonb_array_length(
               CASE jsonb_typeof(run.rounds) WHEN 'array' THEN run.rounds ELSE '[]' END) AS rounds,
           step.step, step.action,
           (SELECT max(round) FROM loadlab.experiment_request AS request
             WHERE request.name = run.name) AS round
      FROM loadlab.experiment_run AS run
      JOIN public.experiment_state AS state USING (name)
      LEFT JOIN LATERAL (SELECT step, action FROM loadlab.experiment_step
                          WHERE name = run.name ORDER BY step DESC LIMIT 1) AS step ON true
     WHERE run.holds_slot AND run.ended_at IS NULL
)
SELECT jsonb_build_object(
           'seen_min', coalesce(seen.count / nullif(span.minutes, 0), 0),
           'included_min', coalesce(included.count / nullif(span.minutes, 0), 0),
           'minutes', nullif(span.minutes, 0),
           'latency_s', jsonb_build_object('p50', latency[1], 'p95', latency[2],
                                           'max', latency[3]),
           'run', (SELECT jsonb_build_object('name', name, 'status', status,
                                             'round', coalesce(round, 0), 'rounds', rounds,
                                             'step', coalesce(step, 0),
                                             'action', coalesce(action, ''), 'ends_at', null)
                     FROM run))
  FROM seen, included, span

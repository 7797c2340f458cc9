-- Experiments: those of the journal, those of the original's table, and those that only
-- traces know: $1 part of a name (null: any), $2 deployment (null: any), $3 how many to pass over, $4
-- how many at most, $5 what to sort by and $6 whether the greatest comes first, $7 status (null: any), $8 the experiment
-- after which the page begins, as name@deployment, wherever it is now (null: see $3).
WITH traced AS (
    SELECT exp AS name, deployment_id,
           min("time") AS first, greatest(max("time"), max(block_received)) AS last,
           count(DISTINCT round) AS rounds, count(block_received) AS included,
           percentile_disc(0.95) WITHIN GROUP (
               ORDER BY extract(epoch FROM block_received - "time")::float8) AS latency_p95
      FROM loadlab.run_transactions(NULL)
     GROUP BY exp, deployment_id
), known AS (
    SELECT state.name, state.status::text AS status, run.seed,
           coalesce(run.accepted_at, state.created_at AT TIME ZONE current_setting('TimeZone'))
               AS started,
           coalesce(run.ended_at, state.ended_at AT TIME ZONE current_setting('TimeZone'))
               AS ended,
           CASE jsonb_typeof(run.rounds) WHEN 'array' THEN jsonb_array_length(run.rounds) END
               AS planned
      FROM public.experiment_state AS state
      LEFT JOIN loadlab.experiment_run AS run USING (name)
), row AS (
    SELECT name, traced.deployment_id,
           coalesce(known.started, traced.first, traced.last) AS started,
           CASE WHEN known.name IS NULL THEN traced.last ELSE known.ended END AS ended,
           greatest(known.planned, traced.rounds, 0) AS rounds,
           coalesce(traced.included, 0) AS included,
           traced.latency_p95,
           known.status, known.seed,
           known.name IS NULL AS recorded_only
      FROM known FULL JOIN traced USING (name)
), numbered AS (
        SELECT row.*, count(*) OVER () AS total,
               row_number() OVER (ORDER BY
                   CASE WHEN $6::boolean THEN key END DESC NULLS LAST,
                   CASE WHEN NOT $6 THEN key END NULLS LAST,
                   CASE WHEN $5::text = 'name' AND $6 THEN name END DESC,
                   CASE WHEN $5 = 'name' THEN name END,
                   CASE WHEN $5 = 'status' AND $6 THEN status END DESC NULLS LAST,
                   CASE WHEN $5 = 'status' THEN status END NULLS LAST,
                   started DESC, name, deployment_id DESC NULLS LAST) AS number
          FROM row
         CROSS JOIN LATERAL (
               SELECT (CASE $5 WHEN 'started' THEN extract(epoch FROM started)
                               WHEN 'ended' THEN extract(epoch FROM ended)
                               WHEN 'duration' THEN extract(epoch FROM ended - started)
                               WHEN 'deployment' THEN deployment_id
                               WHEN 'rounds' THEN rounds
                               WHEN 'included' THEN included
                               WHEN 'latency_p95' THEN latency_p95
                               WHEN 'seed' THEN seed END)::float8 AS key) AS sorted
         WHERE ($1::text IS NULL OR strpos(lower(name), lower($1)) > 0)
           AND ($2::integer IS NULL OR deployment_id = $2)
           AND ($7::text IS NULL OR status = $7)
)
SELECT name, deployment_id, loadlab.rfc3339(started) AS started, loadlab.rfc3339(ended) AS ended,
       rounds, included, latency_p95, recorded_only, status, seed, total, number
  FROM numbered
 WHERE number > coalesce((SELECT place.number FROM numbered AS place
                           WHERE concat(place.name, '@', place.deployment_id) = $8::text LIMIT 1), $3)
 ORDER BY number
 LIMIT $4

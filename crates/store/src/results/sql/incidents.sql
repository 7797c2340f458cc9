-- What went wrong in a scope, newest first by the clock that each is of: $1 deployment, $2 and $3
-- its time in microseconds of the nodes' clocks (null: all), $4 nodes (null: all), $5 how many; $6 to
-- $9 the heights that have several blocks: height, number of blocks, when the last of them was first
-- seen in seconds, the block that was seen first.
WITH gap AS (
    SELECT 'gap-' || gap_id AS id, coalesce(from_time, until_time, noted_at) AS at,
           CASE WHEN coalesce(from_time, until_time) IS NULL THEN 'lab' ELSE 'network' END AS clock,
           'gap' AS kind, gap.node_name AS node, NULL AS run,
           CASE WHEN missing IS NULL THEN 'an unknown number of log entries is missing'
                WHEN missing = 1 THEN '1 log entry is missing'
                ELSE missing || ' log entries are missing' END || ': ' || gap.reason AS text,
           until_time AS until,
           'nodes' AS page, gap.node_name AS object, 'sessions' AS tab
      FROM loadlab.gap_time AS gap
     WHERE gap.deployment_id = $1
       AND ($4::text[] IS NULL OR gap.node_name = ANY ($4))
       AND lost_until >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
       AND lost_since < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')
     ORDER BY at DESC LIMIT $5
), restart AS (
    SELECT 'restart-' || id AS id, "time" AS at, 'lab' AS clock, 'restart' AS kind,
           node_name AS node, NULL AS run,
           'a restart was reported' || coalesce(': ' || reason, '')
               || coalesce(', exit code ' || code, '') AS text,
           NULL::timestamptz AS until, 'nodes' AS page, node_name AS object, 'restarts' AS tab
      FROM public.node_restarts
     WHERE deployment_id = $1 AND ($4::text[] IS NULL OR node_name = ANY ($4))
     ORDER BY at DESC LIMIT $5
), changed AS (
    SELECT 'run-' || session_id || '-' || run AS id, left_at AS at, 'lab' AS clock,
           'restart' AS kind, node_name AS node, NULL AS run,
           'the daemon was restarted: it has a new run' AS text, NULL::timestamptz AS until,
           'nodes' AS page, node_name AS object, 'restarts' AS tab
      FROM loadlab.left_run
      JOIN loadlab.session USING (session_id)
     WHERE deployment_id = $1 AND ($4::text[] IS NULL OR node_name = ANY ($4))
     ORDER BY at DESC LIMIT $5
), down AS (
    SELECT 'down-' || node_name AS id, coalesce(fetched_at, listed_at) AS at, 'lab' AS clock,
           'node_down' AS kind, node_name AS node, NULL AS run,
           'the node cannot be read: ' || coalesce(problem, state) AS text,
           NULL::timestamptz AS until, 'nodes' AS page, node_name AS object, 'sessions' AS tab
      FROM loadlab.fetched_node
     WHERE active AND state NOT IN ('fetching', 'waiting', 'frozen')
       AND $1 = (SELECT max(deployment_id) FROM public.deployment)
       AND ($4::text[] IS NULL OR node_name = ANY ($4))
     ORDER BY at DESC LIMIT $5
), fork AS (
    SELECT 'fork-' || height AS id, to_timestamp(last) AS at, 'network' AS clock,
           'fork' AS kind, NULL AS node, NULL AS run,
           count || ' blocks at height ' || height AS text, NULL::timestamptz AS until,
           'blocks' AS page, first_block AS object, 'forks' AS tab
      FROM unnest($6::bigint[], $7::bigint[], $8::float8[], $9::text[])
           AS contested (height, count, last, first_block)
     ORDER BY at DESC LIMIT $5
), step AS (
    SELECT 'step-' || name || '-' || step AS id, coalesce(ended_at, started_at) AS at,
           'lab' AS clock, 'step_failed' AS kind, NULL AS node, name AS run,
           'step ' || step || ' "' || action || '" failed: ' || error AS text,
           NULL::timestamptz AS until, 'experiments' AS page, name AS object, 'journal' AS tab
      FROM loadlab.experiment_step
     WHERE error IS NOT NULL
     ORDER BY at DESC LIMIT $5
), every AS (
    SELECT * FROM gap UNION ALL SELECT * FROM restart UNION ALL SELECT * FROM changed
     UNION ALL SELECT * FROM down UNION ALL SELECT * FROM fork UNION ALL SELECT * FROM step
)
SELECT jsonb_build_object('id', id, 'at', loadlab.rfc3339(at), 'clock', clock, 'kind', kind,
                          'node', node, 'run', run, 'text', text,
                          'until', loadlab.rfc3339(until), 'page', page, 'object', object,
                          'tab', tab)
  FROM every
 ORDER BY at DESC, id
 LIMIT $5

-- The versions of all rows that the answer about a block trace is made of: $1 deployment, $2 node,
-- $3 hash. The version of a row is the transaction that wrote it, so a sum over rows grows with
-- every change of one, and their number with every new one.
WITH mine AS (
    SELECT block_trace_id, age(xmin) AS age
      FROM public.block_trace
     WHERE deployment_id = $1 AND node_name = $2 AND block_id = $3
     ORDER BY block_trace_id DESC
     LIMIT 1
), entry AS (
    SELECT count(*) AS rows, sum(age(entry.xmin)) AS ages,
           to_timestamp(min(started_at) FILTER (WHERE is_timed)) - interval '1 minute' AS since,
           to_timestamp(max(started_at) FILTER (WHERE is_timed)) + interval '1 minute' AS until
      FROM mine
      JOIN public.block_trace_checkpoint AS entry USING (block_trace_id)
     CROSS JOIN LATERAL (SELECT started_at BETWEEN 0 AND 253402300799 AS is_timed) AS time
     WHERE entry.deployment_id = $1 AND entry.main_trace AND NOT entry.gossip
), same AS MATERIALIZED (
    -- What is usual is told by the traces that trace_steps.sql finds: those of the same block or, if
    -- these have no step that ended, of other blocks at the node. Outside of blocks nothing is usual.
    SELECT block_trace_id, age(xmin) AS age, trace_started_at AS started,
           trace_completed_at AS completed
      FROM public.block_trace
     WHERE deployment_id = $1 AND block_id = $3 AND block_id LIKE '3N%' AND node_name <> $2
       AND status = 'Success' AND trace_started_at > 0
     ORDER BY trace_started_at DESC, block_trace_id
     LIMIT 200
), of_same AS MATERIALIZED (
    SELECT block_trace_id, count(*) AS rows, sum(age(entry.xmin)) AS ages,
           count(*) FILTER (WHERE NOT is_control AND source = 'M'
                                  AND started_at BETWEEN started AND completed) AS steps
      FROM same
      JOIN public.block_trace_checkpoint AS entry USING (block_trace_id)
     WHERE entry.deployment_id = $1 AND entry.main_trace AND NOT entry.gossip
     GROUP BY block_trace_id
), other AS MATERIALIZED (
    SELECT block_trace_id, age(xmin) AS age
      FROM public.block_trace
     WHERE deployment_id = $1 AND node_name = $2 AND block_id <> $3 AND block_id LIKE '3N%'
       AND status = 'Success' AND trace_started_at > 0
       AND $3 <> '0' AND NOT EXISTS (SELECT FROM of_same WHERE steps > 1)
     ORDER BY trace_started_at DESC, block_trace_id
     LIMIT 100
), of_other AS (
    SELECT count(*) AS rows, sum(age(entry.xmin)) AS ages
      FROM other
      JOIN public.block_trace_checkpoint AS entry USING (block_trace_id)
     WHERE entry.deployment_id = $1 AND entry.main_trace AND NOT entry.gossip
), session AS MATERIALIZED (
    SELECT session_id, kind, age(xmin) AS age
      FROM loadlab.session WHERE deployment_id = $1 AND node_name = $2
), gap AS MATERIALIZED (
    SELECT age(gap.xmin) AS age FROM loadlab.gap JOIN session USING (session_id)
), minute AS (
    -- Where gaps have no ends, all minutes of the node tell their time.
    SELECT count(*) AS rows, sum(age(minute.xmin)) AS ages
      FROM loadlab.session_minute AS minute
      JOIN session USING (session_id)
     WHERE EXISTS (SELECT FROM gap)
        OR minute BETWEEN (SELECT since FROM entry) AND (SELECT until FROM entry)
), part AS (
    SELECT 1 AS place, max(block_trace_id)::bigint AS rows, sum(age) AS ages FROM mine
     UNION ALL SELECT 2, rows, ages FROM entry
     UNION ALL SELECT 3, count(*), sum(age) FROM same
     UNION ALL SELECT 4, coalesce(sum(rows), 0)::bigint, sum(ages)::bigint FROM of_same
     UNION ALL SELECT 5, count(*), sum(age) FROM other
     UNION ALL SELECT 6, rows, ages FROM of_other
     -- The lines of a session count where its minutes are not known.
     UNION ALL SELECT 7, count(*), max(session_id) FROM session
     UNION ALL SELECT 8, count(*), sum(age) FROM session WHERE kind = 'file'
     UNION ALL SELECT 9, count(*), sum(age) FROM gap
     UNION ALL SELECT 10, rows, ages FROM minute
)
SELECT string_agg(concat_ws(':', rows,
                            CASE place WHEN 1 THEN age('3'::xid) - ages
                                       WHEN 7 THEN ages
                                       ELSE rows * age('3'::xid) - ages END), ' '
                  ORDER BY place)
  FROM part

-- What lags are, in SQL: slow, and written independently of the program.

-- Block traces of a deployment and of a time in seconds since 1970 (null: all), the first of each
-- block and node, with their lag behind the first and the second node that had the block. A node
-- that received a block before its producer had made it has a wrong clock: it is no zero point.
-- Blocks that a node made itself or loaded from its disk have no lag.
CREATE FUNCTION loadlab.trace_lag(deployment integer, since double precision,
                                  until double precision)
RETURNS TABLE (block_id text, node_name text, source text, status text, height integer,
               slot integer, started double precision, total double precision,
               first_seen double precision, lag double precision, lag2 double precision,
               clock_suspect boolean)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
WITH trace AS (
    SELECT DISTINCT ON (block_trace.block_id, block_trace.node_name)
           block_trace.block_id, block_trace.node_name, block_trace.source, block_trace.status,
           nullif(greatest(block_trace.blockchain_length, 0), 0) AS height,
           nullif(greatest(block_trace.global_slot, 0), 0) AS slot,
           block_trace.trace_started_at AS started,
           block_trace.trace_completed_at AS completed,
           block_trace.total_time AS total
      FROM public.block_trace
     WHERE block_trace.deployment_id = deployment
       AND block_trace.block_id LIKE '3N%'
       AND block_trace.trace_started_at > 0
       AND block_trace.trace_started_at >= coalesce(since, 0)
       AND block_trace.trace_started_at < coalesce(until, 'infinity')
     ORDER BY block_trace.block_id, block_trace.node_name, block_trace.trace_started_at
), checked AS (
    SELECT trace.*,
           source = 'External'
               AND started < max(completed) FILTER (WHERE source = 'Internal') OVER block
               AS is_impossible
      FROM trace
    WINDOW block AS (PARTITION BY trace.block_id)
), suspect AS (
    SELECT DISTINCT checked.node_name FROM checked WHERE is_impossible
), zero AS (
    SELECT checked.block_id,
           min(started) AS first_seen,
           (array_agg(started ORDER BY started))[2] AS second_seen
      FROM checked
     WHERE checked.node_name NOT IN (SELECT suspect.node_name FROM suspect)
     GROUP BY checked.block_id
)
SELECT checked.block_id, checked.node_name, checked.source, checked.status, checked.height,
       checked.slot, checked.started, checked.total,
       coalesce(zero.first_seen, checked.started),
       CASE WHEN is_measured THEN greatest(checked.started - zero.first_seen, 0) END,
       CASE WHEN is_measured AND checked.started > zero.first_seen
            THEN greatest(checked.started - zero.second_seen, 0) END,
       is_suspect
  FROM checked
  LEFT JOIN zero USING (block_id)
 CROSS JOIN LATERAL (SELECT checked.node_name IN (SELECT suspect.node_name FROM suspect)
                                AS is_suspect) AS clock
 CROSS JOIN LATERAL (SELECT checked.source IN ('External', 'Catchup') AND NOT is_suspect
                                AS is_measured) AS kind
$$;

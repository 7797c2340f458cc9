-- What the reading API of results asks for in several places.

-- Traces of a time.
-- Locks: writers wait for about a second per million traces; the log fetcher buffers meanwhile.
CREATE INDEX block_trace_started_idx
    ON public.block_trace (deployment_id, trace_started_at);

CREATE FUNCTION loadlab.rfc3339(at timestamptz) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- Microseconds since 1970.
CREATE FUNCTION loadlab.micros(at timestamptz) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN isfinite(at) THEN (extract(epoch FROM at) * 1000000)::bigint END;

-- The transactions of these runs (null: all) in all deployments, seen in pools or blocks. `batch` is
-- the request of the round that asked for them.
CREATE FUNCTION loadlab.run_transactions(runs text[])
RETURNS TABLE (exp text, deployment_id integer, round integer, batch text, hash text,
               is_zkapp boolean, "time" timestamptz, block_received timestamptz, result text,
               failure text)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT loadlab.memo_experiment(found.memo, ending),
       found.deployment_id,
       loadlab.memo_round(ending),
       split_part(ending, '-', 3),
       found.hash,
       found.type <> 'payment',
       found."time",
       found.block_received,
       found.result,
       CASE WHEN found.result = 'Failed'
            THEN coalesce(found.failure_reason, 'unknown reason') END
  FROM (SELECT deployment_id, hash,
               coalesce(block.type, pool.type) AS type,
               coalesce(block.memo, pool.memo) AS memo,
               pool."time", block.block_received, block.result, block.failure_reason,
               loadlab.memo_ending(coalesce(block.memo, pool.memo)) AS ending
          FROM public.unique_txs AS pool
          FULL JOIN public.block_txs AS block USING (deployment_id, hash)
         WHERE coalesce(cardinality(runs), 0) <> 1
            OR starts_with(coalesce(block.memo, pool.memo), runs[1] || '-')
        -- matches every memo once instead of once for every use
        OFFSET 0
       ) AS found
 WHERE ending IS NOT NULL
   AND (runs IS NULL OR loadlab.memo_experiment(found.memo, ending) = ANY (runs))
$$;

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

-- Stored and lost entries by node, of a whole deployment or of a time by the nodes' clocks. Within
-- a time, entries are counted by whole minutes, a gap counts if any of it lies within, and imported
-- files, whose entries are not counted by the minute, count as a whole.
CREATE FUNCTION loadlab.completeness_of(deployment integer, since timestamptz, until timestamptz)
RETURNS TABLE (node_name text, stored bigint, lost bigint, unknown_gaps bigint)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT session.node_name,
       coalesce(sum(CASE WHEN kind = 'file' OR is_whole
                         THEN session.lines - session.repeated_lines - session.malformed_lines
                         ELSE minutes.entries END), 0)::bigint,
       coalesce(sum(CASE WHEN kind = 'file' OR is_whole
                         THEN session.lost_entries ELSE gaps.lost END), 0)::bigint,
       coalesce(sum(CASE WHEN is_whole THEN session.old_unknown_gaps ELSE 0 END
                    + coalesce(gaps.unknown, 0)), 0)::bigint
  FROM (SELECT since IS NULL AND until IS NULL AS is_whole) AS scope
 CROSS JOIN loadlab.session
  LEFT JOIN LATERAL (
       SELECT sum(entries) AS entries FROM loadlab.session_minute
        WHERE session_minute.session_id = session.session_id AND NOT is_whole
          AND minute > coalesce(since, '-infinity') - interval '1 minute'
          AND minute < coalesce(until, 'infinity')) AS minutes ON true
  LEFT JOIN LATERAL (
       SELECT sum(missing) AS lost, count(*) FILTER (WHERE missing IS NULL) AS unknown
         FROM loadlab.gap
        WHERE gap.session_id = session.session_id
          AND (is_whole OR greatest(coalesce(until_time, noted_at), from_time) >= coalesce(since, '-infinity')
                           AND coalesce(from_time, until_time, noted_at)
                               < coalesce(until, 'infinity'))) AS gaps ON true
 WHERE session.deployment_id = deployment
 GROUP BY session.node_name
$$;

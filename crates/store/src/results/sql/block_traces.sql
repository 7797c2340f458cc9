-- The traces of one block within a day, in the order in which nodes had it: $1 deployment, $2 the
-- block.
WITH time AS (
    SELECT min(trace_started_at) AS since FROM public.block_trace
     WHERE deployment_id = $1 AND block_id = $2 AND trace_started_at > 0
)
SELECT jsonb_build_object(
           'node', lag.node_name,
           'source', lag.source,
           'status', lag.status,
           'started', (lag.started * 1000000)::bigint,
           'lag_s', lag.lag,
           'lag2_s', lag.lag2,
           'total_s', CASE WHEN lag.total > 0 THEN lag.total END,
           'entries', (SELECT count(*) FROM public.block_trace_checkpoint AS entry
                        WHERE entry.deployment_id = $1 AND NOT entry.gossip
                          AND entry.block_trace_id IN (
                              SELECT block_trace_id FROM public.block_trace AS trace
                               WHERE trace.deployment_id = $1 AND trace.block_id = $2
                                 AND trace.node_name = lag.node_name)),
           'lost', coalesce(lost.entries, 0),
           'unknown_gaps', coalesce(lost.unknown, 0),
           'clock_suspect', lag.clock_suspect)
  FROM time
 CROSS JOIN LATERAL (SELECT * FROM loadlab.trace_lag($1, time.since, time.since + 86400)
                      WHERE block_id = $2) AS lag
 CROSS JOIN LATERAL (
       SELECT sum(missing)::bigint AS entries, count(*) FILTER (WHERE missing IS NULL) AS unknown
         FROM loadlab.gap_time AS gap
        WHERE gap.deployment_id = $1 AND gap.node_name = lag.node_name
          AND lost_until >= to_timestamp(lag.started)
          AND lost_since <= to_timestamp(lag.started + greatest(lag.total, 0))) AS lost
 ORDER BY lag.started, lag.node_name
 LIMIT 1000

-- The traces of one block within a time, in the order in which nodes had it: $1 deployment, $2 the
-- block, $3 and $4 the time in seconds, $5 the nodes that have one, $6 and $7 their times after the
-- first and the second node, $8 whether their clocks are wrong.
WITH trace AS (
    SELECT DISTINCT ON (node_name)
           node_name, source, status, trace_started_at AS started,
           -- Where the node was stopped meanwhile, it is the time of the stop.
           CASE WHEN block_trace_id NOT IN (SELECT loadlab.reloaded_traces($1))
                THEN total_time END AS total
      FROM public.block_trace
     WHERE deployment_id = $1 AND block_id = $2
       AND trace_started_at > 0 AND trace_started_at >= $3 AND trace_started_at < $4
     ORDER BY node_name, trace_started_at
)
SELECT jsonb_build_object(
           'node', trace.node_name,
           'source', trace.source,
           'status', trace.status,
           'started', (trace.started * 1000000)::bigint,
           'lag_s', measured.lag,
           'lag2_s', measured.lag2,
           'total_s', CASE WHEN trace.total > 0 THEN trace.total END,
           'entries', (SELECT count(*) FROM public.block_trace_checkpoint AS entry
                        WHERE entry.deployment_id = $1 AND NOT entry.gossip
                          AND entry.block_trace_id IN (
                              SELECT block_trace_id FROM public.block_trace AS of_node
                               WHERE of_node.deployment_id = $1 AND of_node.block_id = $2
                                 AND of_node.node_name = trace.node_name)),
           'lost', coalesce(lost.entries, 0),
           'unknown_gaps', coalesce(lost.unknown, 0),
           'clock_suspect', coalesce(measured.clock_suspect, false))
  FROM trace
  LEFT JOIN unnest($5::text[], $6::float8[], $7::float8[], $8::boolean[])
            AS measured (node_name, lag, lag2, clock_suspect) USING (node_name)
 CROSS JOIN LATERAL (
       SELECT sum(missing)::bigint AS entries, count(*) FILTER (WHERE missing IS NULL) AS unknown
         FROM loadlab.gap_time AS gap
        WHERE gap.deployment_id = $1 AND gap.node_name = trace.node_name
          AND lost_until >= to_timestamp(trace.started)
          AND lost_since <= to_timestamp(trace.started + greatest(trace.total, 0))) AS lost
 ORDER BY trace.started, trace.node_name
 LIMIT 1000

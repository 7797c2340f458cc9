SELECT (SELECT max(deployment_id) FROM public.deployment) = $1 AS is_newest,
       (SELECT count(*) FROM loadlab.session
         WHERE deployment_id = $1 AND kind = 'node' AND ended_at IS NULL) AS open_sessions,
       -- what happens outside of blocks stands under `0`
       count(*) FILTER (WHERE block_id <> '0') AS block_traces,
       count(DISTINCT node_name) AS nodes,
       to_timestamp(min(trace_started_at) FILTER (WHERE trace_started_at > 0)) AS first_at,
       to_timestamp(max(trace_started_at) FILTER (WHERE trace_started_at > 0)) AS last_at,
       (SELECT url FROM loadlab.archived_deployment WHERE deployment_id = $1) AS archived_at_url
  FROM public.block_trace
 WHERE deployment_id = $1

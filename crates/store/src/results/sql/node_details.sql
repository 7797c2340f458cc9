-- More about a node: $1 deployment, $2 the node. At most 500 sessions, gaps and restarts, newest
-- first.
SELECT node.submitter,
       (SELECT built_with_commit_sha FROM loadlab.uptime_submission
         WHERE uptime_submission.submitter = node.submitter
           AND built_with_commit_sha IS NOT NULL
         ORDER BY received_at DESC LIMIT 1) AS release,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'from', loadlab.rfc3339(opened_at),
                   'until', loadlab.rfc3339(ended_at),
                   'state', CASE WHEN kind = 'file' THEN 'imported'
                                 WHEN ended_at IS NOT NULL THEN 'fetching'
                                 ELSE coalesce(node.state, 'fetching') END,
                   'problem', CASE WHEN ended_at IS NOT NULL THEN end_reason
                                   ELSE node.problem END) ORDER BY session_id DESC), '[]')
          FROM (SELECT * FROM loadlab.session
                 WHERE deployment_id = $1 AND node_name = $2
                 ORDER BY session_id DESC LIMIT 500) AS session) AS states,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'from', loadlab.micros(from_time),
                   'until', loadlab.micros(until_time),
                   'missing', missing,
                   'reason', reason) ORDER BY gap_id DESC), '[]')
          FROM (SELECT gap.* FROM loadlab.gap JOIN loadlab.session USING (session_id)
                 WHERE deployment_id = $1 AND node_name = $2
                 ORDER BY gap_id DESC LIMIT 500) AS gap) AS gaps,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'at', loadlab.rfc3339(at),
                   'source', source,
                   'reason', reason,
                   'code', code,
                   'container', container,
                   'restart_count', restart_count) ORDER BY at DESC), '[]')
          FROM (SELECT "time" AS at, 'reported' AS source, reason, code,
                       container_name AS container, restart_count
                  FROM public.node_restarts
                 WHERE deployment_id = $1 AND node_name = $2
                UNION ALL
                SELECT left_at, 'new_process', NULL, NULL, NULL, NULL
                  FROM loadlab.left_run JOIN loadlab.session USING (session_id)
                 WHERE deployment_id = $1 AND node_name = $2
                 ORDER BY at DESC LIMIT 500) AS restart) AS restart_events
  FROM (SELECT) AS one
  LEFT JOIN loadlab.fetched_node AS node ON node.node_name = $2

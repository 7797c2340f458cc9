-- More about a node: $1 deployment, $2 the node. At most 500 sessions and 500 gaps, newest first.
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
                 ORDER BY gap_id DESC LIMIT 500) AS gap) AS gaps
  FROM (SELECT) AS one
  LEFT JOIN loadlab.fetched_node AS node ON node.node_name = $2

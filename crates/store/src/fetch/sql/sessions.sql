SELECT session_id,
       node_name,
       opened_at,
       ended_at,
       end_reason,
       lines - repeated_lines - malformed_lines,
       lost_entries,
       old_gaps + (SELECT count(*) FROM loadlab.gap WHERE gap.session_id = session.session_id)
FROM loadlab.session
WHERE deployment_id = $1 AND node_name = coalesce($2, node_name) AND kind = 'node'
ORDER BY session_id DESC
LIMIT $3

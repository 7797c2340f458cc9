SELECT session_id, cursor
FROM loadlab.session
WHERE deployment_id = $1 AND node_name = $2 AND kind = $3
ORDER BY session_id

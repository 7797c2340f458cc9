INSERT INTO loadlab.session (deployment_id, node_name, kind, cursor, resets)
VALUES ($1, $2, 'node', $3, $4)
RETURNING session_id

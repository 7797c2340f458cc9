INSERT INTO loadlab.session (deployment_id, node_name, kind, cursor)
VALUES ($1, $2, $3, $4)
RETURNING session_id

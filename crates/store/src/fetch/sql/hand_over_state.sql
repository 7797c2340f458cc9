-- Traces belong to a deployment; which block and call are current does not.
INSERT INTO loadlab.session_state (session_id, key, body)
SELECT $2, key, body
FROM loadlab.session_state
WHERE session_id = $1 AND ($3 OR key = 'context')

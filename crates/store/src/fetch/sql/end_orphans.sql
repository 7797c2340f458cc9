UPDATE loadlab.session
SET ended_at = clock_timestamp(), end_reason = $1, version = version + 1
WHERE kind = 'node'
    AND ended_at IS NULL
    AND NOT EXISTS (
        SELECT FROM loadlab.fetched_node
        WHERE fetched_node.node_name = session.node_name AND active
    )
    AND NOT EXISTS (
        SELECT FROM loadlab.lease
        WHERE lease.resource = $2 || session.node_name AND expires_at > clock_timestamp()
    )

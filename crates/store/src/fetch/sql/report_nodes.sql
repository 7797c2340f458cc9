UPDATE loadlab.fetched_node AS node
SET state = new.state,
    problem = new.problem,
    is_block_producer = coalesce(new.is_block_producer, node.is_block_producer),
    fetched_at = coalesce(
        clock_timestamp() - new.fetched_seconds_ago * interval '1 second', node.fetched_at
    ),
    poll_interval_seconds = new.poll_interval_seconds
FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::float8[], $6::float8[])
    AS new (
        node_name, state, problem, is_block_producer, fetched_seconds_ago, poll_interval_seconds
    )
WHERE node.node_name = new.node_name

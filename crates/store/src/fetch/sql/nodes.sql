SELECT node_name, host, graphql_port, submitter, trace_port, is_block_producer, state, problem,
       extract(epoch FROM clock_timestamp() - fetched_at)::float8, poll_interval_seconds
FROM loadlab.fetched_node
WHERE active
ORDER BY node_name

INSERT INTO loadlab.fetched_node (node_name, host, graphql_port, submitter)
SELECT DISTINCT ON (node_name) node_name, host, graphql_port, submitter
FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[])
    AS new (node_name, host, graphql_port, submitter)
ORDER BY node_name
ON CONFLICT (node_name) DO UPDATE
SET host = excluded.host,
    graphql_port = excluded.graphql_port,
    submitter = excluded.submitter,
    active = true,
    listed_at = clock_timestamp()

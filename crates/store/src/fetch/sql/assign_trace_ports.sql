WITH nodes AS (
    SELECT node_name, row_number() OVER (ORDER BY node_name) AS number
    FROM loadlab.fetched_node
    WHERE active AND trace_port IS NULL
),
ports AS (
    SELECT port, row_number() OVER (ORDER BY port) AS number
    FROM generate_series($1::integer, $2::integer) AS port
    WHERE NOT EXISTS (SELECT FROM loadlab.fetched_node WHERE trace_port = port)
)
UPDATE loadlab.fetched_node
SET trace_port = ports.port
FROM nodes
JOIN ports USING (number)
WHERE fetched_node.node_name = nodes.node_name

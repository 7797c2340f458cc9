-- Ports outside of the range, and those of inactive nodes if too few are free.
WITH wanted AS (
    SELECT count(*) AS ports FROM loadlab.fetched_node WHERE active AND trace_port IS NULL
),
free AS (
    SELECT $2::integer - $1::integer + 1 - count(*) AS ports
    FROM loadlab.fetched_node
    WHERE trace_port BETWEEN $1 AND $2
)
UPDATE loadlab.fetched_node
SET trace_port = NULL
FROM wanted, free
WHERE trace_port IS NOT NULL
    AND (trace_port NOT BETWEEN $1 AND $2 OR (NOT active AND wanted.ports > free.ports))

SELECT node_name, value
FROM data
WHERE key = 'checkpoint_distributions' AND deployment_id = $1 AND node_name = ANY ($2::text[])
ORDER BY node_name
FOR UPDATE

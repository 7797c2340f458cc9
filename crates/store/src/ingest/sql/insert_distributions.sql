INSERT INTO data (key, deployment_id, node_name, value)
SELECT 'checkpoint_distributions', $1, node_name, '[]'
FROM unnest($2::text[]) AS node_name
ORDER BY node_name
ON CONFLICT DO NOTHING

UPDATE data
SET value = new.value
FROM unnest($2::text[], $3::text[]) AS new (node_name, value)
WHERE data.key = 'checkpoint_distributions'
  AND data.deployment_id = $1
  AND data.node_name = new.node_name

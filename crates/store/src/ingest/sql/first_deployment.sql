-- Makes a deployment unless there is one. The table is locked.
WITH made AS (
    INSERT INTO deployment (metadata_json)
    SELECT '{"note": "made by the first import"}'
    WHERE NOT EXISTS (SELECT FROM deployment)
    RETURNING deployment_id
)
SELECT deployment_id FROM made
UNION ALL
SELECT max(deployment_id) FROM deployment HAVING max(deployment_id) IS NOT NULL
LIMIT 1

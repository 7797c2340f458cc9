-- Changes the note of a deployment: $1 the deployment, $2 the note (null: none). Metadata that are no
-- object become one.
UPDATE public.deployment
   SET metadata_json = CASE WHEN $2::text IS NULL THEN metadata - 'note'
                            ELSE metadata || jsonb_build_object('note', $2) END
  FROM (SELECT deployment_id AS id,
               CASE jsonb_typeof(metadata_json) WHEN 'object' THEN metadata_json ELSE '{}' END
                   AS metadata
          FROM public.deployment) AS known
 WHERE deployment_id = $1 AND id = $1

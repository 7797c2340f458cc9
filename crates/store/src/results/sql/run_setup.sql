-- The parameters of a run and the metadata of its deployment: $1 run, $2 deployment.
SELECT (SELECT setup_json FROM public.experiment_state WHERE name = $1) AS setup,
       (SELECT metadata_json FROM public.deployment WHERE deployment_id = $2) AS metadata

-- Whether a run ends as soon as a round cannot hold a threshold any more: $1 the run.
SELECT EXISTS (SELECT FROM public.experiment_state
                WHERE name = $1 AND setup_json -> 'AbortOnFail' = 'true'::jsonb)

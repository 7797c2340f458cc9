-- The id of the request that a run came with: log lines and webhooks of the run have it, also after
-- another process has taken the run over.
ALTER TABLE loadlab.experiment_run ADD COLUMN request_id text;

-- Whether a refusal is for good: it ends the step, also for a process that takes the run up after
-- the refusal was written down and before the step has ended.
ALTER TABLE loadlab.experiment_request
    ADD COLUMN is_permanent boolean NOT NULL DEFAULT false;

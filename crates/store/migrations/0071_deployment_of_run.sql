-- The deployment that a run was started in, the newest one then: others may have transactions of the
-- same name, such as traces that were imported again. Null for runs that were started before.
ALTER TABLE loadlab.experiment_run ADD COLUMN deployment_id integer;

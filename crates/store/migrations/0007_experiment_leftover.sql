-- What is left of the money of a run when it ends; null for runs that were given none.
ALTER TABLE loadlab.experiment_run ADD COLUMN leftover jsonb;

-- How often fetching was frozen: a freeze that waits for sessions to end knows by it whether it is
-- still the one in force, and ends nothing that began after it.
ALTER TABLE loadlab.fetch_control ADD COLUMN freezes bigint NOT NULL DEFAULT 0;

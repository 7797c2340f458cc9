-- The accepted submissions of nodes to the uptime backend: which nodes are
-- online, and how many submissions each key may still make, also after a
-- restart and for several backends at once. Old rows are deleted.
CREATE TABLE loadlab.uptime_submission (
    submission_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- By the clock of the database, which all backends share.
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    submitter text NOT NULL,
    -- An IP address, without port or zone.
    remote_addr text NOT NULL,
    graphql_control_port integer,
    peer_id text NOT NULL,
    -- By the clock of the node.
    created_at timestamptz NOT NULL,
    -- The backend's name of the block, which is not its state hash.
    block_hash text NOT NULL,
    has_snark_work boolean NOT NULL,
    built_with_commit_sha text
);

-- Every query is about the last minutes or hours, or about what is too old.
CREATE INDEX uptime_submission_received_at_idx
    ON loadlab.uptime_submission (received_at);

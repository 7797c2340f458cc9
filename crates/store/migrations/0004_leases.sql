-- Who may do a piece of work that only one process may do at a time. Rows stay
-- when a lease ends, so that tokens never go back.
CREATE TABLE loadlab.lease (
    resource text PRIMARY KEY,
    -- The process that has or had the lease: the application_name of its
    -- connections. Null when it was given back.
    holder text,
    -- Grows with each change of the holder: a write under an older one is refused.
    token bigint NOT NULL,
    acquired_at timestamptz NOT NULL,
    -- By the clock of the database, the only one that all processes share.
    expires_at timestamptz NOT NULL
);

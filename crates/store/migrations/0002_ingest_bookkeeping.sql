-- What the ingest must remember to store every entry exactly once. Written in
-- the same transaction as the rows that it speaks of.

-- The reading of one input, a file or the log of a node, into one deployment.
CREATE TABLE loadlab.session (
    session_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deployment_id integer NOT NULL REFERENCES public.deployment,
    node_name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('file', 'node')),
    opened_at timestamptz NOT NULL DEFAULT now(),
    -- Grows with every batch: a writer that has been replaced notices.
    version bigint NOT NULL DEFAULT 0,
    -- How far the input has been read.
    cursor jsonb NOT NULL DEFAULT '{}',
    lines bigint NOT NULL DEFAULT 0,
    repeated_lines bigint NOT NULL DEFAULT 0,
    malformed_lines bigint NOT NULL DEFAULT 0,
    unknown_controls bigint NOT NULL DEFAULT 0,
    lost_entries bigint NOT NULL DEFAULT 0
);

CREATE INDEX session_deployment_node_idx ON loadlab.session (deployment_id, node_name);

-- The state of the session's tracer, in parts.
CREATE TABLE loadlab.session_state (
    session_id bigint NOT NULL REFERENCES loadlab.session ON DELETE CASCADE,
    key text NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (session_id, key)
);

-- The rows of block_trace that the session has made, by its own numbering.
CREATE TABLE loadlab.session_trace (
    session_id bigint NOT NULL REFERENCES loadlab.session ON DELETE CASCADE,
    ordinal integer NOT NULL,
    block_trace_id integer NOT NULL,
    PRIMARY KEY (session_id, ordinal)
);

-- Entries that are known to be missing.
CREATE TABLE loadlab.gap (
    gap_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES loadlab.session ON DELETE CASCADE,
    process text NOT NULL,
    after_entry bigint,
    -- How many, null if nobody can know.
    missing bigint,
    reason text NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX gap_session_idx ON loadlab.gap (session_id);

-- Controls that this version does not understand, kept for a later one.
CREATE TABLE loadlab.unknown_control (
    session_id bigint NOT NULL REFERENCES loadlab.session ON DELETE CASCADE,
    line bigint NOT NULL,
    process char(1) NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (session_id, process, line)
);

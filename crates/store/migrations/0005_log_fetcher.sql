-- What log fetchers share: which nodes there are, whether fetching is frozen,
-- and how complete what they have stored is.

-- One row: what all fetchers are told to do.
CREATE TABLE loadlab.fetch_control (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    frozen boolean NOT NULL DEFAULT false,
    -- How often a reset was asked for: older sessions are begun anew.
    resets bigint NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO loadlab.fetch_control DEFAULT VALUES;

-- Nodes that were discovered. Rows stay, so that a node that comes back keeps
-- its trace port if nobody else needed it.
CREATE TABLE loadlab.fetched_node (
    node_name text PRIMARY KEY,
    host text NOT NULL,
    graphql_port integer NOT NULL,
    submitter text,
    -- Where its traces are served without naming it.
    trace_port integer UNIQUE,
    active boolean NOT NULL DEFAULT true,
    listed_at timestamptz NOT NULL DEFAULT now(),
    -- What its fetcher says of it.
    is_block_producer boolean,
    state text NOT NULL DEFAULT 'waiting',
    problem text,
    fetched_at timestamptz,
    poll_interval_seconds double precision
);

ALTER TABLE loadlab.session
    -- A session of a node ends at a freeze, a reset, a new deployment, or when
    -- the node goes away. Nothing is written to it afterwards.
    ADD COLUMN ended_at timestamptz,
    ADD COLUMN end_reason text,
    ADD COLUMN delivered_at timestamptz,
    -- fetch_control.resets when it began.
    ADD COLUMN resets bigint NOT NULL DEFAULT 0;

-- The latest session of a node; the sessions that are open.
CREATE INDEX session_node_idx ON loadlab.session (node_name, session_id) WHERE kind = 'node';
CREATE INDEX session_open_idx ON loadlab.session (session_id)
    WHERE kind = 'node' AND ended_at IS NULL;
-- Who reads a run of a daemon now.
CREATE INDEX session_run_idx ON loadlab.session ((cursor ->> 'run')) WHERE kind = 'node';

-- By the clock of the node: the last entry before the gap, the first after it.
ALTER TABLE loadlab.gap
    ADD COLUMN from_time timestamptz,
    ADD COLUMN until_time timestamptz;

-- Runs of daemons that a session has read before the present one.
CREATE TABLE loadlab.left_run (
    session_id bigint NOT NULL REFERENCES loadlab.session ON DELETE CASCADE,
    run text NOT NULL,
    last_log_id bigint NOT NULL,
    -- Microseconds since 1970, by the clock of the node.
    last_time_us bigint,
    left_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX left_run_run_idx ON loadlab.left_run (run);
CREATE INDEX left_run_session_idx ON loadlab.left_run (session_id);

-- Which session reads a run: one daemon may be listed under two addresses.
CREATE TABLE loadlab.run_claim (
    run text PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES loadlab.session ON DELETE CASCADE,
    claimed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX run_claim_session_idx ON loadlab.run_claim (session_id);

-- How many entries are stored, by the minute of the node's clock.
CREATE TABLE loadlab.session_minute (
    session_id bigint NOT NULL REFERENCES loadlab.session ON DELETE CASCADE,
    minute timestamptz NOT NULL,
    entries bigint NOT NULL,
    PRIMARY KEY (session_id, minute)
);

-- How complete the data of each node are. completeness is 1 if nothing is known
-- to be missing; unknown_gaps counts gaps of a size that nobody can know, such
-- as what a node had not given out when it was restarted.
CREATE VIEW loadlab.completeness AS
SELECT session.deployment_id,
       session.node_name,
       sum(session.lines - session.repeated_lines - session.malformed_lines)::bigint AS stored_entries,
       sum(session.lost_entries)::bigint AS lost_entries,
       sum(session.malformed_lines)::bigint AS malformed_entries,
       coalesce(sum(gaps.unknown), 0)::bigint AS unknown_gaps,
       count(*) AS sessions,
       CASE WHEN sum(session.lines) + sum(session.lost_entries) > 0
            THEN sum(session.lines - session.malformed_lines)::double precision
                 / (sum(session.lines) + sum(session.lost_entries))
            ELSE 1 END AS completeness
  FROM loadlab.session
  LEFT JOIN (SELECT session_id, count(*) AS unknown FROM loadlab.gap
              WHERE missing IS NULL GROUP BY session_id) AS gaps USING (session_id)
 GROUP BY session.deployment_id, session.node_name;

-- Runs of experiments that survive the process that executes them: everything
-- that happens is written here before the next thing happens, so that another
-- process can go on. What users query stays in public.experiment_state.

-- Newer orchestrators of the existing system write it. This one never does: the
-- address may hold a password, so it is kept sealed in experiment_run.
ALTER TABLE public.experiment_state ADD COLUMN webhook_url varchar;

CREATE TABLE loadlab.experiment_run (
    name varchar PRIMARY KEY,
    -- The order in which waiting runs get their turn.
    queue_number bigint GENERATED ALWAYS AS IDENTITY,
    -- Whether this is the one that is executed (or being cancelled).
    holds_slot boolean NOT NULL,
    seed bigint,
    -- The rounds as planned.
    rounds jsonb NOT NULL,
    script text NOT NULL,
    -- Encrypted with a key that only the orchestrators have.
    sealed_webhook bytea,
    -- pending, delivered or failed; null if there is nobody to tell.
    webhook_state text,
    -- Number of the last event.
    event_count bigint NOT NULL DEFAULT 0,
    accepted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at timestamptz,
    ended_at timestamptz,
    cancel_requested_at timestamptz,
    -- What the run waits for and until when at most.
    waiting_for text,
    waiting_until timestamptz
);

-- One run at a time, whoever asks, however many orchestrators there are.
CREATE UNIQUE INDEX experiment_run_slot ON loadlab.experiment_run (holds_slot) WHERE holds_slot;

CREATE TABLE loadlab.experiment_step (
    name varchar NOT NULL,
    -- Position of the command in the script, from 0; a batch is one step with
    -- the number of its first command.
    step integer NOT NULL,
    last_step integer NOT NULL,
    action text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    error text,
    -- What the step has decided and must keep to when it is taken up again:
    -- a deadline, the nodes it drew. Never a secret.
    decided jsonb,
    PRIMARY KEY (name, step)
);

CREATE TABLE loadlab.experiment_output (
    name varchar NOT NULL,
    step integer NOT NULL,
    position integer NOT NULL,
    output text NOT NULL,
    multi boolean NOT NULL,
    value jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (name, step, position)
);

-- What was asked of nodes and has an effect there: written before it is sent,
-- and again when the answer has come.
CREATE TABLE loadlab.experiment_request (
    name varchar NOT NULL,
    step integer NOT NULL,
    request integer NOT NULL,
    node text NOT NULL,
    -- payments, zkapps, create-accounts, mina-executable, stop-daemon, restart, gating
    kind text NOT NULL,
    -- The round that it belongs to, if it belongs to one.
    round integer,
    -- The handle, if the caller chose it; otherwise what the answer names.
    handle text,
    handle_is_ours boolean NOT NULL,
    -- The node's run and the number of the request, by which one can tell later
    -- whether the node executed it.
    server_uuid text,
    sequence_number integer,
    tps double precision,
    -- Transactions intended.
    intended bigint,
    first_key integer,
    keys integer,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- When what was started ends by itself.
    runs_until timestamptz,
    answered_at timestamptz,
    -- accepted; unconfirmed: executed, but the answer was lost; refused.
    outcome text,
    error text,
    -- Whether it has to be undone at the node, and when that was done.
    undo_wanted boolean NOT NULL DEFAULT false,
    undone_at timestamptz,
    undo_attempts integer NOT NULL DEFAULT 0,
    undo_error text,
    PRIMARY KEY (name, step, request)
);

CREATE INDEX experiment_request_undo ON loadlab.experiment_request (name)
    WHERE undo_wanted AND undone_at IS NULL;

-- What people follow: log lines, steps, changes of status; appended only.
CREATE TABLE loadlab.experiment_event (
    name varchar NOT NULL,
    event bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- log, step or status
    kind text NOT NULL,
    -- debug, info, warning or error
    level text,
    step integer,
    message text NOT NULL,
    PRIMARY KEY (name, event)
);

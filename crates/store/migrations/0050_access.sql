-- Who may ask and change: tokens, of which only hashes are kept, and what was changed by whom.
CREATE TABLE loadlab.access_token (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL,
    role         text NOT NULL CHECK (role IN ('viewer', 'operator')),
    digest       bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz
);

-- A name says who it was, so two tokens in use never share one.
CREATE UNIQUE INDEX access_token_name ON loadlab.access_token (name) WHERE revoked_at IS NULL;

-- One row for each change: written before it begins, marked in its transaction, completed with the
-- answer.
CREATE TABLE loadlab.audit (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor         text NOT NULL,
    role          text NOT NULL,
    address       text,
    forwarded_for text,
    service       text NOT NULL,
    method        text NOT NULL,
    path          text NOT NULL,
    target        text,
    parameters    jsonb,
    request_id    text,
    changed_at    timestamptz,
    ended_at      timestamptz,
    status        integer
);

CREATE INDEX audit_at ON loadlab.audit (at);

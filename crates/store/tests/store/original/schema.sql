-- The schema of the original as its documentation describes it, triggers included: what an existing
-- database has when loadlab meets it for the first time.

CREATE TYPE pool_action_t AS ENUM
    ('received', 'accepted', 'rejected', 'added', 'scheduled', 'removed');
CREATE TYPE resource_t AS ENUM ('Transaction_diff', 'Snark_work');

CREATE TABLE deployment (deployment_id serial PRIMARY KEY, metadata_json jsonb NOT NULL);

CREATE FUNCTION get_max_deployment_id() RETURNS bigint LANGUAGE sql STABLE AS
    'SELECT max(deployment_id)::bigint FROM deployment';

CREATE TABLE block_trace (
    block_trace_id serial PRIMARY KEY,
    deployment_id int NOT NULL REFERENCES deployment,
    node_name varchar NOT NULL,
    block_id varchar NOT NULL,
    trace_started_at float NOT NULL,
    trace_completed_at float,
    total_time float NOT NULL,
    source varchar NOT NULL,
    blockchain_length int NOT NULL,
    global_slot int NOT NULL,
    status varchar NOT NULL,
    metadata_json jsonb NOT NULL
);
CREATE INDEX block_trace_node_name_idx ON block_trace (node_name);
CREATE INDEX block_trace_block_id_idx ON block_trace (block_id);

CREATE SEQUENCE checkpoint_ids AS bigint;
CREATE TABLE block_trace_checkpoint (
    block_trace_checkpoint_id bigint PRIMARY KEY DEFAULT nextval('checkpoint_ids'),
    block_trace_id int NOT NULL REFERENCES block_trace,
    source char(1) NOT NULL,
    main_trace boolean NOT NULL,
    is_control boolean NOT NULL,
    name varchar NOT NULL,
    started_at float NOT NULL,
    metadata_json jsonb,
    call_id int NOT NULL,
    gossip boolean NOT NULL DEFAULT false
);
CREATE INDEX block_trace_checkpoint_block_trace_id_main_trace_gossip
    ON block_trace_checkpoint (block_trace_id, main_trace) WHERE NOT gossip;

CREATE TABLE data (
    key varchar NOT NULL,
    deployment_id int NOT NULL REFERENCES deployment,
    node_name varchar NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (key, deployment_id, node_name)
);

CREATE TABLE last_block_trace_gossip_checkpoint (
    block_trace_id int NOT NULL,
    resource resource_t NOT NULL,
    action pool_action_t NOT NULL,
    started_at timestamptz NOT NULL,
    PRIMARY KEY (block_trace_id, resource)
);

CREATE TABLE tx_traces (
    block_trace_checkpoint_id bigint NOT NULL,
    node_name varchar(255) NOT NULL,
    action pool_action_t NOT NULL,
    time timestamptz NOT NULL,
    diff jsonb NOT NULL,
    sender varchar(255),
    reason text
);
CREATE UNIQUE INDEX tx_traces_id ON tx_traces (block_trace_checkpoint_id);

CREATE TABLE sw_traces (
    block_trace_checkpoint_id bigint NOT NULL,
    node_name varchar(255) NOT NULL,
    action pool_action_t NOT NULL,
    time timestamptz NOT NULL,
    fst_work_id int NOT NULL,
    snd_work_id int,
    fee varchar(255),
    prover varchar(255),
    sender varchar(255),
    reason text,
    fst_work_type varchar(64),
    snd_work_type varchar(64),
    fst_work_tx_hash varchar(128),
    snd_work_tx_hash varchar(128),
    fst_work_tx_memo text,
    snd_work_tx_memo text
);
CREATE UNIQUE INDEX sw_traces_id ON sw_traces (block_trace_checkpoint_id);

CREATE TABLE unique_txs (
    hash varchar(128) PRIMARY KEY,
    deployment_id int NOT NULL,
    type varchar(64) NOT NULL,
    memo text,
    time timestamptz NOT NULL
);
CREATE INDEX unique_txs_memo ON unique_txs (memo);

CREATE TABLE block_txs (
    hash varchar(128) PRIMARY KEY,
    deployment_id int NOT NULL,
    type varchar(64) NOT NULL,
    memo text,
    block_received timestamptz NOT NULL,
    result varchar(64) NOT NULL
);

CREATE TABLE uniq_sws (
    deployment_id int NOT NULL,
    fst_work_id int NOT NULL,
    snd_work_id int,
    fee varchar(255),
    prover varchar(255),
    sender varchar(255),
    fst_work_type varchar(64),
    snd_work_type varchar(64),
    fst_work_tx_hash varchar(128),
    snd_work_tx_hash varchar(128),
    fst_work_tx_memo text,
    snd_work_tx_memo text,
    time_added timestamptz,
    time_received timestamptz,
    time_scheduled timestamptz
);
CREATE UNIQUE INDEX uniq_sws_unique_key
    ON uniq_sws (deployment_id, fst_work_id, coalesce(snd_work_id, -1));

CREATE TABLE sw_interruptions (
    block_trace_id int PRIMARY KEY REFERENCES block_trace,
    deployment_id int NOT NULL REFERENCES deployment,
    time timestamptz NOT NULL DEFAULT now(),
    at int NOT NULL,
    reason text NOT NULL,
    fst_work_id int NOT NULL,
    snd_work_id int
);

CREATE TABLE node_restarts (
    id serial PRIMARY KEY,
    deployment_id int NOT NULL DEFAULT get_max_deployment_id() REFERENCES deployment,
    node_name varchar NOT NULL,
    time timestamptz NOT NULL DEFAULT now(),
    reason text,
    code int,
    object_name varchar,
    object_namespace varchar,
    container_name varchar,
    restart_count int
);
CREATE INDEX node_restarts_node_name_idx ON node_restarts (node_name);
CREATE INDEX node_restarts_time_idx ON node_restarts (time);

CREATE TABLE experiment_state (
    name varchar PRIMARY KEY,
    description varchar NOT NULL,
    created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp DEFAULT now(),
    ended_at timestamp,
    status varchar NOT NULL,
    comment varchar,
    setup_json jsonb NOT NULL,
    current_step_no int,
    current_step_name varchar,
    warnings text[],
    errors text[],
    logs text[],
    webhook_url varchar
);

CREATE FUNCTION announce_gossip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.gossip := true;
    INSERT INTO last_block_trace_gossip_checkpoint VALUES (
        NEW.block_trace_id,
        CASE WHEN starts_with(NEW.name, 'Snark_work') THEN 'Snark_work'
             ELSE 'Transaction_diff' END::resource_t,
        substring(NEW.name FROM '[^_]*$')::pool_action_t, to_timestamp(NEW.started_at))
    ON CONFLICT (block_trace_id, resource)
        DO UPDATE SET action = excluded.action, started_at = excluded.started_at;
    RETURN NEW;
END $$;
CREATE TRIGGER gossip_traces_on_add BEFORE INSERT ON block_trace_checkpoint FOR EACH ROW
    WHEN (NEW.main_trace AND NOT NEW.is_control AND NEW.source = 'M'
          AND NEW.name ~ '^(Snark_work|Transaction_diff)_')
    EXECUTE FUNCTION announce_gossip();

CREATE FUNCTION end_trace() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE block_trace SET status = 'Success', trace_completed_at = NEW.started_at
     WHERE block_trace_id = NEW.block_trace_id;
    RETURN NULL;
END $$;
CREATE TRIGGER block_trace_update_status AFTER INSERT ON block_trace_checkpoint FOR EACH ROW
    WHEN (NEW.name = 'Breadcrumb_integrated') EXECUTE FUNCTION end_trace();

CREATE FUNCTION pair_gossip() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last last_block_trace_gossip_checkpoint;
    node varchar;
    content jsonb := NEW.metadata_json;
BEGIN
    SELECT node_name INTO node FROM block_trace WHERE block_trace_id = NEW.block_trace_id;
    IF content ? 'work_ids' THEN
        SELECT * INTO last FROM last_block_trace_gossip_checkpoint
         WHERE block_trace_id = NEW.block_trace_id AND resource = 'Snark_work';
        INSERT INTO sw_traces VALUES (
            NEW.block_trace_checkpoint_id, node, last.action, last.started_at,
            (content -> 'work_ids' ->> 0)::int, (content -> 'work_ids' ->> 1)::int,
            content ->> 'fee');
    ELSE
        SELECT * INTO last FROM last_block_trace_gossip_checkpoint
         WHERE block_trace_id = NEW.block_trace_id AND resource = 'Transaction_diff';
        INSERT INTO tx_traces VALUES (
            NEW.block_trace_checkpoint_id, node, last.action, last.started_at, content -> 'diff');
    END IF;
    UPDATE block_trace_checkpoint SET gossip = true
     WHERE block_trace_checkpoint_id = NEW.block_trace_checkpoint_id;
    RETURN NULL;
END $$;
CREATE TRIGGER traces_on_add AFTER INSERT ON block_trace_checkpoint FOR EACH ROW
    WHEN (NEW.is_control AND (NEW.metadata_json ? 'work_ids' OR NEW.metadata_json ? 'diff'))
    EXECUTE FUNCTION pair_gossip();

CREATE FUNCTION note_txs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unique_txs
    SELECT tx ->> 1, get_max_deployment_id(), tx ->> 0, tx ->> 2, NEW.time
      FROM jsonb_array_elements(NEW.diff) AS tx
    ON CONFLICT (hash) DO UPDATE SET time = least(unique_txs.time, excluded.time);
    RETURN NULL;
END $$;
CREATE TRIGGER tx_traces_handle_txs AFTER INSERT ON tx_traces FOR EACH ROW
    WHEN (NEW.action = 'received') EXECUTE FUNCTION note_txs();

CREATE FUNCTION note_sws() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO uniq_sws (deployment_id, fst_work_id, snd_work_id, fee, time_received)
    VALUES (get_max_deployment_id(), NEW.fst_work_id, NEW.snd_work_id, NEW.fee, NEW.time)
    ON CONFLICT (deployment_id, fst_work_id, coalesce(snd_work_id, -1)) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER sw_traces_handle_sws AFTER INSERT ON sw_traces FOR EACH ROW
    EXECUTE FUNCTION note_sws();

CREATE FUNCTION note_block_txs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO block_txs
    SELECT tx ->> 1, get_max_deployment_id(), tx ->> 0, tx ->> 2,
           to_timestamp(NEW.trace_started_at), tx -> 3 ->> 0
      FROM jsonb_array_elements(NEW.metadata_json -> 'transactions') AS tx
     WHERE tx ->> 0 NOT IN ('coinbase', 'fee_transfer')
    ON CONFLICT (hash) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER block_trace_handle_txs AFTER UPDATE ON block_trace FOR EACH ROW
    WHEN (NEW.metadata_json ? 'transactions' AND NEW.trace_started_at > 1500000000)
    EXECUTE FUNCTION note_block_txs();

CREATE FUNCTION note_interruption() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids jsonb := NEW.metadata_json -> 'interrupt_get_completed_work_ids';
BEGIN
    INSERT INTO sw_interruptions (block_trace_id, deployment_id, at, reason, fst_work_id, snd_work_id)
    VALUES (NEW.block_trace_id, NEW.deployment_id,
            (NEW.metadata_json ->> 'interrupt_get_completed_work_at')::int,
            NEW.metadata_json ->> 'interrupt_get_completed_work_reason',
            (ids ->> 0)::int, (ids ->> 1)::int)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER block_trace_sw_interruptions AFTER INSERT OR UPDATE OF metadata_json ON block_trace
    FOR EACH ROW WHEN (NEW.metadata_json ? 'interrupt_get_completed_work_at')
    EXECUTE FUNCTION note_interruption();

CREATE VIEW tx_diffs AS
SELECT get_max_deployment_id() AS deployment_id, time, diff, node_name, sender,
       lead(action) OVER later AS outcome, lead(reason) OVER later AS reason,
       lead(time) OVER later AS outcome_time
  FROM tx_traces
WINDOW later AS (PARTITION BY diff, node_name, sender ORDER BY block_trace_checkpoint_id);
CREATE VIEW received_txs AS
SELECT deployment_id, node_name, time, sender, outcome_time, outcome, reason,
       tx ->> 0 AS type, tx ->> 1 AS hash, tx ->> 2 AS memo
  FROM tx_diffs, jsonb_array_elements(diff) AS tx;
CREATE VIEW txs AS
SELECT u.deployment_id, u.hash, u.type, u.memo, u.time, b.block_received,
       b.block_received - u.time AS latency, b.result
  FROM unique_txs u
  FULL JOIN block_txs b ON b.hash = u.hash AND b.deployment_id = u.deployment_id;
CREATE VIEW experiments AS
SELECT substring(memo FROM '^(.*)-\d+-\d+-\d+$') AS exp, deployment_id, count(*) AS total
  FROM txs GROUP BY 1, 2;
CREATE VIEW sw_experiments AS SELECT deployment_id, count(*) AS total_sws FROM uniq_sws GROUP BY 1;

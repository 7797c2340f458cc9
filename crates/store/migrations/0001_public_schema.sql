-- The tables and views that users and services of the reference system know:
-- names, columns, their order, types and meaning are theirs. What differs:
--
-- * No triggers: the ingest computes what they did.
-- * The large tables are partitioned by deployment; those that had no column
--   deployment_id have it as their last one, with a default, so that
--   statements which do not know it go on working.
-- * unique_txs and block_txs are keyed by deployment and hash: the same
--   transaction may be seen in several deployments.
-- * Views count within the deployment of the row.
--
-- Partitions live in schema loadlab, which the migration tool has made.

CREATE TYPE public.pool_action_t AS ENUM
    ('received', 'accepted', 'rejected', 'added', 'scheduled', 'removed');
CREATE TYPE public.resource_t AS ENUM ('Transaction_diff', 'Snark_work');

CREATE TABLE public.deployment (
    deployment_id serial PRIMARY KEY,
    metadata_json jsonb NOT NULL
);

CREATE FUNCTION public.get_max_deployment_id() RETURNS bigint
    LANGUAGE sql STABLE
    RETURN (SELECT max(deployment_id) FROM public.deployment);

-- Block traces ---------------------------------------------------------------

-- Every nextval reserves the ids up to the next multiple for its caller: rows
-- can refer to each other before they are written, by several processes.
CREATE SEQUENCE public.block_trace_block_trace_id_seq AS integer INCREMENT BY 32;

CREATE TABLE public.block_trace (
    block_trace_id integer NOT NULL
        DEFAULT nextval('public.block_trace_block_trace_id_seq'),
    deployment_id integer NOT NULL REFERENCES public.deployment,
    node_name varchar NOT NULL,
    block_id varchar NOT NULL,
    trace_started_at double precision NOT NULL,
    trace_completed_at double precision,
    total_time double precision NOT NULL,
    source varchar NOT NULL,
    blockchain_length integer NOT NULL,
    global_slot integer NOT NULL,
    status varchar NOT NULL,
    metadata_json jsonb NOT NULL,
    PRIMARY KEY (block_trace_id, deployment_id)
) PARTITION BY LIST (deployment_id);

ALTER SEQUENCE public.block_trace_block_trace_id_seq
    OWNED BY public.block_trace.block_trace_id;

-- Lists of a node's traces in order, and the names of the nodes.
CREATE INDEX block_trace_deployment_node_idx
    ON public.block_trace (deployment_id, node_name, block_trace_id);
-- A node through all deployments.
CREATE INDEX block_trace_node_name_idx ON public.block_trace (node_name);
-- A block, and the newest trace of a block by a node.
CREATE INDEX block_trace_block_id_idx
    ON public.block_trace (block_id, deployment_id, node_name, block_trace_id);

CREATE SEQUENCE public.block_trace_checkpoint_block_trace_checkpoint_id_seq
    AS bigint INCREMENT BY 1024;

-- No foreign key to block_trace: checking it costs half of the speed of
-- loading, and dropping a partition would have to check all rows.
CREATE TABLE public.block_trace_checkpoint (
    block_trace_checkpoint_id bigint NOT NULL
        DEFAULT nextval('public.block_trace_checkpoint_block_trace_checkpoint_id_seq'),
    block_trace_id integer NOT NULL,
    source char(1) NOT NULL,
    main_trace boolean NOT NULL,
    is_control boolean NOT NULL,
    name varchar NOT NULL,
    started_at double precision NOT NULL,
    metadata_json jsonb,
    call_id integer NOT NULL,
    gossip boolean NOT NULL DEFAULT false,
    deployment_id integer NOT NULL DEFAULT public.get_max_deployment_id(),
    PRIMARY KEY (block_trace_checkpoint_id, deployment_id)
) PARTITION BY LIST (deployment_id);

ALTER SEQUENCE public.block_trace_checkpoint_block_trace_checkpoint_id_seq
    OWNED BY public.block_trace_checkpoint.block_trace_checkpoint_id;

-- The entries of one block. Gossip is most of the rows and none of these.
CREATE INDEX block_trace_checkpoint_block_trace_id_main_trace_gossip
    ON public.block_trace_checkpoint (block_trace_id, main_trace) WHERE NOT gossip;

CREATE TABLE public.data (
    key varchar NOT NULL,
    deployment_id integer NOT NULL REFERENCES public.deployment,
    node_name varchar NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (key, deployment_id, node_name)
);

-- Pool events ----------------------------------------------------------------

CREATE TABLE public.last_block_trace_gossip_checkpoint (
    block_trace_id integer NOT NULL,
    resource public.resource_t NOT NULL,
    action public.pool_action_t NOT NULL,
    started_at timestamptz NOT NULL,
    PRIMARY KEY (block_trace_id, resource)
);

CREATE TABLE public.tx_traces (
    block_trace_checkpoint_id bigint NOT NULL,
    node_name varchar(255) NOT NULL,
    action public.pool_action_t NOT NULL,
    "time" timestamptz NOT NULL,
    diff jsonb NOT NULL,
    sender varchar(255),
    reason text,
    deployment_id integer NOT NULL DEFAULT public.get_max_deployment_id()
) PARTITION BY LIST (deployment_id);

CREATE UNIQUE INDEX tx_traces_id
    ON public.tx_traces (block_trace_checkpoint_id, deployment_id);

CREATE TABLE public.sw_traces (
    block_trace_checkpoint_id bigint NOT NULL,
    node_name varchar(255) NOT NULL,
    action public.pool_action_t NOT NULL,
    "time" timestamptz NOT NULL,
    fst_work_id integer NOT NULL,
    snd_work_id integer,
    fee varchar(255),
    prover varchar(255),
    sender varchar(255),
    reason text,
    fst_work_type varchar(64),
    snd_work_type varchar(64),
    fst_work_tx_hash varchar(128),
    snd_work_tx_hash varchar(128),
    fst_work_tx_memo text,
    snd_work_tx_memo text,
    deployment_id integer NOT NULL DEFAULT public.get_max_deployment_id()
) PARTITION BY LIST (deployment_id);

CREATE UNIQUE INDEX sw_traces_id
    ON public.sw_traces (block_trace_checkpoint_id, deployment_id);

-- First time that any node received the transaction.
CREATE TABLE public.unique_txs (
    hash varchar(128) NOT NULL,
    deployment_id integer NOT NULL,
    type varchar(64) NOT NULL,
    memo text,
    "time" timestamptz NOT NULL,
    PRIMARY KEY (deployment_id, hash)
);

-- A hash index, because a b-tree refuses values of more than 2,704 bytes and
-- a memo is what a node says it is.
CREATE INDEX unique_txs_memo ON public.unique_txs USING hash (memo);

-- First block with the transaction.
CREATE TABLE public.block_txs (
    hash varchar(128) NOT NULL,
    deployment_id integer NOT NULL,
    type varchar(64) NOT NULL,
    memo text,
    block_received timestamptz NOT NULL,
    result varchar(64) NOT NULL,
    PRIMARY KEY (deployment_id, hash)
);

CREATE TABLE public.uniq_sws (
    deployment_id integer NOT NULL,
    fst_work_id integer NOT NULL,
    snd_work_id integer,
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
    ON public.uniq_sws (deployment_id, fst_work_id, coalesce(snd_work_id, -1));

CREATE TABLE public.sw_interruptions (
    block_trace_id integer PRIMARY KEY,
    deployment_id integer NOT NULL REFERENCES public.deployment,
    "time" timestamptz NOT NULL DEFAULT now(),
    at integer NOT NULL,
    reason text NOT NULL,
    fst_work_id integer NOT NULL,
    snd_work_id integer
);

-- Services -------------------------------------------------------------------

CREATE TABLE public.node_restarts (
    id serial PRIMARY KEY,
    deployment_id integer NOT NULL DEFAULT public.get_max_deployment_id()
        REFERENCES public.deployment,
    node_name varchar NOT NULL,
    "time" timestamptz NOT NULL DEFAULT now(),
    reason text,
    code integer,
    object_name varchar,
    object_namespace varchar,
    container_name varchar,
    restart_count integer
);

CREATE INDEX node_restarts_node_name_idx ON public.node_restarts (node_name);
CREATE INDEX node_restarts_time_idx ON public.node_restarts ("time");

CREATE TABLE public.experiment_state (
    name varchar PRIMARY KEY,
    description varchar NOT NULL,
    created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp DEFAULT now(),
    ended_at timestamp,
    status varchar NOT NULL,
    comment varchar,
    setup_json jsonb NOT NULL,
    current_step_no integer,
    current_step_name varchar,
    warnings text[],
    errors text[],
    logs text[]
);

-- Default partitions: for rows of deployments that have no partition.
CREATE TABLE loadlab.block_trace_default
    PARTITION OF public.block_trace DEFAULT;
CREATE TABLE loadlab.block_trace_checkpoint_default
    PARTITION OF public.block_trace_checkpoint DEFAULT;
CREATE TABLE loadlab.tx_traces_default
    PARTITION OF public.tx_traces DEFAULT;
CREATE TABLE loadlab.sw_traces_default
    PARTITION OF public.sw_traces DEFAULT;

-- Views ----------------------------------------------------------------------

-- What became of every received diff: the next event at the same node with the
-- same diff and sender. deployment_id is a bigint as it always was.
CREATE VIEW public.tx_diffs AS
SELECT event.deployment_id::bigint AS deployment_id,
       event."time",
       event.diff,
       event.node_name,
       event.sender,
       event.outcome,
       event.outcome_reason AS reason,
       event.outcome_time
  FROM (SELECT trace.deployment_id,
               trace."time",
               trace.diff,
               trace.node_name,
               trace.sender,
               trace.action,
               lead(trace.action) OVER next AS outcome,
               lead(trace.reason) OVER next AS outcome_reason,
               lead(trace."time") OVER next AS outcome_time
          FROM public.tx_traces AS trace
        WINDOW next AS (PARTITION BY trace.deployment_id, trace.node_name, trace.sender,
                                     trace.diff
                            ORDER BY trace.block_trace_checkpoint_id)
       ) AS event
 WHERE event.action = 'received';

CREATE VIEW public.received_txs AS
SELECT diff.deployment_id,
       diff.node_name,
       diff."time",
       diff.sender,
       diff.outcome_time,
       diff.outcome,
       diff.reason,
       tx.value ->> 0 AS type,
       tx.value ->> 1 AS hash,
       tx.value ->> 2 AS memo
  FROM public.tx_diffs AS diff
 CROSS JOIN LATERAL jsonb_array_elements(
           CASE jsonb_typeof(diff.diff) WHEN 'array' THEN diff.diff ELSE '[]' END) AS tx;

-- deployment_id is null for transactions that were seen in a block only.
CREATE VIEW public.txs AS
SELECT pool.deployment_id,
       coalesce(block.hash, pool.hash) AS hash,
       coalesce(block.type, pool.type) AS type,
       coalesce(block.memo, pool.memo) AS memo,
       pool."time",
       block.block_received,
       block.block_received - pool."time" AS latency,
       block.result
  FROM public.unique_txs AS pool
  FULL JOIN public.block_txs AS block
    ON block.hash = pool.hash AND block.deployment_id = pool.deployment_id;

-- The ending -<round>-<batch>-<index> of a memo <experiment>-<round>-<batch>-<index>,
-- null for other memos. Batch and index may have any length; the round must
-- fit an integer. (Matching the experiment, too, is five times slower.)
CREATE FUNCTION loadlab.memo_ending(memo text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN substring(memo FROM '-[0-9]{1,9}-[0-9]+-[0-9]+$');

CREATE FUNCTION loadlab.memo_experiment(memo text, ending text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN left(memo, -length(ending));

CREATE FUNCTION loadlab.memo_round(ending text) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN split_part(ending, '-', 2)::integer;

CREATE VIEW public.experiments AS
SELECT exp,
       round,
       deployment_id,
       round(total * 60 / seconds, 2) AS rate_min,
       round(zkapps * 60 / seconds, 2) AS zkapp_rate_min,
       round((total - zkapps) * 60 / seconds, 2) AS payment_rate_min,
       duration,
       max_latency,
       round(missed_total::numeric / total, 2) AS missed,
       round(failed_total::numeric / total, 2) AS failed,
       round(successful_total::numeric / total, 2) AS successful,
       start,
       total,
       zkapps
  FROM (SELECT loadlab.memo_experiment(memo, ending) AS exp,
               loadlab.memo_round(ending) AS round,
               deployment_id,
               -- null for a group within half a second: it has no rate
               nullif(round(extract(epoch FROM max("time") - min("time"))), 0) AS seconds,
               date_trunc('second', max("time") - min("time")) AS duration,
               max(latency) AS max_latency,
               count(*) FILTER (WHERE latency IS NULL) AS missed_total,
               count(*) FILTER (WHERE result = 'Failed') AS failed_total,
               count(*) FILTER (WHERE result = 'Applied') AS successful_total,
               min("time") AS start,
               count(*) AS total,
               count(*) FILTER (WHERE type <> 'payment') AS zkapps
          FROM (SELECT memo, loadlab.memo_ending(memo) AS ending,
                       deployment_id, type, "time", latency, result
                  FROM public.txs
                 WHERE deployment_id IS NOT NULL
                -- matches every memo once instead of once for every use
                OFFSET 0
               ) AS tx
         WHERE ending IS NOT NULL
         GROUP BY loadlab.memo_experiment(memo, ending), loadlab.memo_round(ending),
                  deployment_id
       ) AS experiment
 ORDER BY start;

CREATE VIEW public.sw_experiments AS
SELECT exp,
       round,
       deployment_id,
       fst_tx_type,
       snd_tx_type,
       count(*) AS total_sws,
       min(received_scheduled) AS min_received_scheduled_sec,
       avg(received_scheduled) AS avg_received_scheduled_sec,
       max(received_scheduled) AS max_received_scheduled_sec,
       min(received_added) AS min_received_added_sec,
       avg(received_added) AS avg_received_added_sec,
       max(received_added) AS max_received_added_sec
  FROM (SELECT loadlab.memo_experiment(fst_memo, fst_ending) AS exp,
               loadlab.memo_experiment(snd_memo, snd_ending) AS snd_exp,
               loadlab.memo_round(fst_ending) AS round,
               loadlab.memo_round(snd_ending) AS snd_round,
               deployment_id,
               fst_tx_type,
               snd_tx_type,
               extract(epoch FROM time_received - time_scheduled) AS received_scheduled,
               extract(epoch FROM time_received - time_added) AS received_added
          FROM (SELECT fst_work_tx_memo AS fst_memo,
                       loadlab.memo_ending(fst_work_tx_memo) AS fst_ending,
                       snd_work_tx_memo AS snd_memo,
                       loadlab.memo_ending(snd_work_tx_memo) AS snd_ending,
                       fst_work_type AS fst_tx_type,
                       snd_work_type AS snd_tx_type,
                       deployment_id, time_added, time_received, time_scheduled
                  FROM public.uniq_sws
                OFFSET 0
               ) AS work
       ) AS work
 WHERE exp = snd_exp AND round = snd_round
 GROUP BY exp, round, deployment_id, fst_tx_type, snd_tx_type
 ORDER BY deployment_id, exp, round, fst_tx_type, snd_tx_type;

//! Which tables are given out, with which columns. docs/open-data.md describes each of them.

use ColumnType::{Bool, Float8, Int4, Int8, Json, Text, Timestamp};

/// A table that is given out.
#[derive(Debug)]
pub struct Table {
    /// Its name, and that of its file.
    pub name: &'static str,
    /// Its columns in order.
    pub columns: &'static [Column],
    /// `FROM` and what follows, with `$1` in the place of the deployment.
    from: &'static str,
}

/// A column of a table that is given out.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub kind: ColumnType,
    /// Whether there may be no value.
    pub nullable: bool,
    /// What is selected, if it is not the column of that name.
    expression: Option<&'static str>,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// A 32-bit integer.
    Int4,
    /// A 64-bit integer.
    Int8,
    /// A 64-bit float.
    Float8,
    /// UTF-8.
    Text,
    /// JSON text, stored as `jsonb`.
    Json,
    /// True or false.
    Bool,
    /// Microseconds, as `timestamptz`.
    Timestamp,
}

impl Table {
    /// The query for the rows of a deployment.
    pub(super) fn query(&self, deployment_id: i32) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| match column.expression {
                Some(expression) => format!("{expression} AS {}", column.quoted()),
                None => column.quoted(),
            })
            .collect();
        let from = self.from.replace("$1", &deployment_id.to_string());
        format!("SELECT {} {from}", columns.join(", "))
    }
}

impl Column {
    /// Some names are words of SQL.
    pub(crate) fn quoted(&self) -> String {
        format!("\"{}\"", self.name)
    }
}

pub(crate) const fn column(name: &'static str, kind: ColumnType) -> Column {
    Column {
        name,
        kind,
        nullable: false,
        expression: None,
    }
}

pub(crate) const fn nullable(name: &'static str, kind: ColumnType) -> Column {
    Column {
        nullable: true,
        ..column(name, kind)
    }
}

const fn selected(expression: &'static str, mut column: Column) -> Column {
    column.expression = Some(expression);
    column
}

/// Columns of `block_trace`.
pub(crate) const BLOCK_TRACE: &[Column] = &[
    column("deployment_id", Int4),
    column("block_trace_id", Int4),
    column("node_name", Text),
    column("block_id", Text),
    column("trace_started_at", Float8),
    nullable("trace_completed_at", Float8),
    column("total_time", Float8),
    column("source", Text),
    column("blockchain_length", Int4),
    column("global_slot", Int4),
    column("status", Text),
    column("metadata_json", Json),
];

/// Columns of `block_trace_checkpoint`.
pub(crate) const CHECKPOINTS: &[Column] = &[
    column("deployment_id", Int4),
    column("block_trace_checkpoint_id", Int8),
    column("block_trace_id", Int4),
    column("source", Text),
    column("main_trace", Bool),
    column("is_control", Bool),
    column("name", Text),
    column("started_at", Float8),
    nullable("metadata_json", Json),
    column("call_id", Int4),
    column("gossip", Bool),
];

/// Columns of `tx_traces`.
pub(crate) const TX_TRACES: &[Column] = &[
    column("deployment_id", Int4),
    column("block_trace_checkpoint_id", Int8),
    column("node_name", Text),
    selected("action::text", column("action", Text)),
    column("time", Timestamp),
    column("diff", Json),
    nullable("sender", Text),
    nullable("reason", Text),
];

/// Columns of `sw_traces`.
pub(crate) const SW_TRACES: &[Column] = &[
    column("deployment_id", Int4),
    column("block_trace_checkpoint_id", Int8),
    column("node_name", Text),
    selected("action::text", column("action", Text)),
    column("time", Timestamp),
    column("fst_work_id", Int4),
    nullable("snd_work_id", Int4),
    nullable("fee", Text),
    nullable("prover", Text),
    nullable("sender", Text),
    nullable("reason", Text),
    nullable("fst_work_type", Text),
    nullable("snd_work_type", Text),
    nullable("fst_work_tx_hash", Text),
    nullable("snd_work_tx_hash", Text),
    nullable("fst_work_tx_memo", Text),
    nullable("snd_work_tx_memo", Text),
];

/// All tables that are given out, the deployment itself first.
pub const TABLES: &[Table] = &[
    Table {
        name: "deployment",
        columns: &[column("deployment_id", Int4), column("metadata_json", Json)],
        from: "FROM public.deployment WHERE deployment_id = $1",
    },
    Table {
        name: "block_trace",
        columns: BLOCK_TRACE,
        from: "FROM public.block_trace WHERE deployment_id = $1",
    },
    Table {
        name: "block_trace_checkpoint",
        columns: CHECKPOINTS,
        from: "FROM public.block_trace_checkpoint WHERE deployment_id = $1",
    },
    Table {
        name: "tx_traces",
        columns: TX_TRACES,
        from: "FROM public.tx_traces WHERE deployment_id = $1",
    },
    Table {
        name: "sw_traces",
        columns: SW_TRACES,
        from: "FROM public.sw_traces WHERE deployment_id = $1",
    },
    Table {
        name: "unique_txs",
        columns: &[
            column("deployment_id", Int4),
            column("hash", Text),
            column("type", Text),
            nullable("memo", Text),
            column("time", Timestamp),
        ],
        from: "FROM public.unique_txs WHERE deployment_id = $1",
    },
    Table {
        name: "block_txs",
        columns: &[
            column("deployment_id", Int4),
            column("hash", Text),
            column("type", Text),
            nullable("memo", Text),
            column("block_received", Timestamp),
            column("result", Text),
            nullable("failure_reason", Text),
        ],
        from: "FROM public.block_txs WHERE deployment_id = $1",
    },
    Table {
        name: "uniq_sws",
        columns: &[
            column("deployment_id", Int4),
            column("fst_work_id", Int4),
            nullable("snd_work_id", Int4),
            nullable("fee", Text),
            nullable("prover", Text),
            nullable("sender", Text),
            nullable("fst_work_type", Text),
            nullable("snd_work_type", Text),
            nullable("fst_work_tx_hash", Text),
            nullable("snd_work_tx_hash", Text),
            nullable("fst_work_tx_memo", Text),
            nullable("snd_work_tx_memo", Text),
            nullable("time_added", Timestamp),
            nullable("time_received", Timestamp),
            nullable("time_scheduled", Timestamp),
        ],
        from: "FROM public.uniq_sws WHERE deployment_id = $1",
    },
    Table {
        name: "sw_interruptions",
        columns: &[
            column("deployment_id", Int4),
            column("block_trace_id", Int4),
            column("time", Timestamp),
            column("at", Int4),
            column("reason", Text),
            column("fst_work_id", Int4),
            nullable("snd_work_id", Int4),
        ],
        from: "FROM public.sw_interruptions WHERE deployment_id = $1",
    },
    Table {
        name: "node_restarts",
        columns: &[
            column("deployment_id", Int4),
            column("id", Int4),
            column("node_name", Text),
            column("time", Timestamp),
            nullable("reason", Text),
            nullable("code", Int4),
            nullable("object_name", Text),
            nullable("object_namespace", Text),
            nullable("container_name", Text),
            nullable("restart_count", Int4),
        ],
        from: "FROM public.node_restarts WHERE deployment_id = $1 ORDER BY id",
    },
    Table {
        name: "experiments",
        columns: &[
            column("deployment_id", Int4),
            column("exp", Text),
            column("round", Int4),
            nullable("start", Timestamp),
            selected(
                "extract(epoch FROM duration)::float8",
                nullable("duration_s", Float8),
            ),
            selected("rate_min::float8", nullable("rate_min", Float8)),
            selected(
                "payment_rate_min::float8",
                nullable("payment_rate_min", Float8),
            ),
            selected("zkapp_rate_min::float8", nullable("zkapp_rate_min", Float8)),
            selected(
                "extract(epoch FROM max_latency)::float8",
                nullable("max_latency_s", Float8),
            ),
            column("total", Int8),
            column("zkapps", Int8),
            column("included_count", Int8),
            column("applied_count", Int8),
            column("failed_count", Int8),
            nullable("failures", Json),
        ],
        from: "FROM loadlab.experiment_outcome WHERE deployment_id = $1 ORDER BY start, exp, round",
    },
    Table {
        name: "completeness",
        columns: &[
            column("deployment_id", Int4),
            column("node_name", Text),
            column("stored_entries", Int8),
            column("lost_entries", Int8),
            column("malformed_entries", Int8),
            column("unknown_gaps", Int8),
            column("sessions", Int8),
            column("completeness", Float8),
        ],
        from: "FROM loadlab.completeness WHERE deployment_id = $1 ORDER BY node_name",
    },
    Table {
        name: "gap",
        columns: &[
            column("deployment_id", Int4),
            column("gap_id", Int8),
            column("node_name", Text),
            column("process", Text),
            nullable("after_entry", Int8),
            nullable("missing", Int8),
            column("reason", Text),
            nullable("from_time", Timestamp),
            nullable("until_time", Timestamp),
            column("noted_at", Timestamp),
        ],
        from: "FROM loadlab.gap JOIN loadlab.session USING (session_id) \
               WHERE deployment_id = $1 ORDER BY gap_id",
    },
];

//! What is archived: the tables with a partition for each deployment.
//!
//! Columns are those of the tables in their order, without `deployment_id`, which the names of files
//! show.

use crate::open_data::tables::{
    BLOCK_TRACE, CHECKPOINTS, Column, ColumnType, SW_TRACES, TX_TRACES, column, nullable,
};
use ColumnType::{Int4, Int8, Text};

/// A table that is archived.
#[derive(Debug)]
pub struct ArchivedTable {
    /// Its name, and that of its folder.
    pub name: &'static str,
    /// Its own columns.
    pub columns: &'static [Column],
    /// Which of them names the node, if one does.
    pub node_column: Option<usize>,
    /// Its first column, which tells rows apart.
    pub(super) id: &'static str,
    /// What is read: the table as `r` and its block traces as `t`. `{name}` stands for a table, `$1`
    /// for the deployment.
    pub(super) from: &'static str,
    /// The time of a row, in seconds since 1970.
    pub(super) time: &'static str,
    /// Which of its columns is the id of the block trace, if one is.
    pub trace_column: Option<usize>,
}

/// What stands behind the columns of each table: node, block and height of the block trace, and for
/// a checkpoint the time until the next one.
pub const EXTRA: &[Column] = &[
    column("node", Text),
    nullable("block", Text),
    nullable("height", Int4),
    nullable("duration_us", Int8),
];

impl ArchivedTable {
    /// The columns of its files.
    #[must_use]
    pub fn file_columns(&self) -> Vec<&'static Column> {
        let extra = EXTRA.len() - usize::from(!self.has_durations());
        self.columns.iter().chain(&EXTRA[..extra]).collect()
    }

    /// Whether its rows last for some time.
    #[must_use]
    pub fn has_durations(&self) -> bool {
        self.name == "block_trace_checkpoint"
    }

    /// The columns of a row as it is read: its own, and before them the id of its block trace if no
    /// column is that.
    #[must_use]
    pub fn read_columns(&self) -> usize {
        self.columns.len() + usize::from(self.trace_column.is_none())
    }

    pub(super) fn column_list(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(Column::quoted).collect();
        names.join(", ")
    }
}

/// The columns behind the first one, the deployment.
const fn own(columns: &'static [Column]) -> &'static [Column] {
    match columns {
        [_deployment, own @ ..] => own,
        [] => columns,
    }
}

/// All tables that are archived.
pub const ARCHIVED: [ArchivedTable; 4] = [
    ArchivedTable {
        name: "block_trace",
        columns: own(BLOCK_TRACE),
        node_column: Some(1),
        id: "block_trace_id",
        from: "{block_trace} AS r CROSS JOIN LATERAL \
               (SELECT r.block_trace_id, r.trace_started_at) AS t",
        time: "r.trace_started_at",
        trace_column: Some(0),
    },
    ArchivedTable {
        name: "block_trace_checkpoint",
        columns: own(CHECKPOINTS),
        node_column: None,
        id: "block_trace_checkpoint_id",
        from: "{block_trace_checkpoint} AS r LEFT JOIN {block_trace} AS t \
               ON t.deployment_id = $1 AND t.block_trace_id = r.block_trace_id",
        time: "r.started_at",
        trace_column: Some(1),
    },
    ArchivedTable {
        name: "tx_traces",
        columns: own(TX_TRACES),
        node_column: Some(1),
        id: "block_trace_checkpoint_id",
        from: "{tx_traces} AS r LEFT JOIN {block_trace_checkpoint} AS c \
               ON c.deployment_id = $1 \
               AND c.block_trace_checkpoint_id = r.block_trace_checkpoint_id \
               LEFT JOIN {block_trace} AS t \
               ON t.deployment_id = $1 AND t.block_trace_id = c.block_trace_id",
        time: "extract(epoch FROM r.\"time\")::float8",
        trace_column: None,
    },
    ArchivedTable {
        name: "sw_traces",
        columns: own(SW_TRACES),
        node_column: Some(1),
        id: "block_trace_checkpoint_id",
        from: "{sw_traces} AS r LEFT JOIN {block_trace_checkpoint} AS c \
               ON c.deployment_id = $1 \
               AND c.block_trace_checkpoint_id = r.block_trace_checkpoint_id \
               LEFT JOIN {block_trace} AS t \
               ON t.deployment_id = $1 AND t.block_trace_id = c.block_trace_id",
        time: "extract(epoch FROM r.\"time\")::float8",
        trace_column: None,
    },
];

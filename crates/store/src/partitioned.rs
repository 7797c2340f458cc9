//! The large tables, of which every deployment has a part of its own.

/// The tables that are partitioned by `deployment_id`. The partition of
/// deployment 7 of `block_trace` is `loadlab.block_trace_d7`.
pub(crate) const PARTITIONED: [&str; 4] = [
    "block_trace",
    "block_trace_checkpoint",
    "tx_traces",
    "sw_traces",
];

/// What a partition of the table is made like. That of checkpoints has the columns of its table in
/// an order that takes less room.
pub(crate) fn shape_of(table: &str) -> String {
    if table == "block_trace_checkpoint" {
        CHECKPOINT_SHAPE.to_owned()
    } else {
        format!("public.{table}")
    }
}

/// The empty table with the columns of a partition of checkpoints.
pub(crate) const CHECKPOINT_SHAPE: &str = "loadlab.block_trace_checkpoint_shape";

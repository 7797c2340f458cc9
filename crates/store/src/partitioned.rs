//! The large tables, of which every deployment has a part of its own.

/// The tables that are partitioned by `deployment_id`. The partition of
/// deployment 7 of `block_trace` is `loadlab.block_trace_d7`.
pub(crate) const PARTITIONED: [&str; 4] = [
    "block_trace",
    "block_trace_checkpoint",
    "tx_traces",
    "sw_traces",
];

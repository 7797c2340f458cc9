//! What the log API reads: deployments, nodes, block traces, distributions.
//!
//! Every query names its deployment, so that the server looks into one
//! partition only, and is answered by an index.

mod block_trace;
mod block_traces;
mod budget;
mod deployments;
mod distributions;
mod entries_page;
mod find_blocks;
mod longest_block_trace;
mod nodes;

pub use block_trace::StoredBlockTrace;
pub use block_traces::{BlockTraceRow, BlockTracesQuery, TraceRange};
pub use budget::ReadBudget;
pub use entries_page::{ENTRIES_MAX, EntriesPage, OUTSIDE};

//! What experiments came to: the fate of every transaction, the figures of rounds and runs,
//! thresholds and verdicts, and the models of the answers that services give.
//!
//! Pure: facts come in as arguments, and the same facts give the same result. Unknown is `None`
//! everywhere, never 0 or 1.

pub mod answers;
pub mod attribution;
pub mod blocks;
pub mod chain;
pub mod checkpoints;
pub mod compare;
pub mod ending;
pub mod fates;
pub mod figures;
pub mod lag;
pub mod matrix;
pub mod node_measures;
pub mod node_table;
pub mod noise;
pub mod own_times;
pub mod report;
pub mod selection;
pub mod slots;
pub mod summary;
pub mod threshold;
pub mod verdict;

pub use verdict::Verdict;

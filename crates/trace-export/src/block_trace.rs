//! A stored block trace as a tree, which all formats are made of.

use store::read::{BlockTraceRow, StoredBlockTrace};
use trace::Compatibility;
use trace::flat::{FlatCheckpoint, flatten};
use trace::tree::{self, TreeNode};

use crate::format::Format;

/// A block trace as a tree.
#[derive(Debug, Clone)]
pub struct BlockTrace {
    pub(crate) row: BlockTraceRow,
    /// Until the block was integrated, in order of work.
    pub(crate) checkpoints: Vec<FlatCheckpoint>,
    /// Their tree, depth first.
    pub(crate) tree: Vec<TreeNode>,
    /// What came after the block was integrated.
    pub(crate) after_success: Vec<FlatCheckpoint>,
}

impl BlockTrace {
    /// Makes the tree of a stored trace.
    #[must_use]
    pub fn new(stored: StoredBlockTrace, compatibility: Compatibility) -> Self {
        let flat = flatten(stored.entries);
        let times: Vec<(&str, f64)> = flat
            .checkpoints
            .iter()
            .map(|checkpoint| (checkpoint.name.as_str(), checkpoint.started_at))
            .collect();
        let tree = tree::build(&times, compatibility);
        Self {
            row: stored.row,
            checkpoints: flat.checkpoints,
            tree,
            after_success: flat.after_success,
        }
    }

    /// A name for a file of this format: the beginning of the hash, and the node.
    #[must_use]
    pub fn file_name(&self, format: Format) -> String {
        let hash: String = self.row.block_id.chars().take(12).collect();
        let safe: String = format!("{hash}-{}", self.row.node_name)
            .chars()
            .map(|c| {
                let is_plain = c.is_ascii_alphanumeric() || "-_.".contains(c);
                if is_plain { c } else { '_' }
            })
            .collect();
        format!("{}.{}", safe.trim_start_matches('.'), format.extension())
    }
}

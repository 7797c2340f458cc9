//! The slowest checkpoint of the slowest block: where the demo's network has spent its time.

use std::fmt;

use store::Database;
use store::read::StoredBlockTrace;
use trace::Compatibility;
use trace::flat::FlatCheckpoint;
use trace::tree::TreeNode;

use crate::trace_command::layout::duration;
use crate::trace_command::show::checkpoint_tree;

/// A block as one node has seen it, and the checkpoint that took the longest there.
#[derive(Debug)]
pub(super) struct Slowest {
    block: String,
    node: String,
    /// Of the block, in seconds.
    total: f64,
    checkpoint: String,
    /// Of the checkpoint, in seconds.
    seconds: f64,
}

impl fmt::Display for Slowest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "slowest block: {} on {}, {}, of it {} in {}",
            self.block,
            self.node,
            duration(self.total),
            duration(self.seconds),
            self.checkpoint
        )
    }
}

/// Looks for it among the blocks of a deployment; none if no node has integrated a block.
pub(super) async fn slowest(
    database: &Database,
    deployment_id: i32,
) -> anyhow::Result<Option<Slowest>> {
    let mut slowest: Option<StoredBlockTrace> = None;
    for node in database.nodes(deployment_id).await? {
        let Some(block) = database.longest_block_trace(deployment_id, &node).await? else {
            continue;
        };
        let found = database.block_trace(deployment_id, &node, &block).await?;
        slowest = slowest.into_iter().chain(found).reduce(|one, other| {
            if other.row.total_time > one.row.total_time {
                other
            } else {
                one
            }
        });
    }
    Ok(slowest.and_then(|stored| {
        let row = stored.row;
        let (checkpoints, nodes) = checkpoint_tree(stored.entries, Compatibility::Corrected);
        let (checkpoint, seconds) = slowest_leaf(&checkpoints, &nodes)?;
        Some(Slowest {
            block: row.block_id,
            node: row.node_name,
            total: row.total_time,
            checkpoint: checkpoint.to_owned(),
            seconds,
        })
    }))
}

/// The checkpoint without others below it that took the longest: those above it only contain it.
fn slowest_leaf<'a>(
    checkpoints: &'a [FlatCheckpoint],
    nodes: &[TreeNode],
) -> Option<(&'a str, f64)> {
    let next_depths = nodes.iter().skip(1).map(|node| node.depth).chain([0]);
    let leaves = nodes.iter().zip(next_depths);
    let leaves = leaves.filter(|(node, next_depth)| *next_depth <= node.depth);
    let slowest = leaves.max_by(|(one, _), (other, _)| one.duration.total_cmp(&other.duration));
    slowest.map(|(node, _)| (checkpoints[node.index].name.as_str(), node.duration))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_contains_others_is_not_the_slowest() {
        let checkpoint = |name: &str| FlatCheckpoint {
            name: name.to_owned(),
            started_at: 0.0,
            duration: 0.0,
            metadata: serde_json::Map::new(),
        };
        let node = |index, depth, duration| TreeNode {
            index,
            depth,
            duration,
        };
        let checkpoints = ["all", "part", "longer part", "after"].map(checkpoint);
        let nodes = [
            node(0, 0, 9.0),
            node(1, 1, 4.0),
            node(2, 1, 5.0),
            node(3, 0, 1.0),
        ];
        assert_eq!(
            slowest_leaf(&checkpoints, &nodes),
            Some(("longer part", 5.0))
        );
        assert_eq!(slowest_leaf(&checkpoints, &nodes[..1]), Some(("all", 9.0)));
        assert_eq!(slowest_leaf(&checkpoints, &[]), None);
    }

    #[test]
    fn the_line_names_block_node_and_checkpoint() {
        let slowest = Slowest {
            block: "3NKa".to_owned(),
            node: "plain-1".to_owned(),
            total: 4.349,
            checkpoint: "Verify".to_owned(),
            seconds: 0.36879,
        };
        assert_eq!(
            slowest.to_string(),
            "slowest block: 3NKa on plain-1, 4.349 s, of it 368.790 ms in Verify"
        );
    }
}

//! The checkpoint tree of one block: which checkpoint is a part of which, and
//! how long each took with all its parts.
//!
//! A tree is a list of nodes in depth-first order, each with its depth. That
//! order is the order of the checkpoints themselves, so making a tree moves
//! nothing and needs two short-lived lists beside its result.

use crate::Compatibility;
use crate::children::{NameId, Relation};

/// A node of a checkpoint tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TreeNode {
    /// Which of the given checkpoints it is.
    pub index: usize,
    /// 0 at the top level. Its children are the nodes of the next depth that
    /// follow, up to the next node of its own depth or less.
    pub depth: usize,
    /// Seconds until its next sibling starts, or else until its parent ends.
    pub duration: f64,
}

/// Makes the tree of the main checkpoints of one block, given as names and
/// times (seconds) oldest first. The nodes come in depth-first order.
///
/// A parent that nothing has ended yet ends with the last checkpoint; the
/// original leaves it out, with all that is below it.
#[must_use]
pub fn build<N: AsRef<str>>(
    checkpoints: &[(N, f64)],
    compatibility: Compatibility,
) -> Vec<TreeNode> {
    let moved = moved_transition_accepted(checkpoints);
    let order =
        (0..checkpoints.len()).map(|position| moved.map_or(position, |m| m.index(position)));
    let mut nodes = nest(checkpoints, order, compatibility);
    set_durations(checkpoints, &mut nodes, compatibility);
    nodes
}

/// The durations of all nodes of the tree that [`build`] makes: index of the
/// checkpoint and seconds, in depth-first order.
pub fn durations<N: AsRef<str>>(
    checkpoints: &[(N, f64)],
    compatibility: Compatibility,
) -> impl ExactSizeIterator<Item = (usize, f64)> + use<N> {
    build(checkpoints, compatibility)
        .into_iter()
        .map(|node| (node.index, node.duration))
}

/// The first node of a list that [`build`] made, the nodes below it, and the
/// rest, which starts with its next sibling; none for an empty list.
#[must_use]
pub fn split_first(nodes: &[TreeNode]) -> Option<(TreeNode, &[TreeNode], &[TreeNode])> {
    let (first, rest) = nodes.split_first()?;
    let end = rest
        .iter()
        .position(|node| node.depth <= first.depth)
        .unwrap_or(rest.len());
    let (below, rest) = rest.split_at(end);
    Some((*first, below, rest))
}

/// One checkpoint put elsewhere: the one at `from` comes after that at `to`.
#[derive(Debug, Clone, Copy)]
struct Move {
    from: usize,
    to: usize,
}

impl Move {
    /// The index of the checkpoint that stands at a position after the move.
    fn index(self, position: usize) -> usize {
        if position < self.from || position > self.to {
            position
        } else if position == self.to {
            self.from
        } else {
            position + 1
        }
    }
}

/// A node that produced a block writes `Transition_accepted` while it waits for
/// confirmation; there it would cut `Wait_for_confirmation` in two, so it is put
/// right before `Breadcrumb_integrated`. Daemons of today do not write it.
fn moved_transition_accepted<N: AsRef<str>>(checkpoints: &[(N, f64)]) -> Option<Move> {
    let is = |(name, _): &(N, f64), expected| name.as_ref() == expected;
    let produced = is(checkpoints.first()?, "Begin_block_production")
        && is(checkpoints.last()?, "Breadcrumb_integrated");
    if !produced {
        return None;
    }
    let from = checkpoints
        .iter()
        .rposition(|checkpoint| is(checkpoint, "Transition_accepted"))?;
    Some(Move {
        from,
        to: checkpoints.len().checked_sub(2)?,
    })
}

/// Finds the depth of every checkpoint.
fn nest<N: AsRef<str>>(
    checkpoints: &[(N, f64)],
    order: impl ExactSizeIterator<Item = usize>,
    compatibility: Compatibility,
) -> Vec<TreeNode> {
    let relation = Relation::of(compatibility);
    let mut nodes = Vec::with_capacity(order.len());
    // The open entries, each a child of the one before it, and where the
    // outermost of them stands in `nodes`.
    let mut open: Vec<NameId> = Vec::new();
    let mut outermost = 0;
    for index in order {
        let name = relation.id(checkpoints[index].0.as_ref());
        while let Some(&innermost) = open.last()
            && !name.is_some_and(|name| relation.is_child(innermost, name))
        {
            open.pop();
        }
        if open.is_empty() {
            outermost = nodes.len();
        }
        nodes.push(TreeNode {
            index,
            depth: open.len(),
            duration: 0.0,
        });
        if let Some(name) = name
            && relation.has_children(name)
        {
            open.push(name);
        }
    }
    if compatibility == Compatibility::Original && !open.is_empty() {
        nodes.truncate(outermost);
    }
    nodes
}

/// Sets every duration: a node ends where the next node of its depth or less
/// starts.
fn set_durations<N>(
    checkpoints: &[(N, f64)],
    nodes: &mut [TreeNode],
    compatibility: Compatibility,
) {
    let last = match compatibility {
        // Where everything ends that has no successor. In a finished block both
        // are the same checkpoint.
        Compatibility::Corrected => nodes.last(),
        Compatibility::Original => nodes.iter().rfind(|node| node.depth == 0),
    };
    let Some(last_time) = last.map(|node| checkpoints[node.index].1) else {
        return;
    };
    // Depths and starts of the following nodes, without those that a later one
    // of the same depth or more stands before.
    let mut following: Vec<(usize, f64)> = Vec::new();
    for node in nodes.iter_mut().rev() {
        let start = checkpoints[node.index].1;
        while following
            .last()
            .is_some_and(|(depth, _)| *depth > node.depth)
        {
            following.pop();
        }
        let next = following.pop_if(|(depth, _)| *depth == node.depth);
        let end = next.or(following.last().copied());
        node.duration = end.map_or(last_time, |(_, time)| time) - start;
        following.push((node.depth, start));
    }
}

#[cfg(test)]
mod tests;

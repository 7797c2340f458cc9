//! Which blocks are on the best chain.

use std::collections::{HashMap, HashSet};

/// A block as traces have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockLink {
    /// State hash.
    pub hash: String,
    /// The hash of the block before it, if the trace has it.
    pub parent: Option<String>,
    /// Blockchain length.
    pub height: i64,
}

/// Whether each block is on the best chain: the chain to the only block at the greatest height.
/// None where that cannot be told: at the end of the chain while blocks compete, and below a block
/// whose parent is not known.
#[must_use]
pub fn canonical(blocks: &[BlockLink]) -> Vec<Option<bool>> {
    let by_hash: HashMap<&str, &BlockLink> = blocks
        .iter()
        .map(|block| (block.hash.as_str(), block))
        .collect();
    let mut tips: Vec<&BlockLink> = Vec::new();
    for block in blocks {
        let height = tips.first().map_or(i64::MIN, |tip| tip.height);
        if block.height > height {
            tips.clear();
        }
        if block.height >= height {
            tips.push(block);
        }
    }
    // Where every chain agrees, so do all their ends.
    let mut chains = tips.iter().map(|tip| chain(tip, &by_hash));
    let first = chains.next().unwrap_or_default();
    let mut shared = first.clone();
    let mut contested: HashSet<&str> = HashSet::new();
    for other in chains {
        contested.extend(shared.symmetric_difference(&other).copied());
        shared.retain(|hash| other.contains(hash));
    }
    let known_from = shared
        .iter()
        .filter_map(|hash| by_hash.get(hash))
        .map(|block| block.height)
        .min();
    let contested_from = contested
        .iter()
        .filter_map(|hash| by_hash.get(hash))
        .map(|block| block.height)
        .min()
        .unwrap_or(i64::MAX);
    blocks
        .iter()
        .map(|block| {
            if shared.contains(block.hash.as_str()) {
                Some(true)
            } else if known_from.is_some_and(|from| block.height >= from)
                && block.height < contested_from
            {
                Some(false)
            } else {
                None
            }
        })
        .collect()
}

fn chain<'a>(tip: &'a BlockLink, by_hash: &HashMap<&str, &'a BlockLink>) -> HashSet<&'a str> {
    let mut chain = HashSet::new();
    let mut next = Some(tip);
    while let Some(block) = next {
        // What nodes say need not be a chain: no block twice.
        if !chain.insert(block.hash.as_str()) {
            break;
        }
        next = block
            .parent
            .as_deref()
            .and_then(|parent| by_hash.get(parent))
            .copied();
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(blocks: &[(&str, Option<&str>, i64)], expected: &[Option<bool>]) {
        let blocks: Vec<BlockLink> = blocks
            .iter()
            .map(|(hash, parent, height)| BlockLink {
                hash: (*hash).to_owned(),
                parent: parent.map(str::to_owned),
                height: *height,
            })
            .collect();
        assert_eq!(canonical(&blocks), expected);
    }

    #[test]
    fn a_block_beside_the_chain_is_an_orphan() {
        check(
            &[
                ("a", None, 1),
                ("b", Some("a"), 2),
                ("x", Some("a"), 2),
                ("c", Some("b"), 3),
            ],
            &[Some(true), Some(true), Some(false), Some(true)],
        );
    }

    #[test]
    fn while_blocks_compete_nobody_knows() {
        check(
            &[
                ("a", None, 1),
                ("b", Some("a"), 2),
                ("x", Some("a"), 2),
                ("c", Some("b"), 3),
                ("y", Some("x"), 3),
            ],
            &[Some(true), None, None, None, None],
        );
    }

    #[test]
    fn below_an_unknown_parent_nobody_knows() {
        check(
            &[
                ("a", None, 1),
                ("b", Some("a"), 2),
                ("c", None, 3),
                ("x", Some("b"), 3),
                ("d", Some("c"), 4),
            ],
            &[None, None, Some(true), Some(false), Some(true)],
        );
    }

    #[test]
    fn a_circle_ends() {
        check(
            &[("a", Some("b"), 1), ("b", Some("a"), 2)],
            &[Some(true), Some(true)],
        );
        check(&[], &[]);
    }
}

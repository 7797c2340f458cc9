//! Counting the blocks of a time: forks, slots without a block, pace.

use std::collections::BTreeSet;

use crate::answers::BlockCounts;
use crate::chain::{BlockLink, canonical};
use crate::slots::slot_seconds;

/// A block as traces have it.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockFacts {
    /// State hash.
    pub hash: String,
    /// The hash of the block before it.
    pub parent: Option<String>,
    /// Blockchain length.
    pub height: Option<i64>,
    /// Global slot.
    pub slot: Option<i64>,
    /// When the first node had it, seconds since 1970.
    pub first_seen: f64,
}

/// Blocks with their place in the chain.
#[derive(Debug, Clone, Default)]
pub struct Blocks {
    blocks: Vec<(BlockFacts, Option<bool>)>,
}

impl Blocks {
    /// Finds the best chain among blocks. They are kept oldest first.
    #[must_use]
    pub fn new(mut blocks: Vec<BlockFacts>) -> Self {
        blocks.sort_by(|a, b| a.first_seen.total_cmp(&b.first_seen));
        let links: Vec<BlockLink> = blocks
            .iter()
            .map(|block| BlockLink {
                hash: block.hash.clone(),
                parent: block.parent.clone(),
                height: block.height.unwrap_or(i64::MIN),
            })
            .collect();
        let places = canonical(&links);
        let blocks = blocks
            .into_iter()
            .zip(places)
            .map(|(block, place)| {
                // Without a height nobody knows the place.
                let place = place.filter(|_| block.height.is_some());
                (block, place)
            })
            .collect();
        Self { blocks }
    }

    /// Every block, and whether it is on the best chain.
    pub fn iter(&self) -> impl Iterator<Item = (&BlockFacts, Option<bool>)> {
        self.blocks.iter().map(|(block, place)| (block, *place))
    }

    /// Seconds in a slot, if the blocks carry them.
    #[must_use]
    pub fn slot_seconds(&self) -> Option<f64> {
        let times: Vec<(i64, f64)> = self
            .blocks
            .iter()
            .filter_map(|(block, _)| Some((block.slot?, block.first_seen)))
            .collect();
        slot_seconds(&times)
    }

    /// The counts of the blocks first seen from `from` until `until`, seconds since 1970, the ends
    /// included.
    #[must_use]
    pub fn count(&self, from: f64, until: f64) -> BlockCounts {
        let within: Vec<&(BlockFacts, Option<bool>)> = self
            .blocks
            .iter()
            .filter(|(block, _)| block.first_seen >= from && block.first_seen <= until)
            .collect();
        let slots: BTreeSet<i64> = within.iter().filter_map(|(block, _)| block.slot).collect();
        let heights: BTreeSet<i64> = within
            .iter()
            .filter_map(|(block, _)| block.height)
            .collect();
        let span = slots.first().zip(slots.last());
        let seen = within.first().zip(within.last());
        BlockCounts {
            count: length(within.len()),
            orphaned: length(
                within
                    .iter()
                    .filter(|(_, place)| *place == Some(false))
                    .count(),
            ),
            missed_slots: span.map(|(first, last)| last - first + 1 - length(slots.len())),
            cadence_s: seen
                .filter(|_| heights.len() > 1)
                .map(|((first, _), (last, _))| {
                    #[expect(clippy::cast_precision_loss, reason = "a count of blocks")]
                    let steps = (heights.len() - 1) as f64;
                    (last.first_seen - first.first_seen) / steps
                }),
        }
    }
}

fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(hash: &str, parent: &str, height: i64, slot: i64, first_seen: f64) -> BlockFacts {
        BlockFacts {
            hash: hash.to_owned(),
            parent: Some(parent.to_owned()),
            height: Some(height),
            slot: Some(slot),
            first_seen,
        }
    }

    #[test]
    fn orphans_and_empty_slots_are_counted_within_a_time() {
        let blocks = Blocks::new(vec![
            block("d", "b", 4, 6, 6.0 * 180.0),
            block("a", "0", 1, 1, 181.0),
            block("b", "a", 2, 2, 360.0),
            block("x", "a", 2, 2, 361.0),
            block("c", "b", 3, 3, 540.0),
        ]);
        // d does not follow c in height: its parent is two below, as nodes may say anything.
        assert_eq!(blocks.slot_seconds(), Some(180.0));
        let all = blocks.count(0.0, f64::INFINITY);
        assert_eq!((all.count, all.orphaned, all.missed_slots), (5, 2, Some(2)));
        assert_eq!(all.cadence_s, Some((1080.0 - 181.0) / 3.0));
        let part = blocks.count(360.0, 361.0);
        assert_eq!(
            (part.count, part.orphaned, part.missed_slots),
            (2, 1, Some(0))
        );
        assert_eq!(part.cadence_s, None);
    }

    #[test]
    fn without_blocks_slots_are_unknown() {
        let none = Blocks::default().count(0.0, 1.0);
        assert_eq!(
            (none.count, none.missed_slots, none.cadence_s),
            (0, None, None)
        );
    }
}

//! `slots-covered-check` and `allocate-slots`: what follows from the slots that nodes won.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::decode::{Parameter, list, params};
use super::isolation::host_of;

/// The slots that one block producer won.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotsWonBy {
    /// Address of the node.
    pub address: String,
    /// Global slots.
    pub slots: Vec<u64>,
}

impl Parameter for Vec<SlotsWonBy> {
    const EXPECTS: &'static str = "a list of objects with address and slots";

    fn read(value: &Value) -> Option<Self> {
        list(value, |element| {
            serde_json::from_value(element.clone()).ok()
        })
    }
}

params! {
    /// Parameters of `slots-covered-check`.
    SlotsCoveredCheck {
        /// Least share of slots, 0 to 1.
        threshold: f64 = "threshold",
        /// Who won what.
        slots_won: Vec<SlotsWonBy> = "slotsWon",
    }
}

params! {
    /// Parameters of `allocate-slots`.
    AllocateSlots {
        /// How many parts of the nodes each group gets.
        groups: Vec<u64> = "groups",
        /// Who won what.
        slots_won: Vec<SlotsWonBy> = "slotsWon",
        /// Least number of slots to look at.
        min_slots: u64 = "minSlots",
        /// Greatest number of slots to look at.
        max_slots: u64 = "maxSlots",
    }
}

/// Why slots cannot be checked or allocated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SlotsError {
    /// Too few slots belong to known nodes.
    #[error(
        "proportion {proportion:.6} of slots covered by queried nodes is lower than threshold \
         {threshold:.6}"
    )]
    Covered {
        /// The share found.
        proportion: f64,
        /// The share wanted.
        threshold: f64,
    },
    /// A group of nothing.
    #[error("groups should be positive")]
    Groups,
    /// Too many parts to be worked out.
    #[error("groups have more than {PARTS_MAX} parts together")]
    TooManyParts,
    /// No slots at all.
    #[error("no slots won provided")]
    NoSlots,
    /// An inverted or too wide range.
    #[error("maxSlots should not be less than minSlots, nor more than {SLOTS_MAX}")]
    Range,
}

/// Most parts of all groups together.
pub const PARTS_MAX: u64 = 100;
/// Most slots looked at; an epoch has 7,140.
pub const SLOTS_MAX: u64 = 20_000;
/// Most parts for which all ways to pair them are tried.
const PAIRED_EXHAUSTIVELY_MAX: usize = 5;

impl SlotsCoveredCheck {
    /// Fails when the distinct slots of known nodes are too small a share of all between the
    /// first and the last.
    ///
    /// # Errors
    ///
    /// The slots do not suffice, or a parameter is out of range.
    pub fn check(&self) -> Result<(), SlotsError> {
        let slots: BTreeSet<u64> = self
            .slots_won
            .iter()
            .flat_map(|won| won.slots.iter().copied())
            .collect();
        let (Some(first), Some(last)) = (slots.first(), slots.last()) else {
            return Err(SlotsError::NoSlots);
        };
        #[expect(clippy::cast_precision_loss, reason = "numbers of slots are small")]
        let proportion = slots.len() as f64 / ((last - first) as f64 + 1.0);
        if proportion < self.threshold || self.threshold.is_nan() {
            return Err(SlotsError::Covered {
                proportion,
                threshold: self.threshold,
            });
        }
        Ok(())
    }
}

/// How nodes are parted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// The first slot that no known node won; the first after all if there is no such.
    pub next_empty_slot: u64,
    /// The slot up to which the parts are balanced.
    pub last_slot: u64,
    /// How many slots the largest part has more than the smallest.
    pub spread: usize,
    /// The addresses of each group.
    pub groups: Vec<Vec<String>>,
    /// The slots that each group wins of those that were looked at.
    pub slots: Vec<Vec<u64>>,
}

/// One part: hosts, and the slots that any of them won.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Part {
    hosts: Vec<usize>,
    slots: BTreeSet<u64>,
}

/// A way to part hosts; parts in ascending order of their slots.
#[derive(Debug, Clone)]
struct Partition {
    parts: Vec<Part>,
}

impl AllocateSlots {
    /// Parts the nodes so that each part wins as many slots as any other, as nearly as possible.
    ///
    /// # Errors
    ///
    /// The slots do not suffice, or a parameter is out of range.
    pub fn allocate(&self) -> Result<Allocation, SlotsError> {
        if self.groups.is_empty() || self.groups.contains(&0) {
            return Err(SlotsError::Groups);
        }
        let parts: u64 = self
            .groups
            .iter()
            .fold(0, |sum, size| sum.saturating_add(*size));
        let parts = usize::try_from(parts)
            .ok()
            .filter(|_| parts <= PARTS_MAX)
            .ok_or(SlotsError::TooManyParts)?;
        if self.max_slots < self.min_slots || self.max_slots > SLOTS_MAX {
            return Err(SlotsError::Range);
        }
        let hosts = self.hosts();
        let union: BTreeSet<u64> = hosts
            .values()
            .flat_map(|host| &host.slots)
            .copied()
            .collect();
        let next_empty_slot = first_gap(&union).ok_or(SlotsError::NoSlots)?;
        let best = best_partition(
            &hosts,
            parts,
            next_empty_slot,
            self.min_slots..=self.max_slots,
        );
        let addresses: Vec<&Vec<String>> = hosts.values().map(|host| &host.addresses).collect();
        let spread = best.partition.spread();
        let mut ascending = best.partition.parts.into_iter();
        let groups = self.groups.iter().map(|size| {
            let size = usize::try_from(*size).unwrap_or(usize::MAX);
            let mut slots = BTreeSet::new();
            let mut group = Vec::new();
            for part in ascending.by_ref().take(size) {
                slots.extend(part.slots);
                let hosts = part.hosts.into_iter();
                let hosts = hosts.filter_map(|host| addresses.get(host));
                group.extend(hosts.flat_map(|addresses| addresses.iter().cloned()));
            }
            (group, slots.into_iter().collect())
        });
        let (groups, slots) = groups.unzip();
        Ok(Allocation {
            groups,
            slots,
            spread,
            next_empty_slot,
            last_slot: best.last_slot,
        })
    }

    fn hosts(&self) -> BTreeMap<&str, Host> {
        let mut hosts: BTreeMap<&str, Host> = BTreeMap::new();
        for won in &self.slots_won {
            let host = hosts.entry(host_of(&won.address)).or_default();
            host.slots.extend(&won.slots);
            if !host.addresses.contains(&won.address) {
                host.addresses.push(won.address.clone());
            }
        }
        hosts
    }
}

#[derive(Debug, Default)]
struct Host {
    addresses: Vec<String>,
    slots: BTreeSet<u64>,
}

struct Best {
    partition: Partition,
    last_slot: u64,
}

/// The first number missing, from the least on.
fn first_gap(slots: &BTreeSet<u64>) -> Option<u64> {
    let mut expected = *slots.first()?;
    for slot in slots {
        if *slot != expected {
            break;
        }
        expected = expected.saturating_add(1);
    }
    Some(expected)
}

/// The partition with the least spread over all ends; the earliest of several.
fn best_partition(
    hosts: &BTreeMap<&str, Host>,
    parts: usize,
    next_empty_slot: u64,
    ends: std::ops::RangeInclusive<u64>,
) -> Best {
    let mut best: Option<(usize, Best)> = None;
    let mut counted_before = None;
    for length in ends {
        let last_slot = next_empty_slot.saturating_add(length);
        let considered = |host: &Host| -> BTreeSet<u64> {
            host.slots
                .iter()
                .copied()
                .filter(|slot| *slot > next_empty_slot && *slot <= last_slot)
                .collect()
        };
        let slots: Vec<BTreeSet<u64>> = hosts.values().map(considered).collect();
        let counted: usize = slots.iter().map(BTreeSet::len).sum();
        // an end that adds no slot parts the hosts as the one before
        if counted_before == Some(counted) {
            continue;
        }
        counted_before = Some(counted);
        let partition = largest_differencing(slots, parts);
        let spread = partition.spread();
        if best.as_ref().is_none_or(|(least, _)| spread < *least) {
            let partition = Best {
                partition,
                last_slot,
            };
            best = Some((spread, partition));
        }
        if spread == 0 && counted > 0 {
            break;
        }
    }
    best.map_or_else(
        || Best {
            partition: Partition::empty(parts),
            last_slot: next_empty_slot,
        },
        |(_, best)| best,
    )
}

/// Largest differencing: the two partitions with the largest spread are merged until one is left.
fn largest_differencing(slots: Vec<BTreeSet<u64>>, parts: usize) -> Partition {
    let mut partitions: Vec<Partition> = slots
        .into_iter()
        .enumerate()
        .filter(|(_, slots)| !slots.is_empty())
        .map(|(host, slots)| Partition::of_one(host, slots, parts))
        .collect();
    while partitions.len() > 1 {
        // a stable sort: of equal spreads, the hosts in their order
        partitions.sort_by_key(|partition| std::cmp::Reverse(partition.spread()));
        let second = partitions.remove(1);
        let first = partitions.swap_remove(0);
        partitions.push(first.merged(second));
    }
    partitions.pop().unwrap_or_else(|| Partition::empty(parts))
}

impl Partition {
    fn empty(parts: usize) -> Self {
        Self {
            parts: vec![Part::default(); parts],
        }
    }

    fn of_one(host: usize, slots: BTreeSet<u64>, parts: usize) -> Self {
        let mut partition = Self::empty(parts);
        if let Some(largest) = partition.parts.last_mut() {
            largest.hosts.push(host);
            largest.slots = slots;
        }
        partition
    }

    /// Largest part minus smallest.
    fn spread(&self) -> usize {
        let sizes = || self.parts.iter().map(|part| part.slots.len());
        sizes().max().unwrap_or(0) - sizes().min().unwrap_or(0)
    }

    /// Both together, parts paired so that the spread is least; with many parts, the largest of
    /// one with the smallest of the other.
    fn merged(self, other: Self) -> Self {
        let count = self.parts.len();
        let pairing: Vec<usize> = if count <= PAIRED_EXHAUSTIVELY_MAX {
            let sizes: Vec<Vec<usize>> = self
                .parts
                .iter()
                .map(|left| {
                    let union = |right: &Part| left.slots.union(&right.slots).count();
                    other.parts.iter().map(union).collect()
                })
                .collect();
            best_pairing(&sizes)
        } else {
            (0..count).rev().collect()
        };
        let mut rest: Vec<Option<Part>> = other.parts.into_iter().map(Some).collect();
        let mut parts = self.parts;
        for (part, index) in parts.iter_mut().zip(pairing) {
            if let Some(other) = rest.get_mut(index).and_then(Option::take) {
                part.hosts.extend(other.hosts);
                part.slots.extend(other.slots);
            }
        }
        parts.sort_by_key(|part| part.slots.len());
        Self { parts }
    }
}

/// The order of the right parts that gives the least spread; `sizes[left][right]`.
fn best_pairing(sizes: &[Vec<usize>]) -> Vec<usize> {
    let mut best = (usize::MAX, Vec::new());
    let mut order: Vec<usize> = Vec::new();
    extend_pairing(sizes, &mut order, &mut best);
    best.1
}

fn extend_pairing(sizes: &[Vec<usize>], order: &mut Vec<usize>, best: &mut (usize, Vec<usize>)) {
    if order.len() == sizes.len() {
        let paired = || {
            sizes
                .iter()
                .zip(order.iter())
                .filter_map(|(row, right)| row.get(*right))
        };
        let spread = paired().max().unwrap_or(&0) - paired().min().unwrap_or(&0);
        if spread < best.0 {
            *best = (spread, order.clone());
        }
        return;
    }
    for right in 0..sizes.len() {
        if !order.contains(&right) {
            order.push(right);
            extend_pairing(sizes, order, best);
            order.pop();
        }
    }
}

#[cfg(test)]
mod tests;

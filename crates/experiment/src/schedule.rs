//! Dealing out a load to nodes: which are asked for how much, and what happens with the share of
//! those that refuse.
//!
//! A [`Placement`] asks in waves. All requests of a wave are independent of each other and may
//! be sent at the same time; the next wave follows from the answers. It is deterministic: the
//! same nodes, chance and answers give the same requests.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::seeded_rng::SeededRng;

/// A rate that counts as nothing, transactions per second.
const NOTHING: f64 = 1e-9;

/// What one node is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadShare {
    /// Number of the batch, part of the memo; never used twice in a step.
    pub batch: usize,
    /// Address of the node.
    pub node: String,
    /// Rate, transactions per second.
    pub tps: f64,
    /// Which fee payers it gets, as indexes into the list of the step; never empty, and never
    /// given to two nodes.
    pub fee_payers: Range<usize>,
    /// Whether it takes over from a node that refused.
    pub is_fallback: bool,
}

/// Why a load cannot be placed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlacementError {
    /// A rate of nothing.
    #[error("tps should be a positive number, got {tps}")]
    NoRate {
        /// The rate.
        tps: f64,
    },
    /// Nobody to ask.
    #[error(
        "no nodes selected for {action} execution (tps={tps:.6}, minTps={min_tps:.6}, available \
         nodes=0)"
    )]
    NoNodes {
        /// Name of the action.
        action: &'static str,
        /// Rate asked for.
        tps: f64,
        /// Least rate of one node.
        min_tps: f64,
    },
    /// Fewer fee payers than nodes.
    #[error("{action}: {fee_payers} fee payers cannot cover {selected} selected nodes")]
    FeePayers {
        /// Name of the action.
        action: &'static str,
        /// How many there are.
        fee_payers: usize,
        /// How many nodes are to be asked.
        selected: usize,
    },
    /// Everybody refused.
    #[error(
        "failed to schedule any {action} batch across {selected} nodes and {untried} fallback nodes"
    )]
    NothingPlaced {
        /// Name of the action.
        action: &'static str,
        /// How many nodes were selected.
        selected: usize,
        /// How many others were not even asked.
        untried: usize,
    },
    /// A node refused in a way that others will repeat.
    #[error("{action} rejected by {}{node} and the cause is permanent: {cause}",
        if *is_fallback { "fallback node " } else { "" })]
    Permanent {
        /// Name of the action.
        action: &'static str,
        /// Address of the node.
        node: String,
        /// Whether it was a fallback node.
        is_fallback: bool,
        /// The node's reason.
        cause: String,
    },
}

/// A load on its way to nodes.
#[derive(Debug, Clone)]
pub struct Placement {
    action: &'static str,
    tps: f64,
    min_tps: f64,
    selected: Vec<String>,
    fallback: VecDeque<String>,
    fee_payers: usize,
    fee_payers_used: usize,
    fee_payers_each: usize,
    batches: usize,
    placed: f64,
    warnings: Vec<String>,
}

/// What became of a load.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The rate that nodes accepted, transactions per second.
    pub tps: f64,
    /// What to log; under-delivery among it.
    pub warnings: Vec<String>,
}

/// How many of `nodes` share a rate so that each gets `min_tps` at least: one if there is any.
#[must_use]
pub fn selection_size(tps: f64, min_tps: f64, nodes: usize) -> usize {
    let ideal = (tps / min_tps).floor();
    #[expect(clippy::cast_precision_loss, reason = "numbers of nodes are small")]
    let most = nodes as f64;
    if ideal >= most {
        return nodes;
    }
    // NaN, from nothing by nothing, becomes 0 here
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below the number of nodes"
    )]
    let size = ideal as usize;
    size.max(1).min(nodes)
}

/// Which nodes are asked first, and which take over, each once. All are asked in the order given
/// if each gets its least rate, else random ones.
#[must_use]
pub fn select(
    tps: f64,
    min_tps: f64,
    nodes: &[String],
    chance: &mut SeededRng,
) -> (Vec<String>, Vec<String>) {
    let mut seen = HashSet::new();
    let mut selected: Vec<String> = nodes
        .iter()
        .filter(|node| seen.insert(node.as_str()))
        .cloned()
        .collect();
    let size = selection_size(tps, min_tps, selected.len());
    if size < selected.len() {
        chance.shuffle(&mut selected);
    }
    let fallback = selected.split_off(size);
    (selected, fallback)
}

impl Placement {
    /// Begins to place `tps` on nodes, with this number of fee payers.
    ///
    /// # Errors
    ///
    /// The load cannot be placed on these nodes.
    pub fn new(
        action: &'static str,
        tps: f64,
        min_tps: f64,
        nodes: &[String],
        fee_payers: usize,
        chance: &mut SeededRng,
    ) -> Result<Self, PlacementError> {
        if tps <= 0.0 || !tps.is_finite() {
            return Err(PlacementError::NoRate { tps });
        }
        let (selected, fallback) = select(tps, min_tps, nodes, chance);
        if selected.is_empty() {
            return Err(PlacementError::NoNodes {
                action,
                tps,
                min_tps,
            });
        }
        let everybody = fee_payers / (selected.len() + fallback.len());
        let fee_payers_each = if everybody > 0 {
            everybody
        } else {
            fee_payers / selected.len()
        };
        if fee_payers_each == 0 {
            return Err(PlacementError::FeePayers {
                action,
                fee_payers,
                selected: selected.len(),
            });
        }
        Ok(Self {
            action,
            tps,
            min_tps,
            selected,
            fallback: fallback.into(),
            fee_payers,
            fee_payers_used: 0,
            fee_payers_each,
            batches: 0,
            placed: 0.0,
            warnings: Vec::new(),
        })
    }

    /// Whom to ask now: the selected nodes first, then as many others as the rate that is left
    /// needs. Nobody when the load is placed, or nobody is left. Each request counts as made:
    /// its number and its fee payers are never used again, even if the answer is lost.
    pub fn next_wave(&mut self) -> Vec<LoadShare> {
        if self.batches == 0 {
            #[expect(clippy::cast_precision_loss, reason = "numbers of nodes are small")]
            let tps = self.tps / self.selected.len() as f64;
            return self
                .selected
                .clone()
                .into_iter()
                .map(|node| self.request(node, tps, self.fee_payers_each, false))
                .collect();
        }
        let missing = self.missing();
        let least = self.min_tps.min(self.tps);
        if self.fallback.is_empty() || missing <= NOTHING || missing + NOTHING < least {
            return Vec::new();
        }
        let count = selection_size(missing + NOTHING, self.min_tps, self.fallback.len());
        let left = self.fee_payers - self.fee_payers_used;
        let fee_payers = (left / count).min(self.fee_payers_each);
        if fee_payers == 0 {
            let (action, untried) = (self.action, self.fallback.len());
            self.warnings.push(format!(
                "no fee payers left for {action}; {untried} fallback node(s) not tried, \
                 {missing:.6} tps unplaced"
            ));
            self.fallback.clear();
            return Vec::new();
        }
        #[expect(clippy::cast_precision_loss, reason = "numbers of nodes are small")]
        let tps = missing / count as f64;
        let nodes: Vec<String> = self.fallback.drain(..count).collect();
        nodes
            .into_iter()
            .map(|node| self.request(node, tps, fee_payers, true))
            .collect()
    }

    fn request(
        &mut self,
        node: String,
        tps: f64,
        fee_payers: usize,
        is_fallback: bool,
    ) -> LoadShare {
        let begin = self.fee_payers_used;
        self.fee_payers_used += fee_payers;
        let batch = self.batches;
        self.batches += 1;
        LoadShare {
            batch,
            node,
            tps,
            fee_payers: begin..self.fee_payers_used,
            is_fallback,
        }
    }

    /// A node has accepted its request. Those that refuse need not be told.
    pub fn accepted(&mut self, request: &LoadShare) {
        self.placed += request.tps;
    }

    /// The failure when a node has refused in a way that others will repeat: the step ends.
    #[must_use]
    pub fn permanent(&self, request: &LoadShare, cause: String) -> PlacementError {
        PlacementError::Permanent {
            action: self.action,
            node: request.node.clone(),
            is_fallback: request.is_fallback,
            cause,
        }
    }

    fn missing(&self) -> f64 {
        self.tps - self.placed
    }

    /// What became of the load, after the last wave.
    ///
    /// # Errors
    ///
    /// The load cannot be placed on these nodes.
    pub fn finish(mut self) -> Result<Placed, PlacementError> {
        if self.placed <= 0.0 {
            return Err(PlacementError::NothingPlaced {
                action: self.action,
                selected: self.selected.len(),
                untried: self.fallback.len(),
            });
        }
        let missing = self.missing();
        if missing > NOTHING {
            let (action, placed, tps) = (self.action, self.placed, self.tps);
            self.warnings.push(format!(
                "scheduled {placed:.6} of {tps:.6} requested tps for {action}; the remaining \
                 {missing:.6} was not placed on any node"
            ));
        }
        Ok(Placed {
            tps: self.placed,
            warnings: self.warnings,
        })
    }
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
mod tests;

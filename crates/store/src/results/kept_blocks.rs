//! What is kept of blocks in memory, so that only blocks into which something was written are read
//! again.
//!
//! Each is kept for the version of its traces, which grows with every change of them. What was read
//! after a version was looked at may be newer than the version says; then the next look finds another
//! version, and it is read again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use results::lag::BlockSource;
use results::matrix::CellStatus;

/// Traces that are kept at most, of all deployments together: some 40 bytes each.
const TRACES_MAX: usize = 1 << 19;
/// Blocks that are kept at most, of all deployments together.
const BLOCKS_MAX: usize = 200_000;
/// Names of nodes that are kept at most.
const NAMES_MAX: usize = 100_000;

/// The version of a block's traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) rows: i64,
    pub(super) sum: i64,
}

/// What a block contains.
#[derive(Debug, Clone, Default)]
pub(super) struct Contents {
    pub(super) producer: Option<String>,
    pub(super) user_commands: Option<i64>,
    pub(super) zkapps: Option<i64>,
    pub(super) snark_works: Option<i64>,
}

/// A trace of a block.
#[derive(Debug, Clone)]
pub(super) struct AtNode {
    pub(super) node: Arc<str>,
    pub(super) source: BlockSource,
    pub(super) status: CellStatus,
    pub(super) started: f64,
    pub(super) total_s: f64,
}

/// A block with its traces.
#[derive(Debug, Default)]
pub(super) struct Details {
    pub(super) contents: Contents,
    pub(super) traces: Vec<AtNode>,
    /// From when until when those who made it worked on it.
    pub(super) made: Vec<(f64, f64)>,
}

#[derive(Debug)]
struct KeptBlock {
    version: Version,
    parent: Option<String>,
    details: Option<Arc<Details>>,
}

/// What is kept, for all that read from a database.
#[derive(Debug, Default)]
pub(crate) struct KeptBlocks(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// By deployment and hash.
    deployments: BTreeMap<i32, HashMap<String, KeptBlock>>,
    /// The names of nodes, each once.
    names: HashSet<Arc<str>>,
    blocks: usize,
    traces: usize,
}

/// The blocks of a deployment that are kept.
pub(super) struct OfDeployment<'a> {
    pub(super) kept: &'a KeptBlocks,
    pub(super) deployment_id: i32,
}

impl OfDeployment<'_> {
    /// The parent of a block; none if it must be read.
    pub(super) fn parents<'h>(
        &self,
        blocks: impl Iterator<Item = (&'h str, Version)>,
    ) -> HashMap<&'h str, Option<String>> {
        self.known(blocks, |block| Some(block.parent.clone()))
    }

    /// Keeps the parents of blocks.
    pub(super) fn keep_parents<'h>(
        &self,
        blocks: impl Iterator<Item = (&'h str, Version, Option<String>)>,
    ) {
        let mut kept = self.kept.0.lock();
        for (hash, version, parent) in blocks {
            kept.put(self.deployment_id, hash, version, parent);
        }
    }

    /// Blocks with their traces, without those that must be read.
    pub(super) fn details<'h>(
        &self,
        blocks: impl Iterator<Item = (&'h str, Version)>,
    ) -> HashMap<&'h str, Arc<Details>> {
        self.known(blocks, |block| block.details.clone())
    }

    /// A fact of those blocks that have not changed since they were kept.
    fn known<'h, T>(
        &self,
        blocks: impl Iterator<Item = (&'h str, Version)>,
        fact: impl Fn(&KeptBlock) -> Option<T>,
    ) -> HashMap<&'h str, T> {
        let kept = self.kept.0.lock();
        let Some(known) = kept.deployments.get(&self.deployment_id) else {
            return HashMap::new();
        };
        blocks
            .filter_map(|(hash, version)| {
                let block = known.get(hash).filter(|block| block.version == version)?;
                Some((hash, fact(block)?))
            })
            .collect()
    }

    /// Keeps a block with its traces.
    pub(super) fn keep_details(&self, hash: &str, version: Version, details: &Arc<Details>) {
        let mut kept = self.kept.0.lock();
        let mut added = 0;
        if let Some(blocks) = kept.deployments.get_mut(&self.deployment_id)
            && let Some(block) = blocks.get_mut(hash)
            && block.version == version
            && block.details.is_none()
        {
            block.details = Some(Arc::clone(details));
            added = details.traces.len();
        }
        kept.traces += added;
    }

    /// Forgets everything if there is too much. What was given out stays with those who have it.
    pub(super) fn make_room(&self) {
        let mut kept = self.kept.0.lock();
        if kept.traces > TRACES_MAX || kept.blocks > BLOCKS_MAX || kept.names.len() > NAMES_MAX {
            *kept = Kept::default();
        }
    }

    /// The names of nodes, as the other blocks have them.
    pub(super) fn names(&self, names: Vec<String>) -> Vec<Arc<str>> {
        let mut kept = self.kept.0.lock();
        names.into_iter().map(|name| kept.name(name)).collect()
    }
}

impl Kept {
    fn put(&mut self, deployment_id: i32, hash: &str, version: Version, parent: Option<String>) {
        let block = KeptBlock {
            version,
            parent,
            details: None,
        };
        let blocks = self.deployments.entry(deployment_id).or_default();
        match blocks.insert(hash.to_owned(), block) {
            Some(before) => {
                let traces = before.details.map_or(0, |details| details.traces.len());
                self.traces = self.traces.saturating_sub(traces);
            }
            None => self.blocks += 1,
        }
    }

    fn name(&mut self, name: String) -> Arc<str> {
        if let Some(known) = self.names.get(name.as_str()) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name));
        name
    }
}

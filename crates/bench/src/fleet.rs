//! Many simulated nodes: who writes which copies of the source.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use crate::template::Template;

/// Nodes that each write the same number of copies, no copy twice.
#[derive(Debug, Clone)]
pub(crate) struct Fleet {
    pub(crate) template: Arc<Template>,
    pub(crate) nodes: u64,
    pub(crate) copies_per_node: u64,
    /// The number of the first copy.
    pub(crate) first_copy: u64,
}

impl Fleet {
    /// Enough copies for `wanted` units of which the source has `in_source`.
    pub(crate) fn with_at_least(
        template: Arc<Template>,
        nodes: u64,
        wanted: u64,
        in_source: u64,
    ) -> Self {
        Self {
            copies_per_node: wanted.div_ceil(in_source * nodes).max(1),
            template,
            nodes,
            first_copy: 0,
        }
    }

    pub(crate) fn lines(&self) -> u64 {
        self.template.lines * self.copies()
    }

    pub(crate) fn checkpoints(&self) -> u64 {
        self.template.checkpoints * self.copies()
    }

    fn copies(&self) -> u64 {
        self.nodes * self.copies_per_node
    }

    pub(crate) fn node_name(node: u64) -> String {
        format!("node-{node:04}")
    }

    /// The numbers of a node's copies.
    pub(crate) fn copies_of(&self, node: u64) -> std::ops::Range<u64> {
        let first = self.first_copy + node * self.copies_per_node;
        first..first + self.copies_per_node
    }

    /// Writes the trace of a node into a file.
    pub(crate) fn write(&self, node: u64, path: &Path) -> anyhow::Result<()> {
        let write = || {
            let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
            let mut copy = Vec::new();
            for (rounds, number) in (0..).zip(self.copies_of(node)) {
                copy.clear();
                self.template.render(number, rounds, &mut copy);
                file.write_all(&copy)?;
            }
            file.flush()
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }
}

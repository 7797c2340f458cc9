//! What was lost, by node, as figures of `/metrics`. Nodes name themselves, and
//! figures are never forgotten: only a limited number of nodes get one of their own.

use std::collections::HashSet;

use metrics::counter;
use parking_lot::Mutex;

/// Nodes with a figure of their own.
const NODES_MAX: usize = 1_000;
/// All others together. No node has such a name.
const OTHERS: &str = "(others)";

#[derive(Debug, Default)]
pub(crate) struct Losses {
    named: Mutex<HashSet<String>>,
}

impl Losses {
    /// Counts entries that are stored as lost, and gaps of unknown size.
    pub(crate) fn count(&self, node: &str, entries: u64, unknown_gaps: u64) {
        if entries == 0 && unknown_gaps == 0 {
            return;
        }
        let label = self.label(node);
        counter!("log_fetcher_lost_entries_total", "node" => label.clone()).increment(entries);
        counter!("log_fetcher_unknown_gaps_total", "node" => label).increment(unknown_gaps);
    }

    fn label(&self, node: &str) -> String {
        let mut named = self.named.lock();
        if !named.contains(node) {
            if named.len() >= NODES_MAX {
                return OTHERS.to_owned();
            }
            named.insert(node.to_owned());
        }
        node.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_nodes_have_a_figure_of_their_own() {
        let losses = Losses::default();
        for node in 0..NODES_MAX {
            let node = node.to_string();
            assert_eq!(losses.label(&node), node);
        }
        assert_eq!(losses.label("one more"), OTHERS);
        assert_eq!(losses.label("7"), "7");
    }
}

//! Digests of rows, node by node.
//!
//! A row is the fields of the table's own columns in PostgreSQL's binary format of `COPY`, so the same
//! whether it comes from the database or from a file. Rows of a node are digested in their order.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Rows of a node in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRows {
    /// The node; empty for rows of a block trace that is not there.
    pub node: String,
    /// How many.
    pub rows: u64,
    /// Of the rows in their order, in hexadecimal digits.
    pub sha256: String,
}

/// Digests of the rows of a file.
#[derive(Debug, Default)]
pub(crate) struct NodeDigests {
    nodes: HashMap<String, (u64, Sha256)>,
    /// The node of the newest row, whose digest is not in the map meanwhile.
    current: Option<(String, u64, Sha256)>,
}

impl NodeDigests {
    pub(crate) fn add(&mut self, node: &str, row: &[u8]) {
        match &mut self.current {
            Some((name, rows, digest)) if name == node => {
                *rows += 1;
                digest.update(row);
            }
            _ => {
                self.put_back();
                let (rows, mut digest) = self.nodes.remove(node).unwrap_or_default();
                digest.update(row);
                self.current = Some((node.to_owned(), rows + 1, digest));
            }
        }
    }

    fn put_back(&mut self) {
        if let Some((name, rows, digest)) = self.current.take() {
            self.nodes.insert(name, (rows, digest));
        }
    }

    /// Those of all nodes, in order of their names.
    pub(crate) fn finish(mut self) -> Vec<NodeRows> {
        self.put_back();
        let mut nodes: Vec<NodeRows> = self
            .nodes
            .into_iter()
            .map(|(node, (rows, digest))| NodeRows {
                node,
                rows,
                sha256: hex(&digest.finalize()),
            })
            .collect();
        nodes.sort_unstable_by(|one, other| one.node.cmp(&other.node));
        nodes
    }
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The first difference between what two sides have of a file.
pub(crate) fn difference(there: &[NodeRows], here: &[NodeRows]) -> Option<String> {
    let by_name = |rows: &[NodeRows]| -> HashMap<String, NodeRows> {
        rows.iter()
            .map(|one| (one.node.clone(), one.clone()))
            .collect()
    };
    let (there_by, here_by) = (by_name(there), by_name(here));
    let names = there.iter().chain(here).map(|one| &one.node);
    for node in names {
        let (there, here) = (there_by.get(node), here_by.get(node));
        if there == here {
            continue;
        }
        let rows = |one: Option<&NodeRows>| one.map_or(0, |one| one.rows);
        return Some(if rows(there) == rows(here) {
            format!("rows of node `{node}` have other contents")
        } else {
            format!(
                "node `{node}` has {} rows there and {} here",
                rows(there),
                rows(here)
            )
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digests(rows: &[(&str, &str)]) -> Vec<NodeRows> {
        let mut digests = NodeDigests::default();
        for (node, row) in rows {
            digests.add(node, row.as_bytes());
        }
        digests.finish()
    }

    #[test]
    fn digests_are_of_the_rows_of_each_node_in_their_order() {
        let one = digests(&[("a", "1"), ("a", "2"), ("b", "3"), ("a", "4")]);
        let other = digests(&[("b", "3"), ("a", "1"), ("a", "2"), ("a", "4")]);
        assert_eq!(one, other);
        assert_eq!((one[0].rows, one[1].rows), (3, 1));
        assert_eq!(difference(&one, &other), None);
        let swapped = digests(&[("a", "2"), ("a", "1"), ("a", "4"), ("b", "3")]);
        assert_eq!(
            difference(&one, &swapped).unwrap(),
            "rows of node `a` have other contents"
        );
        let fewer = digests(&[("a", "1"), ("a", "2"), ("a", "4")]);
        assert_eq!(
            difference(&one, &fewer).unwrap(),
            "node `b` has 1 rows there and 0 here"
        );
    }
}

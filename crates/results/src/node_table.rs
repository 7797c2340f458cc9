//! A window of the table of nodes: filtered, sorted, counted.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::answers::{Node, NodeCounts, Role, WorstNode};

/// A node is behind if it has this many blocks less than the best one.
const BEHIND_MIN: i64 = 3;

/// How many nodes are named as the worst.
const WORST_MAX: usize = 5;

/// What the table is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of a node")]
pub enum SortKey {
    Name,
    State,
    Height,
    Behind,
    Lag,
    Lag2,
    ApplyP50,
    ApplyP95,
    Completeness,
    Lost,
    UnknownGaps,
    Poll,
    Age,
    Restarts,
}

/// Every key as it is written.
pub const SORT_KEYS: [(SortKey, &str); 14] = [
    (SortKey::Name, "name"),
    (SortKey::State, "state"),
    (SortKey::Height, "height"),
    (SortKey::Behind, "behind"),
    (SortKey::Lag, "lag"),
    (SortKey::Lag2, "lag2"),
    (SortKey::ApplyP50, "apply_p50"),
    (SortKey::ApplyP95, "apply_p95"),
    (SortKey::Completeness, "completeness"),
    (SortKey::Lost, "lost"),
    (SortKey::UnknownGaps, "unknown_gaps"),
    (SortKey::Poll, "poll"),
    (SortKey::Age, "age"),
    (SortKey::Restarts, "restarts"),
];

/// Which nodes are shown, and in what order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeFilter {
    /// Part of a name, host or state, in any case.
    pub text: Option<String>,
    /// Their state.
    pub state: Option<String>,
    /// Their role.
    pub role: Option<Role>,
    /// The key.
    pub sort: SortKey,
    /// Greatest first. Unknown values are last in either order.
    pub is_descending: bool,
    /// Nodes to pass over.
    pub offset: usize,
    /// Most nodes.
    pub limit: usize,
}

/// The window, how many nodes the filter leaves, and all nodes by state.
#[must_use]
pub fn window(nodes: Vec<Node>, filter: &NodeFilter) -> (Vec<Node>, usize, BTreeMap<String, i64>) {
    let mut counts = BTreeMap::new();
    for node in &nodes {
        *counts.entry(node.state.clone()).or_default() += 1;
    }
    let text = filter.text.as_ref().map(|text| text.to_lowercase());
    let mut shown: Vec<Node> = nodes
        .into_iter()
        .filter(|node| text.as_ref().is_none_or(|text| has_text(node, text)))
        .filter(|node| {
            filter
                .state
                .as_ref()
                .is_none_or(|state| *state == node.state)
        })
        .filter(|node| filter.role.is_none_or(|role| node.role == Some(role)))
        .collect();
    shown.sort_by(|a, b| {
        let order = match filter.sort {
            SortKey::Name => directed(a.name.cmp(&b.name), filter.is_descending),
            SortKey::State => directed(a.state.cmp(&b.state), filter.is_descending),
            key => compare(value(a, key), value(b, key), filter.is_descending),
        };
        order.then_with(|| a.name.cmp(&b.name))
    });
    let total = shown.len();
    let window = shown
        .into_iter()
        .skip(filter.offset)
        .take(filter.limit)
        .collect();
    (window, total, counts)
}

fn has_text(node: &Node, text: &str) -> bool {
    node.name.to_lowercase().contains(text)
        || node.state.to_lowercase().contains(text)
        || node
            .host
            .as_ref()
            .is_some_and(|host| host.to_lowercase().contains(text))
}

fn directed(order: Ordering, is_descending: bool) -> Ordering {
    if is_descending {
        order.reverse()
    } else {
        order
    }
}

fn compare(a: Option<f64>, b: Option<f64>, is_descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => directed(a.total_cmp(&b), is_descending),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

#[expect(clippy::cast_precision_loss, reason = "only the order counts")]
fn value(node: &Node, key: SortKey) -> Option<f64> {
    let count = |count: i64| Some(count as f64);
    match key {
        SortKey::Name | SortKey::State => None,
        SortKey::Height => node.height.and_then(count),
        SortKey::Behind => node.behind.and_then(count),
        SortKey::Lag => node.lag_s,
        SortKey::Lag2 => node.lag2_s,
        SortKey::ApplyP50 => node.apply_p50_s,
        SortKey::ApplyP95 => node.apply_p95_s,
        SortKey::Completeness => node.completeness,
        SortKey::Lost => count(node.lost),
        SortKey::UnknownGaps => count(node.unknown_gaps),
        SortKey::Poll => node.poll_s,
        SortKey::Age => node.age_s,
        SortKey::Restarts => count(node.restarts),
    }
}

/// Nodes of the network as they are now.
#[must_use]
pub fn counts(nodes: &[Node]) -> NodeCounts {
    let count = |accept: &dyn Fn(&Node) -> bool| {
        i64::try_from(nodes.iter().filter(|node| accept(node)).count()).unwrap_or(i64::MAX)
    };
    let is_active = |node: &Node| !matches!(node.state.as_str(), "inactive" | "imported");
    NodeCounts {
        up: count(&|node| node.state == "fetching"),
        total: count(&is_active),
        failing: count(&|node| {
            is_active(node) && !matches!(node.state.as_str(), "fetching" | "waiting" | "frozen")
        }),
        behind: count(&|node| node.behind.is_some_and(|behind| behind >= BEHIND_MIN)),
    }
}

/// The nodes that lose most entries, then those that lag most.
#[must_use]
pub fn worst(nodes: &[Node]) -> Vec<WorstNode> {
    let mut worst: Vec<&Node> = nodes
        .iter()
        .filter(|node| node.lost > 0 || node.lag_s.is_some())
        .collect();
    worst.sort_by(|a, b| {
        b.lost
            .cmp(&a.lost)
            .then_with(|| compare(a.lag_s, b.lag_s, true))
            .then_with(|| a.name.cmp(&b.name))
    });
    worst
        .into_iter()
        .take(WORST_MAX)
        .map(|node| WorstNode {
            node: node.name.clone(),
            lag_s: node.lag_s,
            lost: node.lost,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, state: &str, lag_s: Option<f64>, lost: i64) -> Node {
        Node {
            name: name.to_owned(),
            host: Some("10.0.0.1".to_owned()),
            port: Some(3086),
            state: state.to_owned(),
            problem: None,
            role: Some(Role::Other),
            height: Some(10),
            behind: Some(lost),
            lag_s,
            lag2_s: None,
            apply_p50_s: None,
            apply_p95_s: None,
            completeness: None,
            stored: 0,
            lost,
            unknown_gaps: 0,
            poll_s: None,
            age_s: None,
            restarts: 0,
            clock_suspect: false,
            spark: Vec::new(),
        }
    }

    fn table() -> Vec<Node> {
        vec![
            node("a", "fetching", Some(2.0), 0),
            node("b", "failing", None, 4),
            node("c", "fetching", Some(1.0), 0),
            node("d", "inactive", Some(3.0), 0),
        ]
    }

    fn filter() -> NodeFilter {
        NodeFilter {
            text: None,
            state: None,
            role: None,
            sort: SortKey::Name,
            is_descending: false,
            offset: 0,
            limit: 10,
        }
    }

    #[track_caller]
    fn check(filter: &NodeFilter, names: &str, total: usize) {
        let (found, all, counts) = window(table(), filter);
        let found: String = found.iter().map(|node| node.name.as_str()).collect();
        assert_eq!((found.as_str(), all), (names, total));
        let expected = [("failing", 1), ("fetching", 2), ("inactive", 1)];
        let expected = expected.map(|(state, count)| (state.to_owned(), count));
        assert_eq!(counts, BTreeMap::from(expected));
    }

    #[test]
    fn unknown_values_are_last_in_either_order() {
        let by_lag = NodeFilter {
            sort: SortKey::Lag,
            ..filter()
        };
        check(&by_lag, "cadb", 4);
        let descending = NodeFilter {
            is_descending: true,
            ..by_lag
        };
        check(&descending, "dacb", 4);
    }

    #[test]
    fn a_window_knows_how_many_there_are() {
        let second = NodeFilter {
            offset: 1,
            limit: 2,
            ..filter()
        };
        check(&second, "bc", 4);
        let fetching = NodeFilter {
            state: Some("fetching".to_owned()),
            limit: 1,
            ..filter()
        };
        check(&fetching, "a", 2);
        let producers = NodeFilter {
            role: Some(Role::Producer),
            ..filter()
        };
        check(&producers, "", 0);
        let text = NodeFilter {
            text: Some("FAIL".to_owned()),
            ..filter()
        };
        check(&text, "b", 1);
    }

    #[test]
    fn the_network_is_counted() {
        let counts = counts(&table());
        let found = (counts.up, counts.total, counts.failing, counts.behind);
        assert_eq!(found, (2, 3, 1, 1));
    }

    #[test]
    fn the_worst_lose_entries_then_lag() {
        let names: Vec<String> = worst(&table()).into_iter().map(|node| node.node).collect();
        assert_eq!(names, ["b", "d", "a", "c"]);
    }
}

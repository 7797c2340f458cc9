//! The distributions of one node, as they are stored and as they are answered.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::Distribution;
use crate::Compatibility;
use crate::children::Relation;

/// The distributions of one node in one deployment, in the order in which
/// their names were first recorded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DistributionSet {
    distributions: Vec<Distribution>,
    /// Positions in `distributions` by name.
    positions: HashMap<String, usize>,
}

impl DistributionSet {
    /// Reads the stored text: a JSON array of `[name, distribution]` pairs.
    ///
    /// # Errors
    ///
    /// The text is no such array.
    pub fn from_stored(text: &str) -> serde_json::Result<Self> {
        let pairs: Vec<(String, Distribution)> = serde_json::from_str(text)?;
        let mut set = Self::default();
        for (identity, distribution) in pairs {
            let known = set.get_mut(&identity);
            *known = Distribution {
                identity,
                ..distribution
            };
        }
        Ok(set)
    }

    /// The text to store.
    #[must_use]
    pub fn to_stored(&self) -> String {
        let pairs: Vec<(&str, &Distribution)> = self
            .distributions
            .iter()
            .map(|distribution| (distribution.identity.as_str(), distribution))
            .collect();
        // Serialising strings and numbers into a string cannot fail.
        serde_json::to_string(&pairs).unwrap_or_default()
    }

    /// Adds the duration in seconds of a checkpoint.
    pub fn record(&mut self, name: &str, duration: f64) {
        self.get_mut(name).record(duration);
    }

    fn get_mut(&mut self, name: &str) -> &mut Distribution {
        let position = if let Some(position) = self.positions.get(name) {
            *position
        } else {
            self.positions
                .insert(name.to_owned(), self.distributions.len());
            self.distributions.push(Distribution::new(name.to_owned()));
            self.distributions.len() - 1
        };
        &mut self.distributions[position]
    }

    /// The distribution of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Distribution> {
        let position = self.positions.get(name)?;
        self.distributions.get(*position)
    }

    /// All of them, in no promised order.
    #[must_use]
    pub fn as_slice(&self) -> &[Distribution] {
        &self.distributions
    }

    /// All of them by ascending total time: clients turn the list round.
    #[must_use]
    pub fn by_total_time(&self) -> Vec<&Distribution> {
        let mut sorted: Vec<_> = self.distributions.iter().collect();
        sorted.sort_by(|a, b| a.total_time.total_cmp(&b.total_time));
        sorted
    }

    /// The set as a forest: below each name those of its children that are
    /// present, in the reverse of table order. A name with several parents
    /// stands below each of them, with the counts of all.
    #[must_use]
    pub fn structured(&self, compatibility: Compatibility) -> Vec<StructuredDistribution<'_>> {
        let relation = Relation::of(compatibility);
        let children: HashSet<&str> = self
            .distributions
            .iter()
            .flat_map(|distribution| relation.children(&distribution.identity))
            .collect();
        self.distributions
            .iter()
            .filter(|distribution| !children.contains(distribution.identity.as_str()))
            .map(|root| self.with_children(root, relation))
            .collect()
    }

    /// Ends because the relation has no cycle and is at most nine names deep.
    fn with_children<'a>(
        &'a self,
        distribution: &'a Distribution,
        relation: &Relation,
    ) -> StructuredDistribution<'a> {
        let children = relation
            .children(&distribution.identity)
            .rev()
            .filter_map(|name| self.get(name))
            .map(|child| self.with_children(child, relation))
            .collect();
        StructuredDistribution {
            distribution,
            children,
        }
    }
}

/// A distribution with those of the checkpoints that are parts of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StructuredDistribution<'a> {
    /// The distribution itself.
    pub distribution: &'a Distribution,
    /// Those of its parts.
    pub children: Vec<StructuredDistribution<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> DistributionSet {
        let mut set = DistributionSet::default();
        for name in names {
            set.record(name, 0.25);
        }
        set
    }

    /// A forest in short: `parent(child child)`.
    fn outline(forest: &[StructuredDistribution<'_>]) -> String {
        let node = |tree: &StructuredDistribution<'_>| {
            let name = &tree.distribution.identity;
            if tree.children.is_empty() {
                name.clone()
            } else {
                format!("{name}({})", outline(&tree.children))
            }
        };
        forest.iter().map(node).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn stored_text_is_read_back() {
        let mut set = set(&["B", "A", "B"]);
        set.record("A", 12.5);
        let text = set.to_stored();
        assert!(text.starts_with(r#"[["B",{"identity":"B","count":2,"totalTime":0.5,"#));
        assert_eq!(DistributionSet::from_stored(&text).unwrap(), set);
    }

    #[test]
    fn text_that_is_not_pairs_is_an_error() {
        for text in ["", "{}", r#"[["A"]]"#, r#"[["A",{"identity":"A"}]]"#] {
            assert!(DistributionSet::from_stored(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_list_ascends_by_total_time() {
        let set = set(&["A", "B", "B", "C", "C", "C", "A", "A", "A"]);
        let names: Vec<_> = set.by_total_time();
        let names: Vec<_> = names.iter().map(|d| d.identity.as_str()).collect();
        assert_eq!(names, ["B", "C", "A"]);
    }

    #[test]
    fn present_children_stand_below_each_parent_in_reverse_table_order() {
        let set = set(&[
            "Other",
            "Hash_scan_state",
            "Get_merkle_root",
            "Hash_new_staged_ledger",
            "Apply_diff",
            "Update_coinbase_stack",
            "Apply_staged_ledger_diff",
        ]);
        let below = "Hash_new_staged_ledger(Get_merkle_root Hash_scan_state) Update_coinbase_stack";
        assert_eq!(
            outline(&set.structured(Compatibility::Original)),
            format!("Other Apply_diff({below}) Apply_staged_ledger_diff({below})")
        );
    }
}

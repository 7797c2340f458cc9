//! `join`, `except` and `sample`: actions on groups that need no node.

use std::collections::HashSet;

use super::decode::params;
use crate::script::exact::Exact;
use crate::script::outputs::Output;
use crate::seeded_rng::SeededRng;

params! {
    /// Parameters of `join`.
    Join {
        /// The first group.
        group1: Vec<Exact> = "group1",
        /// The second group, and so on.
        group2: Vec<Exact> = "group2",
        /// The third.
        group3: Vec<Exact> = "group3",
        /// The fourth.
        group4: Vec<Exact> = "group4",
        /// The fifth.
        group5: Vec<Exact> = "group5",
        /// The sixth.
        group6: Vec<Exact> = "group6",
        /// The seventh.
        group7: Vec<Exact> = "group7",
        /// The eighth.
        group8: Vec<Exact> = "group8",
        /// The ninth.
        group9: Vec<Exact> = "group9",
    }
}

impl Join {
    /// All elements in order, repeated ones included.
    #[must_use]
    pub fn outputs(self) -> Vec<Output> {
        [
            self.group1,
            self.group2,
            self.group3,
            self.group4,
            self.group5,
            self.group6,
            self.group7,
            self.group8,
            self.group9,
        ]
        .into_iter()
        .flatten()
        .map(|element| Output::exact("group", true, element))
        .collect()
    }
}

params! {
    /// Parameters of `except`.
    Except {
        /// What to leave something out of.
        group: Vec<String> = "group",
        /// What to leave out.
        except: Vec<String> = "except",
    }
}

impl Except {
    /// What remains, in order.
    #[must_use]
    pub fn outputs(self) -> Vec<Output> {
        let except: HashSet<&String> = self.except.iter().collect();
        self.group
            .iter()
            .filter(|member| !except.contains(member))
            .map(|member| Output::multi("group", member.as_str()))
            .collect()
    }
}

params! {
    /// Parameters of `sample`.
    Sample {
        /// What to draw from.
        group: Vec<Exact> = "group",
        /// The share of each part.
        ratios: Vec<f64> = "ratios",
    }
}

/// Why a group cannot be sampled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// A share outside of 0 to 1.
    #[error("invalid ratios entry")]
    Ratio,
    /// More than the whole.
    #[error("ratios' sum > 1")]
    Sum,
    /// More parts than there are names for.
    #[error("more than {PARTS_MAX} ratios")]
    Parts,
}

/// Most parts of a sample.
pub const PARTS_MAX: usize = 1_000;
/// What rounding may add to a sum of shares.
const SUM_TOLERANCE: f64 = 1e-9;

/// The sizes of the parts of `count` elements for these shares. Each part ends where the sum of
/// shares so far ends, rounded: no size differs from its ideal by a whole element, and all
/// together never exceed `count`.
///
/// # Errors
///
/// A share is out of range, or all together exceed the whole.
pub fn sample_sizes(count: usize, ratios: &[f64]) -> Result<Vec<usize>, SampleError> {
    if !ratios.iter().all(|ratio| (0.0..=1.0).contains(ratio)) {
        return Err(SampleError::Ratio);
    }
    if ratios.iter().sum::<f64>() > 1.0 + SUM_TOLERANCE {
        return Err(SampleError::Sum);
    }
    let mut sum = 0.0;
    let mut begin = 0;
    let sizes = ratios.iter().map(|ratio| {
        sum += ratio;
        // counts of nodes are far below the limits of these casts
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss
        )]
        let end = ((sum * count as f64).round() as usize).min(count);
        let size = end.saturating_sub(begin);
        begin = begin.max(end);
        size
    });
    Ok(sizes.collect())
}

impl Sample {
    /// The parts, `group1`, `group2`, …, and what is left, `rest`: name and members.
    ///
    /// # Errors
    ///
    /// A share is out of range, or all together exceed the whole.
    pub fn parts(self, chance: &mut SeededRng) -> Result<Vec<(String, Exact)>, SampleError> {
        if self.ratios.len() > PARTS_MAX {
            return Err(SampleError::Parts);
        }
        let sizes = sample_sizes(self.group.len(), &self.ratios)?;
        let mut group = self.group;
        chance.shuffle(&mut group);
        let mut parts = Vec::new();
        let mut members = group.into_iter();
        for (size, number) in sizes.into_iter().zip(1..) {
            let part: Vec<Exact> = members.by_ref().take(size).collect();
            parts.push((format!("group{number}"), Exact::list(&part)));
        }
        parts.push(("rest".to_owned(), Exact::list(members.as_slice())));
        Ok(parts)
    }
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
mod tests {
    use super::*;
    use crate::seeded_rng::Purpose;
    use proptest::prelude::*;
    use serde_json::Value;

    #[track_caller]
    fn check(count: usize, ratios: &[f64], sizes: &[usize]) {
        assert_eq!(
            sample_sizes(count, ratios).unwrap(),
            sizes,
            "{ratios:?} of {count}"
        );
    }

    #[test]
    fn sizes_are_those_that_are_required() {
        let third = 1.0 / 3.0;
        check(8, &[0.2; 5], &[2, 1, 2, 1, 2]);
        check(7, &[0.2; 5], &[1, 2, 1, 2, 1]);
        check(8, &[third; 3], &[3, 2, 3]);
        check(7, &[0.5; 2], &[4, 3]);
        check(3, &[0.5; 2], &[2, 1]);
        check(10, &[0.3; 2], &[3, 3]);
        check(4, &[0.5], &[2]);
        check(0, &[0.5, 0.2], &[0, 0]);
        check(5, &[], &[]);
        check(10, &[0.1; 10], &[1; 10]);
    }

    #[test]
    fn impossible_shares_are_refused() {
        assert_eq!(sample_sizes(4, &[1.5]), Err(SampleError::Ratio));
        assert_eq!(sample_sizes(4, &[-0.1]), Err(SampleError::Ratio));
        assert_eq!(sample_sizes(4, &[f64::NAN]), Err(SampleError::Ratio));
        assert_eq!(sample_sizes(4, &[0.6, 0.5]), Err(SampleError::Sum));
        // what rounding adds is no more than the whole
        check(4, &[0.5, 0.5 + 5e-10], &[2, 2]);
        assert_eq!(SampleError::Ratio.to_string(), "invalid ratios entry");
        assert_eq!(SampleError::Sum.to_string(), "ratios' sum > 1");
    }

    fn values(texts: &[&str]) -> Vec<Exact> {
        texts
            .iter()
            .map(|text| Exact::of(&Value::from(*text)))
            .collect()
    }

    #[test]
    fn join_keeps_order_and_repeats_and_emits_each_group_once() {
        let join = Join {
            group9: values(&["a"]),
            group1: values(&["a", "b"]),
            group2: values(&["2"]),
            group3: values(&["3"]),
            group4: values(&["4"]),
            group5: values(&["c"]),
            group6: values(&["6"]),
            group7: values(&["7"]),
            group8: values(&["8"]),
        };
        let joined: Vec<Exact> = join
            .outputs()
            .into_iter()
            .map(|output| output.value)
            .collect();
        let expected = ["a", "b", "2", "3", "4", "c", "6", "7", "8", "a"];
        assert_eq!(joined, values(&expected));
    }

    #[test]
    fn except_leaves_out_and_keeps_order() {
        let except = Except {
            group: ["c", "a", "b"].map(str::to_owned).to_vec(),
            except: ["a", "x"].map(str::to_owned).to_vec(),
        };
        let left: Vec<Exact> = except
            .outputs()
            .into_iter()
            .map(|output| output.value)
            .collect();
        assert_eq!(left, values(&["c", "b"]));
    }

    proptest! {
        #[test]
        fn no_size_differs_from_its_ideal_by_a_whole_element(
            count in 0_usize..500,
            weights in proptest::collection::vec(0.0_f64..1.0, 1..9),
        ) {
            let sum = weights.iter().sum::<f64>().max(1.0);
            let ratios: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
            let sizes = sample_sizes(count, &ratios).unwrap();
            prop_assert!(sizes.iter().sum::<usize>() <= count);
            for (size, ratio) in sizes.iter().zip(&ratios) {
                let ideal = ratio * count as f64;
                prop_assert!((*size as f64 - ideal).abs() < 1.0 + 1e-6, "{size} {ideal}");
            }
        }

        #[test]
        fn parts_and_rest_are_the_group(count in 0_usize..60, seed: u64) {
            let group: Vec<Exact> = (0..count).map(|member| Exact::of(&Value::from(member))).collect();
            let sample = Sample { group: group.clone(), ratios: vec![0.1, 0.4] };
            let parts = sample.parts(&mut SeededRng::new(seed, Purpose::Step(0))).unwrap();
            let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
            prop_assert_eq!(names, ["group1", "group2", "rest"]);
            let mut all: Vec<u64> = parts
                .iter()
                .flat_map(|(_, part)| part.elements().unwrap())
                .map(|member| member.to_value().as_u64().unwrap())
                .collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..count as u64).collect::<Vec<_>>());
        }
    }
}

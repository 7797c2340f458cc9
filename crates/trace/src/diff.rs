//! Two checkpoint trees beside each other: which steps are the same, and where the difference of
//! their times is.
//!
//! Steps are aligned level by level: the children of two aligned parents by the longest common
//! sequence of their names, so that loops and missing steps stay in their places.

use std::collections::{BTreeMap, HashMap};

use crate::flat::FlatCheckpoint;
use crate::tree::TreeNode;

/// Most cells of the table of one level. Longer levels are aligned in one pass, each step with the
/// next one of its name.
const CELLS_MAX: usize = 4_000_000;

/// A step of a trace: a node of its checkpoint tree with its times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<'a> {
    /// The checkpoint.
    pub name: &'a str,
    /// 0 at the top level.
    pub depth: usize,
    /// Seconds with all steps below it.
    pub total_s: f64,
    /// Seconds without the steps below it. Own times sum to the totals of the top level.
    pub own_s: f64,
}

/// A row of the two trees: a step of one, of the other, or of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// 0 at the top level.
    pub depth: usize,
    /// Which step of the first trace; none if only the second has it.
    pub a: Option<usize>,
    /// Which step of the second trace; none if only the first has it.
    pub b: Option<usize>,
}

/// By how much the steps of one name take longer in the second trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Excess<'a> {
    /// The checkpoint.
    pub name: &'a str,
    /// Own time in the second trace minus that in the first, in seconds.
    pub delta_s: f64,
    /// Share of the excess of all slower names; negative for faster ones.
    pub share: f64,
}

/// The steps of a tree that [`crate::tree::build`] made of these checkpoints.
#[must_use]
pub fn steps<'a>(checkpoints: &'a [FlatCheckpoint], nodes: &[TreeNode]) -> Vec<Step<'a>> {
    let mut steps: Vec<Step<'a>> = nodes
        .iter()
        .map(|node| Step {
            name: checkpoints
                .get(node.index)
                .map_or("", |checkpoint| checkpoint.name.as_str()),
            depth: node.depth,
            total_s: node.duration,
            own_s: node.duration,
        })
        .collect();
    // The open steps, each a child of the one before it.
    let mut open: Vec<usize> = Vec::new();
    for at in 0..steps.len() {
        let Step { depth, total_s, .. } = steps[at];
        open.truncate(depth);
        if let Some(parent) = open.last() {
            steps[*parent].own_s -= total_s;
        }
        open.push(at);
    }
    steps
}

/// Aligns two traces. The rows are in depth-first order; what only the first has stands before what
/// only the second has in the same place.
#[must_use]
pub fn align(a: &[Step<'_>], b: &[Step<'_>]) -> Vec<Pair> {
    let mut rows = Vec::with_capacity(a.len().max(b.len()));
    // Levels that are still to be aligned, the next one last: a stack in place of recursion, as
    // depths come from outside.
    let mut todo = vec![Work::Level(0, Below::all(a), Below::all(b))];
    while let Some(work) = todo.pop() {
        match work {
            Work::Rows(one, below) => {
                rows.extend(below.steps().map(|at| Pair {
                    depth: one.of(a, b)[at].depth,
                    a: (one == Side::A).then_some(at),
                    b: (one == Side::B).then_some(at),
                }));
            }
            Work::Level(depth, of_a, of_b) => {
                let (children_a, children_b) = (of_a.children(a, depth), of_b.children(b, depth));
                let names = |steps: &[Step<'_>], children: &[Below]| -> Vec<String> {
                    let names = children.iter().filter_map(|below| steps.get(below.from));
                    names.map(|step| step.name.to_owned()).collect()
                };
                let common = common(&names(a, &children_a), &names(b, &children_b));
                let mut level = Vec::new();
                let (mut at_a, mut at_b) = (0, 0);
                let ends = [(children_a.len(), children_b.len())];
                for (next_a, next_b) in common.into_iter().chain(ends) {
                    let only_a = children_a.get(at_a..next_a).unwrap_or_default();
                    let only_b = children_b.get(at_b..next_b).unwrap_or_default();
                    level.extend(only_a.iter().map(|below| Work::Rows(Side::A, *below)));
                    level.extend(only_b.iter().map(|below| Work::Rows(Side::B, *below)));
                    if let (Some(one), Some(other)) =
                        (children_a.get(next_a), children_b.get(next_b))
                    {
                        level.push(Work::Both(depth, *one, *other));
                    }
                    (at_a, at_b) = (next_a + 1, next_b + 1);
                }
                todo.extend(level.into_iter().rev());
            }
            Work::Both(depth, one, other) => {
                rows.push(Pair {
                    depth,
                    a: Some(one.from),
                    b: Some(other.from),
                });
                todo.push(Work::Level(depth + 1, one.inside(), other.inside()));
            }
        }
    }
    rows
}

/// The difference of own times of a row: second minus first, 0 for what a trace has not.
#[must_use]
pub fn delta_own_s(a: &[Step<'_>], b: &[Step<'_>], row: &Pair) -> f64 {
    let own = |steps: &[Step<'_>], at: Option<usize>| {
        at.and_then(|at| steps.get(at))
            .map_or(0.0, |step| step.own_s)
    };
    own(b, row.b) - own(a, row.a)
}

/// The names by their excess in own time, the greatest first; those that take equally long are left
/// out. The excesses sum to the difference of the totals.
#[must_use]
pub fn excess<'a>(a: &[Step<'a>], b: &[Step<'a>]) -> Vec<Excess<'a>> {
    let mut deltas: BTreeMap<&'a str, f64> = BTreeMap::new();
    for step in b {
        *deltas.entry(step.name).or_default() += step.own_s;
    }
    for step in a {
        *deltas.entry(step.name).or_default() -= step.own_s;
    }
    let slower: f64 = deltas.values().filter(|delta| **delta > 0.0).sum();
    let mut ranked: Vec<Excess<'a>> = deltas
        .into_iter()
        .filter(|(_, delta_s)| *delta_s != 0.0)
        .map(|(name, delta_s)| Excess {
            name,
            delta_s,
            share: if slower > 0.0 { delta_s / slower } else { 0.0 },
        })
        .collect();
    ranked.sort_by(|one, other| {
        let greater = other.delta_s.total_cmp(&one.delta_s);
        greater.then_with(|| one.name.cmp(other.name))
    });
    ranked
}

/// What is still to be aligned.
enum Work {
    /// Children of this depth.
    Level(usize, Below, Below),
    /// Two steps of this depth that are the same, with what is below them.
    Both(usize, Below, Below),
    /// What only one trace has.
    Rows(Side, Below),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    A,
    B,
}

impl Side {
    fn of<'s, 'a>(self, a: &'s [Step<'a>], b: &'s [Step<'a>]) -> &'s [Step<'a>] {
        match self {
            Self::A => a,
            Self::B => b,
        }
    }
}

/// A step with all that is below it, or the inside of one: positions in depth-first order.
#[derive(Clone, Copy)]
struct Below {
    from: usize,
    until: usize,
}

impl Below {
    fn all(steps: &[Step<'_>]) -> Self {
        Self {
            from: 0,
            until: steps.len(),
        }
    }

    fn steps(self) -> std::ops::Range<usize> {
        self.from..self.until
    }

    /// Without the step itself.
    fn inside(self) -> Self {
        Self {
            from: self.from + 1,
            ..self
        }
    }

    /// The steps of this depth with what is below each.
    fn children(self, steps: &[Step<'_>], depth: usize) -> Vec<Self> {
        let mut children: Vec<Self> = Vec::new();
        for at in self.steps() {
            match children.last_mut() {
                Some(last) if steps[at].depth > depth => last.until = at + 1,
                // The first begins a level, whatever its depth.
                _ => children.push(Self {
                    from: at,
                    until: at + 1,
                }),
            }
        }
        children
    }
}

/// The longest common subsequence: positions in both lists, ascending.
fn common(a: &[String], b: &[String]) -> Vec<(usize, usize)> {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (&a[head..], &b[head..]);
    let rest = if rest_a.len().saturating_mul(rest_b.len()) <= CELLS_MAX {
        longest(rest_a, rest_b)
    } else {
        in_one_pass(rest_a, rest_b)
    };
    let rest = rest.into_iter().map(|(x, y)| (x + head, y + head));
    (0..head).map(|at| (at, at)).chain(rest).collect()
}

fn longest(a: &[String], b: &[String]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    // How long the longest one of the rests is.
    let mut lengths = vec![0_u32; (a.len() + 1) * width];
    for x in (0..a.len()).rev() {
        for y in (0..b.len()).rev() {
            let cell = x * width + y;
            lengths[cell] = if a[x] == b[y] {
                lengths[cell + width + 1] + 1
            } else {
                lengths[cell + width].max(lengths[cell + 1])
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut x, mut y) = (0, 0);
    while x < a.len() && y < b.len() {
        let cell = x * width + y;
        if a[x] == b[y] {
            pairs.push((x, y));
            (x, y) = (x + 1, y + 1);
        } else if lengths[cell + width] >= lengths[cell + 1] {
            x += 1;
        } else {
            y += 1;
        }
    }
    pairs
}

fn in_one_pass(a: &[String], b: &[String]) -> Vec<(usize, usize)> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, name) in b.iter().enumerate().rev() {
        places.entry(name).or_default().push(at);
    }
    let mut pairs = Vec::new();
    let mut next = 0;
    for (at, name) in a.iter().enumerate() {
        let Some(places) = places.get_mut(name.as_str()) else {
            continue;
        };
        while places.pop_if(|place| *place < next).is_some() {}
        if let Some(place) = places.pop() {
            pairs.push((at, place));
            next = place + 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Steps from lines of names, two blanks for each depth, with totals.
    fn trace<'a>(lines: &[(&'a str, f64)]) -> Vec<Step<'a>> {
        let checkpoints: Vec<FlatCheckpoint> = lines
            .iter()
            .map(|(line, _)| FlatCheckpoint {
                name: line.trim().to_owned(),
                started_at: 0.0,
                duration: 0.0,
                metadata: serde_json::Map::new(),
            })
            .collect();
        let nodes: Vec<TreeNode> = lines
            .iter()
            .enumerate()
            .map(|(index, (line, total))| TreeNode {
                index,
                depth: (line.len() - line.trim_start().len()) / 2,
                duration: *total,
            })
            .collect();
        let made = steps(&checkpoints, &nodes);
        let named = made.iter().zip(lines);
        named
            .map(|(step, (line, _))| Step {
                name: line.trim(),
                ..*step
            })
            .collect()
    }

    /// Each row as `A|B`, indented.
    fn shown(a: &[Step<'_>], b: &[Step<'_>]) -> Vec<String> {
        let name = |steps: &[Step<'_>], at: Option<usize>| {
            at.map_or("-".to_owned(), |at| steps[at].name.to_owned())
        };
        let rows = align(a, b);
        rows.iter()
            .map(|row| {
                let indent = "  ".repeat(row.depth);
                format!("{indent}{}|{}", name(a, row.a), name(b, row.b))
            })
            .collect()
    }

    #[test]
    fn steps_are_aligned_by_path_and_order() {
        let a = trace(&[
            ("Receive", 1.0),
            ("Build", 5.0),
            ("  Check", 1.0),
            ("  Loop", 1.0),
            ("  Loop", 1.0),
            ("  Apply", 1.5),
            ("Done", 0.0),
        ]);
        let b = trace(&[
            ("Receive", 1.0),
            ("Build", 9.0),
            ("  Loop", 2.0),
            ("    Inner", 0.5),
            ("  Loop", 1.0),
            ("  Loop", 1.0),
            ("  Apply", 4.0),
            ("Check", 1.0),
            ("Done", 0.0),
        ]);
        assert_eq!(
            shown(&a, &b),
            [
                "Receive|Receive",
                "Build|Build",
                "  Check|-",
                "  Loop|Loop",
                "    -|Inner",
                "  Loop|Loop",
                "  -|Loop",
                "  Apply|Apply",
                "-|Check",
                "Done|Done",
            ]
        );
    }

    #[test]
    fn the_excess_is_ranked_in_own_time_and_sums_to_the_difference() {
        let a = trace(&[("Build", 5.0), ("  Apply", 1.5), ("Done", 1.0)]);
        let b = trace(&[("Build", 9.0), ("  Apply", 4.5), ("Wait", 1.0)]);
        let found = excess(&a, &b);
        let rows: Vec<(&str, f64, f64)> = found
            .iter()
            .map(|row| (row.name, row.delta_s, row.share))
            .collect();
        let expected = [
            ("Apply", 3.0, 0.6),
            ("Build", 1.0, 0.2),
            ("Wait", 1.0, 0.2),
            ("Done", -1.0, -0.2),
        ];
        assert_eq!(rows, expected);
        assert!(excess(&a, &a).is_empty());
    }

    #[test]
    fn long_levels_are_aligned_in_one_pass() {
        let names = |from: u32, until: u32| -> Vec<String> {
            (from..until)
                .map(|number| format!("step-{}", number % 977))
                .collect()
        };
        let (a, b) = (names(3, 50_000), names(500, 50_000));
        let found = common(&a, &b);
        assert!(found.len() > 40_000, "{}", found.len());
        assert!(
            found
                .windows(2)
                .all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1)
        );
        assert!(found.iter().all(|(x, y)| a[*x] == b[*y]));
    }

    fn any_trace() -> impl Strategy<Value = Vec<(usize, u8, u8)>> {
        proptest::collection::vec((0..3_usize, 0..4_u8, 0..9_u8), 0..24)
    }

    fn made(rows: &[(usize, u8, u8)]) -> Vec<Step<'static>> {
        let mut deepest = 0;
        rows.iter()
            .map(|(depth, name, own)| {
                let depth = (*depth).min(deepest);
                deepest = depth + 1;
                Step {
                    name: ["a", "b", "c", "d"][usize::from(*name)],
                    depth,
                    total_s: 0.0,
                    own_s: f64::from(*own),
                }
            })
            .collect()
    }

    proptest! {
        #[test]
        fn every_step_stands_once_in_its_order(one in any_trace(), other in any_trace()) {
            let (a, b) = (made(&one), made(&other));
            let rows = align(&a, &b);
            let of_a: Vec<usize> = rows.iter().filter_map(|row| row.a).collect();
            let of_b: Vec<usize> = rows.iter().filter_map(|row| row.b).collect();
            prop_assert_eq!(of_a, (0..a.len()).collect::<Vec<_>>());
            prop_assert_eq!(of_b, (0..b.len()).collect::<Vec<_>>());
            for row in &rows {
                for step in [row.a.map(|at| a[at]), row.b.map(|at| b[at])].into_iter().flatten() {
                    prop_assert_eq!(step.depth, row.depth);
                }
                if let (Some(x), Some(y)) = (row.a, row.b) {
                    prop_assert_eq!(a[x].name, b[y].name);
                }
            }
            let own = |steps: &[Step<'_>]| steps.iter().map(|step| step.own_s).sum::<f64>();
            let deltas: f64 = rows.iter().map(|row| delta_own_s(&a, &b, row)).sum();
            prop_assert!((deltas - (own(&b) - own(&a))).abs() < 1e-9);
            // A trace beside itself is the same in every row.
            prop_assert!(align(&a, &a).iter().all(|row| row.a == row.b));
        }
    }
}

//! Faults by chance, the same for the same seed.

use std::time::Duration;

use serde::Deserialize;

use super::{AnswerFault, Fault, ScheduledFault};
use crate::seeded_rng::SeededRng;

/// How often something goes wrong somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomFaults {
    /// Faults per hour of network time, in the whole network: above 0, at most 100,000.
    pub per_hour: f64,
}

/// An endless series of faults, in the order of their times. Empty without nodes or without a
/// rate that makes sense.
pub(crate) fn random_faults(
    seed: u64,
    faults: RandomFaults,
    nodes: Vec<String>,
) -> impl Iterator<Item = ScheduledFault> {
    let mut chance = SeededRng::new(seed, "faults");
    let is_sensible = faults.per_hour > 0.0 && faults.per_hour <= 100_000.0 && !nodes.is_empty();
    let mean_gap_seconds = 3_600.0 / faults.per_hour;
    let mut ends: Vec<ScheduledFault> = Vec::new();
    let mut next: Option<ScheduledFault> = None;
    let mut at = Duration::ZERO;
    std::iter::from_fn(move || {
        if !is_sensible {
            return None;
        }
        let begin = next.take().unwrap_or_else(|| {
            let gap_seconds = -mean_gap_seconds * (1.0 - chance.fraction()).ln();
            at += Duration::from_secs_f64(gap_seconds.clamp(0.001, 1e6));
            ScheduledFault {
                at,
                node: Some(nodes[chance.below(nodes.len())].clone()),
                fault: any_fault(&mut chance),
            }
        });
        let earliest_end = (0..ends.len()).min_by_key(|index| ends[*index].at);
        if let Some(index) = earliest_end.filter(|index| ends[*index].at <= begin.at) {
            next = Some(begin);
            return Some(ends.swap_remove(index));
        }
        if let Some(fault) = begin.fault.end() {
            let seconds = 30.0 + 270.0 * chance.fraction();
            ends.push(ScheduledFault {
                at: begin.at + Duration::from_secs_f64(seconds),
                node: begin.node.clone(),
                fault,
            });
        }
        Some(begin)
    })
}

fn any_fault(chance: &mut SeededRng) -> Fault {
    match chance.below(10) {
        0 => Fault::Stop,
        1 => Fault::Restart,
        2 => Fault::Answers(AnswerFault::Hang),
        3 => Fault::Answers(AnswerFault::Slow(Duration::from_secs(2))),
        4 => Fault::Answers(AnswerFault::ServerError(503)),
        5 => Fault::Answers(AnswerFault::Truncated),
        6 => Fault::Answers(AnswerFault::WrongTypes),
        7 => Fault::LoseSequence,
        8 => Fault::SkewClock(600.0 * (chance.fraction() - 0.5)),
        _ => Fault::Burst(3_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(seed: u64, per_hour: f64, nodes: usize) -> Vec<ScheduledFault> {
        let names = (0..nodes).map(|index| format!("node-{index}")).collect();
        random_faults(seed, RandomFaults { per_hour }, names)
            .take(400)
            .collect()
    }

    #[test]
    fn a_seed_gives_the_same_faults_in_order() {
        let first = faults(7, 60.0, 5);
        assert_eq!(first, faults(7, 60.0, 5));
        assert_ne!(first, faults(8, 60.0, 5));
        assert!(first.is_sorted_by_key(|fault| fault.at));
    }

    #[test]
    fn the_rate_is_kept_and_every_stop_ends() {
        let faults = faults(1, 60.0, 5);
        let begins = faults
            .iter()
            .filter(|fault| !matches!(fault.fault, Fault::Start | Fault::Clear))
            .count();
        let hours = faults.last().unwrap().at.as_secs_f64() / 3_600.0;
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let rate = begins as f64 / hours;
        assert!((45.0..80.0).contains(&rate), "{rate}");
        let count = |wanted: &Fault| faults.iter().filter(|fault| fault.fault == *wanted).count();
        assert!(count(&Fault::Stop) > 5);
        assert!(count(&Fault::Stop) - count(&Fault::Start) <= 3);
    }

    #[test]
    fn without_nodes_or_rate_nothing_happens() {
        assert!(faults(1, 0.0, 5).is_empty());
        assert!(faults(1, f64::NAN, 5).is_empty());
        assert!(faults(1, 60.0, 0).is_empty());
    }
}

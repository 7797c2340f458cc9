//! The results of a run, from the figures of its rounds.

use crate::Verdict;
use crate::answers::{
    CauseCount, ReasonCount, Results, RoundRates, RoundResult, RoundVerdict, ThresholdResult,
};
use crate::figures::{COMPLETENESS_MIN, Figures};
use crate::threshold::{self, Threshold};

/// A round, or the run as a whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Part {
    /// The round; none for the run.
    pub round: Option<i32>,
    /// First transaction, microseconds since 1970.
    pub from_us: Option<i64>,
    /// Last transaction seen or taken into a block.
    pub until_us: Option<i64>,
    /// What it came to.
    pub figures: Figures,
}

/// The results of a run. Without thresholds it is measured by [`threshold::defaults`].
#[must_use]
pub fn results(own: &[Threshold], run: &Part, rounds: &[Part]) -> Results {
    let defaults;
    let thresholds = if own.is_empty() {
        defaults = threshold::defaults();
        &defaults
    } else {
        own
    };
    let is_empty = run.figures.fates.total() == 0;
    let results: Vec<ThresholdResult> = thresholds
        .iter()
        .map(|threshold| threshold_result(threshold, run, rounds))
        .collect();
    let verdict = Verdict::over(results.iter().map(|result| result.verdict));
    let verdict = verdict.filter(|_| !is_empty);
    Results {
        verdict,
        reason: verdict.and_then(|verdict| reason(verdict, &results, run)),
        default_thresholds: own.is_empty(),
        slot_s: run.figures.slot_seconds,
        run: part(run, verdict),
        rounds: rounds
            .iter()
            .map(|round| {
                let verdicts = thresholds
                    .iter()
                    .map(|threshold| threshold.evaluate(&round.figures).verdict);
                part(round, Verdict::over(verdicts))
            })
            .collect(),
        thresholds: results,
    }
}

impl Results {
    /// The results of a run that ends when a round fails: that round decides, whatever the run as a
    /// whole still waits for.
    #[must_use]
    pub fn bound_by_rounds(mut self) -> Self {
        if self.verdict == Some(Verdict::Fail) {
            return self;
        }
        if let Some(failed) = self.failed_round() {
            self.verdict = Some(Verdict::Fail);
            self.run.verdict = self.verdict;
            self.reason = Some(failed);
        }
        self
    }

    /// Which threshold a round cannot hold any more, in words: of the first such round, the first
    /// such threshold. None while all may hold.
    #[must_use]
    pub fn failed_round(&self) -> Option<String> {
        let rounds = self.thresholds.iter().flat_map(|threshold| {
            let rounds = threshold.rounds.iter();
            rounds.map(move |round| (threshold, round))
        });
        let failed = rounds.filter(|(_, round)| round.verdict == Verdict::Fail);
        let (threshold, round) = failed.min_by_key(|(_, round)| round.round)?;
        let value = round.value.map_or_else(String::new, |value| {
            let digits = if value.abs() < 1.0 { 6 } else { 2 };
            let number = format!("{value:.digits$}");
            let number = number.trim_end_matches('0').trim_end_matches('.');
            let quantity = format!("{number} {}", threshold.unit);
            format!(" ({})", quantity.trim_end())
        });
        Some(format!(
            "{} does not hold in round {}{value}",
            threshold.expression, round.round
        ))
    }
}

fn threshold_result(threshold: &Threshold, run: &Part, rounds: &[Part]) -> ThresholdResult {
    let whole = threshold.evaluate(&run.figures);
    ThresholdResult {
        expression: threshold.expression.clone(),
        metric: threshold.metric.name().to_owned(),
        op: threshold.operator.text().to_owned(),
        bound: threshold.bound,
        unit: threshold.unit.text().to_owned(),
        value: whole.value,
        verdict: whole.verdict,
        rounds: rounds
            .iter()
            .filter_map(|round| {
                let evaluation = threshold.evaluate(&round.figures);
                Some(RoundVerdict {
                    round: round.round?,
                    value: evaluation.value,
                    verdict: evaluation.verdict,
                })
            })
            .collect(),
    }
}

fn reason(verdict: Verdict, results: &[ThresholdResult], run: &Part) -> Option<String> {
    let concerned: Vec<&str> = results
        .iter()
        .filter(|result| result.verdict == verdict)
        .map(|result| result.expression.as_str())
        .collect();
    match verdict {
        Verdict::Pass => None,
        Verdict::Fail => Some(format!("does not hold: {}", concerned.join(", "))),
        Verdict::NotEnoughData if !run.figures.is_complete() => {
            let stored = run.figures.completeness.map_or_else(
                || "no log entries are stored from its time".to_owned(),
                // Never rounded up to what it has not reached.
                |share| {
                    format!(
                        "{:.2} % of the log entries are stored",
                        (share * 1e4).floor() / 1e2
                    )
                },
            );
            Some(format!(
                "{stored}; a verdict needs {:.0} %",
                COMPLETENESS_MIN * 100.0
            ))
        }
        // Nothing is to come: waiting does not help.
        Verdict::NotEnoughData if run.figures.fates.waiting == 0 => Some(format!(
            "lost log entries hide what became of {} transactions: {}",
            run.figures.fates.unknown,
            concerned.join(", ")
        )),
        Verdict::NotEnoughData => Some(format!("not decided yet: {}", concerned.join(", "))),
    }
}

fn part(part: &Part, verdict: Option<Verdict>) -> RoundResult {
    let figures = &part.figures;
    let fates = &figures.fates;
    let rate = |count: Option<u64>| figures.rate_min(count?);
    RoundResult {
        round: part.round,
        from: part.from_us,
        until: part.until_us,
        rate: RoundRates {
            intended: rate(fates.intended),
            accepted: rate(fates.accepted),
            included: rate(Some(fates.included())),
            applied: rate(Some(fates.applied)),
        },
        latency_s: figures.latency,
        intended: fates.intended,
        accepted: fates.accepted,
        seen: fates.seen,
        included: fates.included(),
        refused: fates.refused,
        never_seen: fates.never_seen,
        waiting: fates.waiting,
        missed: fates.missed,
        failed: fates.failed,
        applied: fates.applied,
        unknown: fates.unknown,
        unexpected: fates.unexpected,
        total: fates.total(),
        failures: fates
            .failures
            .iter()
            .map(|(reason, count)| ReasonCount {
                reason: reason.clone(),
                count: *count,
            })
            .collect(),
        never_seen_causes: fates
            .causes
            .iter()
            .map(|(cause, count)| CauseCount {
                cause: cause.to_string(),
                count: *count,
            })
            .collect(),
        blocks: figures.blocks,
        orphans: figures.orphans,
        missed_slots: figures.missed_slots,
        apply_s: figures.block_application,
        restarts: figures.restarts,
        completeness: figures.completeness,
        lost_entries: figures.lost_entries,
        unknown_gaps: figures.unknown_gaps,
        verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fates::Fates;

    fn part_of(round: Option<i32>, applied: u64, missed: u64, completeness: f64) -> Part {
        let seen = applied + missed;
        Part {
            round,
            figures: Figures {
                load_seconds: Some(60.0),
                fates: Fates {
                    intended: Some(seen),
                    accepted: Some(seen),
                    seen,
                    applied,
                    missed,
                    ..Fates::none()
                },
                completeness: Some(completeness),
                ..Figures::default()
            },
            ..Part::default()
        }
    }

    #[test]
    fn a_run_without_thresholds_is_measured_by_the_default_ones() {
        let found = results(
            &[],
            &part_of(None, 198, 2, 1.0),
            &[part_of(Some(0), 100, 0, 1.0), part_of(Some(1), 98, 2, 1.0)],
        );
        assert!(found.default_thresholds);
        assert_eq!((found.verdict, found.reason), (Some(Verdict::Pass), None));
        let rounds: Vec<_> = found.rounds.iter().map(|round| round.verdict).collect();
        assert_eq!(rounds, [Some(Verdict::Pass), Some(Verdict::Fail)]);
        let included = &found.thresholds[0];
        assert_eq!(
            (included.value, included.rounds[1].value),
            (Some(99.0), Some(98.0))
        );
    }

    #[test]
    fn a_verdict_that_is_no_pass_has_its_reason() {
        let check = |part: Part, verdict, text: &str| {
            let threshold = Threshold::parse("included >= 99.5%").unwrap();
            let found = results(&[threshold], &part, &[]);
            assert_eq!(
                (found.verdict, found.reason.as_deref()),
                (Some(verdict), Some(text))
            );
        };
        check(
            part_of(None, 99, 1, 1.0),
            Verdict::Fail,
            "does not hold: included >= 99.5%",
        );
        check(
            part_of(None, 100, 0, 0.98999),
            Verdict::NotEnoughData,
            "98.99 % of the log entries are stored; a verdict needs 99 %",
        );
        let mut waiting = part_of(None, 99, 0, 1.0);
        waiting.figures.fates.waiting = 1;
        check(
            waiting,
            Verdict::NotEnoughData,
            "not decided yet: included >= 99.5%",
        );
        let mut hidden = part_of(None, 99, 0, 1.0);
        hidden.figures.fates.unknown = 1;
        check(
            hidden,
            Verdict::NotEnoughData,
            "lost log entries hide what became of 1 transactions: included >= 99.5%",
        );
        let mut nothing = part_of(None, 1, 0, 1.0);
        nothing.figures.completeness = None;
        check(
            nothing,
            Verdict::NotEnoughData,
            "no log entries are stored from its time; a verdict needs 99 %",
        );
    }

    #[test]
    fn the_first_round_that_fails_is_named_with_its_threshold() {
        let thresholds = ["restarts == 0", "included >= 99%"];
        let thresholds = thresholds.map(|text| Threshold::parse(text).unwrap());
        let rounds = |missed: u64, waiting: u64| {
            let mut second = part_of(Some(1), 100 - missed, missed, 1.0);
            second.figures.fates.waiting = waiting;
            let mut third = part_of(Some(2), 1, 0, 1.0);
            third.figures.restarts = 1;
            [part_of(Some(0), 100, 0, 1.0), second, third]
        };
        let failed = |rounds: &[Part]| {
            results(&thresholds, &part_of(None, 1, 0, 1.0), rounds).failed_round()
        };
        assert_eq!(
            failed(&rounds(3, 0)).as_deref(),
            Some("included >= 99% does not hold in round 1 (97 %)")
        );
        // The second round still can.
        assert_eq!(
            failed(&rounds(0, 3)).as_deref(),
            Some("restarts == 0 does not hold in round 2 (1)")
        );
        assert_eq!(failed(&rounds(0, 0)[..2]), None);

        // Where a round that fails ends the run, it decides while the run waits for transactions.
        let mut waits = part_of(None, 1, 0, 1.0);
        waits.figures.fates.waiting = 3;
        let undecided = |rounds: &[Part]| results(&thresholds, &waits, rounds);
        let of_rounds = |rounds: &[Part]| undecided(rounds).bound_by_rounds();
        let whole = undecided(&rounds(3, 0));
        assert_eq!(whole.verdict, Some(Verdict::NotEnoughData));
        let decided = of_rounds(&rounds(3, 0));
        assert_eq!(decided.verdict, Some(Verdict::Fail));
        assert_eq!(decided.run.verdict, Some(Verdict::Fail));
        assert_eq!(
            decided.reason.as_deref(),
            Some("included >= 99% does not hold in round 1 (97 %)")
        );
        let none_failed = &rounds(0, 0)[..2];
        assert_eq!(of_rounds(none_failed), undecided(none_failed));
    }

    #[test]
    fn without_transactions_there_is_no_verdict() {
        let found = results(&[], &Part::default(), &[]);
        assert_eq!((found.verdict, found.reason), (None, None));
    }
}

//! The fate of every transaction of a run.
//!
//! Every intended transaction has exactly one fate, so the fates of a round sum to what was
//! intended; what nodes sent without being asked is counted beside it.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// What became of a request to send load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// The node accepted it.
    Accepted,
    /// The node executed it, but its answer was lost.
    Unconfirmed,
    /// Nobody knows whether the node executed it.
    Unanswered,
    /// The node refused it.
    Refused,
}

/// A request to send load.
#[expect(clippy::struct_excessive_bools, reason = "facts of a request")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadRequest {
    /// Transactions that the node was asked to send.
    pub intended: u64,
    /// The answer; none while the node is asked.
    pub answer: Option<Answer>,
    /// The time of the load is over.
    pub is_over: bool,
    /// The load was stopped at the node before its time was over.
    pub is_stopped: bool,
    /// The node itself was stopped or restarted during the round.
    pub node_was_stopped: bool,
    /// Entries of the node's log are lost from the time of the round.
    pub has_loss: bool,
    /// Why the node's own pool rejected transactions during the round, most frequent first.
    pub rejections: Vec<String>,
}

/// Transactions that are in pools and in no block yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pooled {
    /// The minute of the node's clock in which they were seen first, in microseconds since 1970.
    pub minute_us: i64,
    /// How many.
    pub count: u64,
}

/// One request's load and what the traces have of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load {
    /// Whether this is zkApp commands; payments otherwise.
    pub is_zkapp: bool,
    /// The request; none if traces are all that is known.
    pub request: Option<LoadRequest>,
    /// Seen in pools only.
    pub pooled: Vec<Pooled>,
    /// In blocks, and applied to the ledger.
    pub applied: u64,
    /// In blocks, and failed there, by reason.
    pub failures: BTreeMap<String, u64>,
}

/// How far the traces reach for one round.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Horizon {
    /// The network had its chance to include what was sent: what is in no block now is missed.
    pub is_settled: bool,
    /// The first minute of the round, in microseconds since 1970, if anything was seen.
    pub from_us: Option<i64>,
    /// Minutes, ascending, from which every node has lost entries: nobody knows what was in blocks
    /// or pools then.
    pub blind_minutes_us: Vec<i64>,
}

impl Horizon {
    fn is_blind_since(&self, minute_us: i64) -> bool {
        self.blind_minutes_us
            .last()
            .is_some_and(|last| *last >= minute_us)
    }

    fn is_blind(&self) -> bool {
        match self.from_us {
            Some(from_us) => self.is_blind_since(from_us),
            None => !self.blind_minutes_us.is_empty(),
        }
    }
}

/// Why accepted load was never seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The node never answered the request.
    Unanswered,
    /// The load was stopped before its time was over.
    LoadStopped,
    /// The node was stopped or restarted.
    NodeStopped,
    /// The node's own pool rejected transactions, with the reason.
    Rejected(String),
    /// The node deployed its zkApps first.
    Deploying,
    /// The node was too busy.
    Busy,
}

impl std::fmt::Display for Cause {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unanswered => formatter.write_str("the node did not answer the request"),
            Self::LoadStopped => {
                formatter.write_str("the load was stopped at the node before its time was over")
            }
            Self::NodeStopped => {
                formatter.write_str("the node was stopped or restarted during the round")
            }
            Self::Rejected(reason) => {
                write!(formatter, "the node's pool rejected transactions: {reason}")
            }
            Self::Deploying => formatter
                .write_str("the node deployed its zkApps first and does not make up for that time"),
            Self::Busy => formatter.write_str(
                "the node skipped what it was too busy to send before its time was over",
            ),
        }
    }
}

impl Cause {
    fn of(request: &LoadRequest, is_zkapp: bool) -> Self {
        if request.answer == Some(Answer::Unanswered) {
            Self::Unanswered
        } else if request.is_stopped {
            Self::LoadStopped
        } else if request.node_was_stopped {
            Self::NodeStopped
        } else if let Some(reason) = request.rejections.first() {
            Self::Rejected(reason.clone())
        } else if is_zkapp {
            Self::Deploying
        } else {
            Self::Busy
        }
    }
}

/// How many transactions had which fate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fates {
    /// Asked of nodes; none if a part of the load is known by traces only.
    pub intended: Option<u64>,
    /// Accepted by nodes; none as above.
    pub accepted: Option<u64>,
    /// Seen in pools or blocks.
    pub seen: u64,
    /// Fate: the node refused the request.
    pub refused: u64,
    /// Fate: accepted, and in no trace although traces are complete.
    pub never_seen: u64,
    /// Fate: its time is not over, or its round has not settled.
    pub waiting: u64,
    /// Fate: seen, and in no block although its round has settled.
    pub missed: u64,
    /// Fate: in a block, and failed there.
    pub failed: u64,
    /// Fate: in a block, and applied to the ledger.
    pub applied: u64,
    /// Fate: a loss of log entries overlaps it.
    pub unknown: u64,
    /// Those of `waiting` that were seen.
    pub waiting_seen: u64,
    /// Those of `unknown` that were seen.
    pub unknown_seen: u64,
    /// Seen beyond what was intended. These have a fate, too.
    pub unexpected: u64,
    /// Why transactions failed, with counts.
    pub failures: BTreeMap<String, u64>,
    /// Why load was never seen, with counts.
    pub causes: BTreeMap<Cause, u64>,
}

impl Fates {
    /// No transactions of a run whose requests are known.
    #[must_use]
    pub fn none() -> Self {
        Self {
            intended: Some(0),
            accepted: Some(0),
            ..Self::default()
        }
    }

    /// In blocks.
    #[must_use]
    pub fn included(&self) -> u64 {
        self.applied + self.failed
    }

    /// What shares are taken of: what was intended or, where only traces are known, seen; and what
    /// came unasked.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.refused
            + self.never_seen
            + self.waiting
            + self.missed
            + self.failed
            + self.applied
            + self.unknown
    }

    /// Transactions whose fate may still change or will never be known.
    #[must_use]
    pub fn undecided(&self) -> u64 {
        self.waiting + self.unknown
    }

    /// Classifies one load.
    pub fn add(&mut self, load: &Load, horizon: &Horizon) {
        let pooled: u64 = load.pooled.iter().map(|pooled| pooled.count).sum();
        let failed: u64 = load.failures.values().sum();
        let seen = pooled + load.applied + failed;
        self.seen += seen;
        self.applied += load.applied;
        self.failed += failed;
        for (reason, count) in &load.failures {
            *self.failures.entry(reason.clone()).or_default() += count;
        }
        for pooled in &load.pooled {
            if !horizon.is_settled {
                self.waiting += pooled.count;
                self.waiting_seen += pooled.count;
            } else if horizon.is_blind_since(pooled.minute_us) {
                self.unknown += pooled.count;
                self.unknown_seen += pooled.count;
            } else {
                self.missed += pooled.count;
            }
        }
        if let Some(request) = &load.request {
            self.add_unseen(request, load.is_zkapp, seen, horizon);
        } else {
            self.intended = None;
            self.accepted = None;
        }
    }

    /// Gives one included transaction another outcome: the reason why it failed, or none if it was
    /// applied. Where there is none with the `former` outcome, nothing changes.
    pub fn replace(&mut self, former: Option<&str>, actual: Option<&str>) {
        match former {
            None if self.applied > 0 => self.applied -= 1,
            Some(reason) if self.failures.contains_key(reason) => {
                self.failed -= 1;
                self.failures
                    .entry(reason.to_owned())
                    .and_modify(|count| *count -= 1);
                self.failures.retain(|_, count| *count > 0);
            }
            _ => return,
        }
        match actual {
            None => self.applied += 1,
            Some(reason) => {
                self.failed += 1;
                *self.failures.entry(reason.to_owned()).or_default() += 1;
            }
        }
    }

    fn add_unseen(&mut self, request: &LoadRequest, is_zkapp: bool, seen: u64, horizon: &Horizon) {
        let accepted = match request.answer {
            Some(Answer::Accepted | Answer::Unconfirmed) => request.intended,
            // What was seen must have been accepted.
            Some(Answer::Unanswered) | None => seen.min(request.intended),
            Some(Answer::Refused) => 0,
        };
        self.intended = self.intended.map(|sum| sum + request.intended);
        self.accepted = self.accepted.map(|sum| sum + accepted);
        if request.answer == Some(Answer::Refused) {
            self.refused += request.intended;
            self.unexpected += seen;
            return;
        }
        self.unexpected += seen.saturating_sub(request.intended);
        let unseen = request.intended.saturating_sub(seen);
        if unseen == 0 {
        } else if request.answer.is_none() || !request.is_over || !horizon.is_settled {
            self.waiting += unseen;
        } else if request.has_loss || horizon.is_blind() {
            self.unknown += unseen;
        } else {
            self.never_seen += unseen;
            let cause = Cause::of(request, is_zkapp);
            *self.causes.entry(cause).or_default() += unseen;
        }
    }
}

impl AddAssign<&Self> for Fates {
    fn add_assign(&mut self, other: &Self) {
        let both = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
        self.intended = both(self.intended, other.intended);
        self.accepted = both(self.accepted, other.accepted);
        self.seen += other.seen;
        self.refused += other.refused;
        self.never_seen += other.never_seen;
        self.waiting += other.waiting;
        self.missed += other.missed;
        self.failed += other.failed;
        self.applied += other.applied;
        self.unknown += other.unknown;
        self.waiting_seen += other.waiting_seen;
        self.unknown_seen += other.unknown_seen;
        self.unexpected += other.unexpected;
        for (reason, count) in &other.failures {
            *self.failures.entry(reason.clone()).or_default() += count;
        }
        for (cause, count) in &other.causes {
            *self.causes.entry(cause.clone()).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(intended: u64, answer: Answer) -> LoadRequest {
        LoadRequest {
            intended,
            answer: Some(answer),
            is_over: true,
            ..LoadRequest::default()
        }
    }

    fn settled() -> Horizon {
        Horizon {
            is_settled: true,
            from_us: Some(0),
            blind_minutes_us: Vec::new(),
        }
    }

    fn load(request: LoadRequest, pooled: u64, applied: u64) -> Load {
        Load {
            request: Some(request),
            pooled: vec![Pooled {
                minute_us: 60,
                count: pooled,
            }],
            applied,
            ..Load::default()
        }
    }

    fn fates(load: &Load, horizon: &Horizon) -> Fates {
        let mut fates = Fates::none();
        fates.add(load, horizon);
        fates
    }

    #[test]
    fn a_settled_round_has_no_waiting_transactions() {
        let mut load = load(request(10, Answer::Accepted), 2, 5);
        load.failures.insert("Overflow".to_owned(), 1);
        let found = fates(&load, &settled());
        let expected = Fates {
            intended: Some(10),
            accepted: Some(10),
            seen: 8,
            never_seen: 2,
            missed: 2,
            failed: 1,
            applied: 5,
            failures: BTreeMap::from([("Overflow".to_owned(), 1)]),
            causes: BTreeMap::from([(Cause::Busy, 2)]),
            ..Fates::none()
        };
        assert_eq!(found, expected);
        assert_eq!(found.included(), 6);
    }

    #[test]
    fn before_its_time_is_over_load_waits() {
        let mut running = request(10, Answer::Accepted);
        running.is_over = false;
        let found = fates(&load(running, 2, 5), &Horizon::default());
        assert_eq!((found.waiting, found.waiting_seen), (5, 2));
        assert_eq!((found.missed, found.never_seen), (0, 0));
        let asked = LoadRequest {
            answer: None,
            ..request(10, Answer::Accepted)
        };
        let found = fates(&load(asked, 0, 0), &settled());
        assert_eq!((found.waiting, found.accepted), (10, Some(0)));
    }

    #[test]
    fn a_refused_request_is_refused_whole() {
        let found = fates(&load(request(10, Answer::Refused), 0, 0), &settled());
        assert_eq!((found.refused, found.accepted), (10, Some(0)));
        assert_eq!(found.total(), 10);
    }

    #[test]
    fn a_loss_makes_what_was_not_seen_unknown() {
        let lossy = LoadRequest {
            has_loss: true,
            ..request(10, Answer::Accepted)
        };
        let found = fates(&load(lossy, 2, 5), &settled());
        assert_eq!((found.unknown, found.unknown_seen), (3, 0));
        assert_eq!((found.missed, found.never_seen), (2, 0));
    }

    #[test]
    fn a_minute_that_every_node_lost_makes_what_was_pooled_before_it_unknown() {
        let accepted = load(request(10, Answer::Accepted), 2, 5);
        let blind = |minute_us| Horizon {
            blind_minutes_us: vec![minute_us],
            ..settled()
        };
        let before = fates(&accepted, &blind(-60));
        assert_eq!(
            (before.unknown, before.missed, before.never_seen),
            (0, 2, 3)
        );
        let between = fates(&accepted, &blind(0));
        assert_eq!((between.unknown, between.missed), (3, 2));
        let after = fates(&accepted, &blind(60));
        assert_eq!((after.unknown, after.unknown_seen), (5, 2));
        let nothing_seen = Horizon {
            from_us: None,
            ..blind(60)
        };
        let found = fates(&load(request(4, Answer::Accepted), 0, 0), &nothing_seen);
        assert_eq!((found.unknown, found.never_seen), (4, 0));
    }

    #[test]
    fn what_was_not_sent_has_the_nearest_cause() {
        let check = |change: fn(&mut LoadRequest), is_zkapp: bool, expected: Cause| {
            let mut request = request(3, Answer::Accepted);
            change(&mut request);
            let load = Load {
                is_zkapp,
                ..load(request, 0, 1)
            };
            let found = fates(&load, &settled());
            assert_eq!(found.causes, BTreeMap::from([(expected, 2)]));
        };
        check(|_| (), false, Cause::Busy);
        check(|_| (), true, Cause::Deploying);
        let rejected = |request: &mut LoadRequest| {
            request.rejections = vec!["Invalid_nonce".to_owned(), "Overloaded".to_owned()];
        };
        check(rejected, true, Cause::Rejected("Invalid_nonce".to_owned()));
        check(
            |request| request.node_was_stopped = true,
            true,
            Cause::NodeStopped,
        );
        let stopped = |request: &mut LoadRequest| {
            request.is_stopped = true;
            request.node_was_stopped = true;
        };
        check(stopped, true, Cause::LoadStopped);
        let unanswered = |request: &mut LoadRequest| request.answer = Some(Answer::Unanswered);
        check(unanswered, false, Cause::Unanswered);
    }

    #[test]
    fn another_outcome_moves_a_transaction_between_the_included_ones() {
        let mut load = load(request(10, Answer::Accepted), 0, 6);
        load.failures.insert("Overflow".to_owned(), 4);
        let mut found = fates(&load, &settled());
        found.replace(None, Some("Invalid_nonce"));
        for _ in 0..5 {
            found.replace(Some("Overflow"), None);
        }
        found.replace(Some("Never"), None);
        let failures = BTreeMap::from([("Invalid_nonce".to_owned(), 1)]);
        assert_eq!((found.applied, found.failed), (9, 1));
        assert_eq!((&found.failures, found.included()), (&failures, 10));
        let mut none = Fates::none();
        none.replace(None, Some("Overflow"));
        assert_eq!(none.included(), 0);
    }

    #[test]
    fn without_requests_only_what_was_seen_is_counted() {
        let traced = Load {
            request: None,
            ..load(LoadRequest::default(), 2, 5)
        };
        let found = fates(&traced, &settled());
        assert_eq!((found.intended, found.accepted), (None, None));
        assert_eq!((found.seen, found.total(), found.missed), (7, 7, 2));
    }

    fn any_load() -> impl Strategy<Value = Load> {
        let answer = prop_oneof![
            Just(None),
            Just(Some(Answer::Accepted)),
            Just(Some(Answer::Unconfirmed)),
            Just(Some(Answer::Unanswered)),
            Just(Some(Answer::Refused)),
        ];
        let request =
            (0..50u64, answer, any::<[bool; 4]>()).prop_map(|(intended, answer, flags)| {
                LoadRequest {
                    intended,
                    answer,
                    is_over: flags[0],
                    is_stopped: flags[1],
                    node_was_stopped: flags[2],
                    has_loss: flags[3],
                    rejections: Vec::new(),
                }
            });
        let pooled = proptest::collection::vec((0..5i64, 0..9u64), 0..4);
        (any::<bool>(), request, pooled, 0..30u64, 0..9u64).prop_map(
            |(is_zkapp, request, pooled, applied, failed)| Load {
                is_zkapp,
                request: Some(request),
                pooled: pooled
                    .into_iter()
                    .map(|(minute_us, count)| Pooled { minute_us, count })
                    .collect(),
                applied,
                failures: BTreeMap::from([("Overflow".to_owned(), failed)]),
            },
        )
    }

    proptest! {
        #[test]
        fn nothing_disappears_between_two_columns(
            loads in proptest::collection::vec(any_load(), 0..8),
            is_settled in any::<bool>(),
            blind in proptest::collection::vec(0..5i64, 0..2),
        ) {
            let horizon = Horizon { is_settled, from_us: Some(1), blind_minutes_us: blind };
            let mut all = Fates::none();
            let mut sum = Fates::none();
            for load in &loads {
                all.add(load, &horizon);
                sum += &fates(load, &horizon);
            }
            prop_assert_eq!(&all, &sum);
            prop_assert_eq!(all.intended.unwrap() + all.unexpected, all.total());
            prop_assert_eq!(
                all.seen,
                all.included() + all.missed + all.waiting_seen + all.unknown_seen
            );
            prop_assert_eq!(all.causes.values().sum::<u64>(), all.never_seen);
            prop_assert_eq!(all.failures.values().sum::<u64>(), all.failed);
            prop_assert!(all.accepted.unwrap() + all.refused <= all.intended.unwrap());
        }
    }
}

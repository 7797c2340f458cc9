//! What became of the transactions of a run: asked of nodes, sent, seen, in blocks, applied there.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::Serialize;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::request_status::RequestStatus;
use crate::{Database, StoreError};

/// How many transactions the ledger refused, by the reason that it gives.
pub type Failures = BTreeMap<String, i64>;

/// What every warning of [`failure_warning`] begins with.
pub const FAILURE_WARNING: &str = "the ledger refused transactions";

/// What was asked of nodes and what came of it, in transactions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TransactionCounts {
    /// Asked of nodes that the plan selected.
    pub intended: i64,
    /// Accepted by nodes.
    pub accepted: i64,
    /// Accepted, but not sent by the node within the time that it had. Counted once that is over.
    pub unsent: i64,
    /// Heard of in pools or blocks.
    pub seen: i64,
    /// In blocks.
    pub included: i64,
    /// In blocks, and applied to the ledger.
    pub applied: i64,
    /// In blocks, but refused by the ledger: only the fee is paid.
    pub failed: i64,
}

impl AddAssign for TransactionCounts {
    fn add_assign(&mut self, other: Self) {
        self.intended += other.intended;
        self.accepted += other.accepted;
        self.unsent += other.unsent;
        self.seen += other.seen;
        self.included += other.included;
        self.applied += other.applied;
        self.failed += other.failed;
    }
}

/// Delivery of one kind in one batch of one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundTransactions {
    /// The round.
    pub round: i32,
    /// `payments` or `zkapps`.
    pub kind: String,
    /// The batch, the third part of memos.
    pub batch: i32,
    /// The node.
    pub node: String,
    /// What became of the request.
    pub outcome: Option<RequestStatus>,
    /// Whether it was stopped at the node before its time was over.
    pub is_stopped: bool,
    /// The figures.
    pub delivery: TransactionCounts,
    /// Why the ledger refused what failed.
    pub failures: Failures,
}

/// What all transactions of a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The figures.
    pub delivery: TransactionCounts,
    /// Why the ledger refused what failed.
    pub failures: Failures,
}

impl Outcome {
    /// All batches together.
    #[must_use]
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a RoundTransactions>) -> Self {
        let mut all = Self::default();
        for row in rows {
            all.add(row);
        }
        all
    }

    /// One more batch.
    pub fn add(&mut self, row: &RoundTransactions) {
        self.delivery += row.delivery;
        for (reason, count) in &row.failures {
            *self.failures.entry(reason.clone()).or_default() += count;
        }
    }

    /// The warning about what failed, if anything did.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        failure_warning(self.delivery.included, &self.failures)
    }

    /// The warnings of a run with the one about what failed as it is now, instead of those that
    /// were written down during the run.
    #[must_use]
    pub fn warnings(&self, mut told: Vec<String>) -> Vec<String> {
        if let Some(warning) = self.warning() {
            told.retain(|line| !line.starts_with(FAILURE_WARNING));
            told.push(warning);
        }
        told
    }
}

/// The warning about transactions that are in blocks and failed there; none if all were applied.
#[must_use]
pub fn failure_warning(included: i64, failures: &Failures) -> Option<String> {
    let failed: i64 = failures.values().sum();
    if failed == 0 {
        return None;
    }
    let reasons: Vec<String> = failures
        .iter()
        .map(|(reason, count)| format!("{count} for {reason}"))
        .collect();
    let reasons = reasons.join(", ");
    Some(format!(
        "{FAILURE_WARNING}: {failed} of {included} in blocks failed there and only paid their fees \
         ({reasons})"
    ))
}

/// Why nodes have sent less of a kind of load than they accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnsentReason {
    /// `payments` or `zkapps`.
    pub kind: String,
    /// Why.
    pub reason: &'static str,
}

/// Why nodes have sent less than they accepted, each reason once; nothing if they have sent all.
#[must_use]
pub fn unsent_reasons(rows: &[RoundTransactions]) -> Vec<UnsentReason> {
    let mut reasons = Vec::new();
    for row in rows.iter().filter(|row| row.delivery.unsent > 0) {
        let reason = UnsentReason {
            kind: row.kind.clone(),
            reason: unsent_reason(&row.kind, row.is_stopped),
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

fn unsent_reason(kind: &str, is_stopped: bool) -> &'static str {
    if is_stopped {
        "the load was stopped at the node before its time was over"
    } else if kind == "zkapps" {
        "a node deploys its zkApps first and sends the load once these are in the ledger; it does \
         not make up for that time"
    } else {
        "a node skips what it is too busy to send in time, and what it sends ends when it stops"
    }
}

impl Database {
    /// What was asked and what came of it, by round, kind and batch. Transactions are recognised
    /// by the beginning of their memos.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn experiment_delivery(
        &self,
        name: &str,
    ) -> Result<Vec<RoundTransactions>, StoreError> {
        let rows = sqlx::query(include_str!("sql/delivery.sql"))
            .bind(name)
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(round_delivery).collect()
    }

    /// What became of the transactions of these runs, as far as they are in blocks. All
    /// transactions are looked at once, however many runs there are.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn experiment_outcomes(
        &self,
        names: &[String],
    ) -> Result<BTreeMap<String, Outcome>, StoreError> {
        let rows = sqlx::query(include_str!("sql/outcomes.sql"))
            .bind(names)
            .fetch_all(self.pool())
            .await?;
        let mut outcomes: BTreeMap<String, Outcome> = BTreeMap::new();
        for row in &rows {
            let outcome = outcomes.entry(row.try_get("exp")?).or_default();
            outcome.delivery += TransactionCounts {
                seen: row.try_get("total")?,
                included: row.try_get("included")?,
                applied: row.try_get("applied")?,
                failed: row.try_get("failed")?,
                ..TransactionCounts::default()
            };
            for (reason, count) in failures(row)? {
                *outcome.failures.entry(reason).or_default() += count;
            }
        }
        Ok(outcomes)
    }
}

fn round_delivery(row: &PgRow) -> Result<RoundTransactions, StoreError> {
    Ok(RoundTransactions {
        round: row.try_get("round")?,
        kind: row.try_get("kind")?,
        batch: row.try_get("batch")?,
        node: row.try_get("node")?,
        outcome: RequestStatus::of_row(row)?,
        is_stopped: row.try_get("is_stopped")?,
        delivery: TransactionCounts {
            intended: row.try_get("intended")?,
            accepted: row.try_get("accepted")?,
            unsent: row.try_get("unsent")?,
            seen: row.try_get("seen")?,
            included: row.try_get("included")?,
            applied: row.try_get("applied")?,
            failed: row.try_get("failed")?,
        },
        failures: failures(row)?,
    })
}

/// The column `failures`: an object of numbers, or null.
pub(crate) fn failures(row: &PgRow) -> Result<Failures, StoreError> {
    let failures: Option<sqlx::types::Json<Failures>> = row.try_get("failures")?;
    Ok(failures.map(|failures| failures.0).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(included: i64, failures: &[(&str, i64)]) -> RoundTransactions {
        let failures: Failures = failures
            .iter()
            .map(|(reason, count)| ((*reason).to_owned(), *count))
            .collect();
        let failed = failures.values().sum();
        RoundTransactions {
            round: 0,
            kind: "payments".to_owned(),
            batch: 0,
            node: "a:1".to_owned(),
            outcome: None,
            is_stopped: false,
            delivery: TransactionCounts {
                included,
                applied: included - failed,
                failed,
                ..TransactionCounts::default()
            },
            failures,
        }
    }

    #[test]
    fn failures_are_summed_by_reason_and_warned_of() {
        let rows = [
            batch(
                10,
                &[
                    ("Overflow", 2),
                    ("Amount_insufficient_to_create_account", 3),
                ],
            ),
            batch(5, &[("Overflow", 1)]),
        ];
        let all = Outcome::of(&rows);
        assert_eq!((all.delivery.included, all.delivery.failed), (15, 6));
        assert_eq!(
            all.warning().unwrap(),
            "the ledger refused transactions: 6 of 15 in blocks failed there and only paid their \
             fees (3 for Amount_insufficient_to_create_account, 3 for Overflow)"
        );
        assert_eq!(Outcome::of(&[batch(5, &[])]).warning(), None);
    }

    #[test]
    fn an_earlier_warning_gives_way_to_the_present_one() {
        let earlier = Outcome::of(&[batch(1, &[("Overflow", 1)])])
            .warning()
            .unwrap();
        let told = vec!["a node is away".to_owned(), earlier.clone()];
        let now = Outcome::of(&[batch(9, &[("Overflow", 4)])]);
        let warnings = now.warnings(told.clone());
        assert_eq!(
            warnings,
            ["a node is away".to_owned(), now.warning().unwrap()]
        );
        // Where the transactions are gone, what nodes answered is all that is known.
        assert_eq!(Outcome::default().warnings(told.clone()), told);
    }
}

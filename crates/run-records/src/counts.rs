//! Transactions of runs in numbers, as `/api/v1` shows them.

use serde::Serialize;
use store::experiment_runs::{
    Failures, Outcome, RequestStatus, RoundTransactions, TransactionCounts, unsent_reasons,
};
use utoipa::ToSchema;

/// Transactions asked of nodes, and what came of them.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub(crate) struct Counts {
    /// Asked of nodes.
    intended: i64,
    /// Accepted by nodes.
    accepted: i64,
    /// Accepted, but not sent by the node in the time that it had; counted once that is over.
    unsent: i64,
    /// Heard of in traces.
    seen: i64,
    /// In blocks.
    included: i64,
    /// In blocks, and applied to the ledger.
    applied: i64,
    /// In blocks, but refused by the ledger: only the fee is paid.
    failed: i64,
}

impl From<TransactionCounts> for Counts {
    fn from(delivery: TransactionCounts) -> Self {
        Self {
            intended: delivery.intended,
            accepted: delivery.accepted,
            unsent: delivery.unsent,
            seen: delivery.seen,
            included: delivery.included,
            applied: delivery.applied,
            failed: delivery.failed,
        }
    }
}

/// Why nodes have sent less of a kind of load than they accepted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Unsent {
    /// `payments` or `zkapps`.
    kind: String,
    /// Why.
    reason: &'static str,
}

/// Transactions, with the reasons of what went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Total {
    /// The figures.
    #[serde(flatten)]
    counts: Counts,
    /// Why the ledger refused what failed: how many for which reason.
    failures: Failures,
    /// Why nodes have not sent all that they accepted.
    unsent_reasons: Vec<Unsent>,
}

impl Total {
    fn of(rows: &[RoundTransactions]) -> Self {
        let outcome = Outcome::of(rows);
        let unsent = unsent_reasons(rows).into_iter();
        Self {
            counts: outcome.delivery.into(),
            failures: outcome.failures,
            unsent_reasons: unsent
                .map(|unsent| Unsent {
                    kind: unsent.kind,
                    reason: unsent.reason,
                })
                .collect(),
        }
    }
}

/// Delivery of a round.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoundCounts {
    /// The round, from 0.
    round: i32,
    /// `payments` or `zkapps`.
    kind: String,
    /// All nodes together.
    #[serde(flatten)]
    total: Total,
    /// Each node.
    nodes: Vec<NodeCounts>,
}

/// Delivery of one node in a round.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NodeDelivery)]
pub(crate) struct NodeCounts {
    /// `host:port`.
    node: String,
    /// The third part of memos.
    batch: i32,
    /// `accepted`, `unconfirmed`, `unanswered` or `refused`; null while it is asked.
    outcome: Option<&'static str>,
    /// The figures.
    #[serde(flatten)]
    counts: Counts,
}

impl From<&RoundTransactions> for NodeCounts {
    fn from(row: &RoundTransactions) -> Self {
        Self {
            node: row.node.clone(),
            batch: row.batch,
            outcome: row.outcome.map(RequestStatus::as_str),
            counts: row.delivery.into(),
        }
    }
}

/// The whole run, and each kind of each round. The rows are in this order.
pub(crate) fn count(rows: &[RoundTransactions]) -> (Total, Vec<RoundCounts>) {
    let is_same = |row: &RoundTransactions, next: &RoundTransactions| {
        row.round == next.round && row.kind == next.kind
    };
    let rounds = rows.chunk_by(is_same).filter_map(|round| {
        let first = round.first()?;
        Some(RoundCounts {
            round: first.round,
            kind: first.kind.clone(),
            total: Total::of(round),
            nodes: round.iter().map(NodeCounts::from).collect(),
        })
    });
    (Total::of(rows), rounds.collect())
}

/// What became of the transactions of a run that are in blocks.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct InBlocks {
    /// In blocks.
    included: i64,
    /// In blocks, and applied to the ledger.
    applied: i64,
    /// In blocks, but refused by the ledger: only the fee is paid.
    failed: i64,
    /// Why the ledger refused what failed: how many for which reason.
    failures: Failures,
}

impl From<Outcome> for InBlocks {
    fn from(outcome: Outcome) -> Self {
        Self {
            included: outcome.delivery.included,
            applied: outcome.delivery.applied,
            failed: outcome.delivery.failed,
            failures: outcome.failures,
        }
    }
}

//! Pool events: which checkpoints announce them, and what their metadata say.
//!
//! A gossip checkpoint shows action and time; the metadata line after it
//! shows the content. The original pairs the two in database triggers;
//! here the tracer does, with the functions of this module.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::json_object::{as_text, each_element, each_member, elements, string};

/// What a pool did, in the order of the database type `pool_action_t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PoolAction {
    /// Came in by gossip or locally.
    Received,
    /// Taken into the pool.
    Accepted,
    /// Refused.
    Rejected,
    /// Work became available.
    Added,
    /// Work was handed to a worker.
    Scheduled,
    /// Work is no longer available.
    Removed,
}

impl PoolAction {
    /// The label in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Added => "added",
            Self::Scheduled => "scheduled",
            Self::Removed => "removed",
        }
    }
}

/// What a pool holds, in the order of the database type `resource_t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Resource {
    /// Transactions.
    TransactionDiff,
    /// SNARK work.
    SnarkWork,
}

impl Resource {
    /// The label in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TransactionDiff => "Transaction_diff",
            Self::SnarkWork => "Snark_work",
        }
    }
}

/// Whether a checkpoint announces a pool event.
pub(crate) fn announcement(name: &str) -> Option<(Resource, PoolAction)> {
    if let Some(action) = name.strip_prefix("Snark_work_") {
        let action = match action {
            "received" => PoolAction::Received,
            "accepted" => PoolAction::Accepted,
            "rejected" => PoolAction::Rejected,
            "added" => PoolAction::Added,
            "scheduled" => PoolAction::Scheduled,
            "removed" => PoolAction::Removed,
            _ => return None,
        };
        return Some((Resource::SnarkWork, action));
    }
    let action = match name.strip_prefix("Transaction_diff_")? {
        "received" => PoolAction::Received,
        "accepted" => PoolAction::Accepted,
        "rejected" => PoolAction::Rejected,
        _ => return None,
    };
    Some((Resource::TransactionDiff, action))
}

/// Greatest lengths of the columns that hold these texts, in characters.
const SHORT_TEXT_MAX: usize = 255;
const KIND_MAX: usize = 64;
const HASH_MAX: usize = 128;
/// Most names in the reason of a failure.
const FAILURES_MAX: usize = 4;
/// An account update that another one's failure has undone.
const CANCELLED: &str = "Cancelled";

/// The members of metadata that describe pool events; of a repeated key the last.
#[derive(Debug, Default)]
pub(crate) struct PoolMembers<'a> {
    diff: Option<&'a str>,
    work_ids: Option<&'a str>,
    txs: Option<&'a str>,
    fee: Option<&'a str>,
    prover: Option<&'a str>,
    sender: Option<&'a str>,
    reason: Option<&'a str>,
}

impl<'a> PoolMembers<'a> {
    /// None if the text is not an object.
    pub(crate) fn read(json: &'a str) -> Option<Self> {
        let mut members = Self::default();
        each_member(json, |key, value| {
            let member = match key.as_ref() {
                "diff" => &mut members.diff,
                "work_ids" => &mut members.work_ids,
                "txs" => &mut members.txs,
                "fee" => &mut members.fee,
                "prover" => &mut members.prover,
                "sender" => &mut members.sender,
                "reason" => &mut members.reason,
                _ => return,
            };
            *member = Some(value);
        })?;
        Some(members)
    }
}

/// The content of a transaction pool event.
pub(crate) struct TransactionDiff<'a> {
    pub(crate) diff: &'a str,
    pub(crate) sender: Option<Cow<'a, str>>,
    pub(crate) reason: Option<Cow<'a, str>>,
}

/// Reads metadata with the key `diff`.
pub(crate) fn transaction_diff<'a>(members: &PoolMembers<'a>) -> Option<TransactionDiff<'a>> {
    Some(TransactionDiff {
        diff: members.diff?,
        sender: clipped(members.sender, SHORT_TEXT_MAX),
        reason: clipped(members.reason, usize::MAX),
    })
}

/// The content of a SNARK pool event.
pub(crate) struct SnarkWork<'a> {
    pub(crate) work_ids: (i32, Option<i32>),
    pub(crate) fee: Option<Cow<'a, str>>,
    pub(crate) prover: Option<Cow<'a, str>>,
    pub(crate) sender: Option<Cow<'a, str>>,
    pub(crate) reason: Option<Cow<'a, str>>,
    pub(crate) transactions: [TransactionSummary<'a>; 2],
}

/// Reads metadata with the key `work_ids`. Ids that are no 32-bit integers,
/// which no node writes, make it no pool event.
pub(crate) fn snark_work<'a>(members: &PoolMembers<'a>) -> Option<SnarkWork<'a>> {
    let work_ids = work_ids(members.work_ids?)?;
    let mut transactions = members
        .txs
        .and_then(elements)
        .unwrap_or_default()
        .into_iter()
        .map(|summary| TransactionSummary::read(summary).unwrap_or_default());
    Some(SnarkWork {
        work_ids,
        fee: clipped(members.fee, SHORT_TEXT_MAX),
        prover: clipped(members.prover, SHORT_TEXT_MAX),
        sender: clipped(members.sender, SHORT_TEXT_MAX),
        reason: clipped(members.reason, usize::MAX),
        transactions: [
            transactions.next().unwrap_or_default(),
            transactions.next().unwrap_or_default(),
        ],
    })
}

/// The first two ids of a list.
pub(crate) fn work_ids(json: &str) -> Option<(i32, Option<i32>)> {
    let (mut first, mut second) = (None, None);
    each_element(json, |id| {
        if first.is_none() {
            first = Some(id);
        } else if second.is_none() {
            second = Some(id);
        }
    })?;
    let second = match second {
        Some(id) => Some(id.parse().ok()?),
        None => None,
    };
    Some((first?.parse().ok()?, second))
}

/// A transaction as pools and blocks describe it: `[kind, hash, memo, status]`,
/// each member as far as it is there.
#[derive(Debug, Default)]
pub(crate) struct TransactionSummary<'a> {
    pub(crate) kind: Option<Cow<'a, str>>,
    pub(crate) hash: Option<Cow<'a, str>>,
    pub(crate) memo: Option<Cow<'a, str>>,
    /// First member of the status list.
    pub(crate) result: Option<Cow<'a, str>>,
    /// What the status list says beyond that: why the transaction failed.
    pub(crate) failure: Option<String>,
}

impl<'a> TransactionSummary<'a> {
    fn read(json: &'a str) -> Option<Self> {
        let members = elements(json)?;
        let text = |index: usize, most: usize| {
            let text = members.get(index).copied().and_then(as_text)?;
            Some(clip(text, most))
        };
        let status = members.get(3).copied().and_then(elements);
        let status = status.unwrap_or_default();
        Some(Self {
            kind: text(0, KIND_MAX),
            hash: text(1, HASH_MAX),
            memo: text(2, usize::MAX),
            result: status
                .first()
                .and_then(|result| as_text(result))
                .map(|result| clip(result, KIND_MAX)),
            failure: status.get(1).and_then(|lists| failure(lists)),
        })
    }
}

/// What a block says of a transaction in it, from the JSON of its status, as in `["Applied"]`: the
/// result, and why it failed. None for what is no status.
#[must_use]
pub fn block_outcome(status: &str) -> Option<(String, Option<String>)> {
    let status = elements(status)?;
    let result = as_text(status.first()?)?.into_owned();
    Some((result, status.get(1).and_then(|lists| failure(lists))))
}

/// Why a transaction failed: the names in `lists`, which hold one list of failures for each account
/// update, a failure being a list that begins with its name. Updates that were undone because of
/// another one's failure are `Cancelled`, which says nothing where there is another name.
fn failure(lists: &str) -> Option<String> {
    let mut names: Vec<Cow<'_, str>> = Vec::new();
    for update in elements(lists)? {
        for failure in elements(update).unwrap_or_default() {
            let name = elements(failure).and_then(|parts| string(parts.first()?));
            if let Some(name) = name
                && !names.contains(&name)
                && names.len() < FAILURES_MAX
            {
                names.push(clip(name, KIND_MAX));
            }
        }
    }
    if names.len() > 1 {
        names.retain(|name| name != CANCELLED);
    }
    (!names.is_empty()).then(|| names.join(", "))
}

/// The transactions of a list; what is no summary is left out.
pub(crate) fn transactions(json: &str) -> impl Iterator<Item = TransactionSummary<'_>> {
    elements(json)
        .unwrap_or_default()
        .into_iter()
        .filter_map(TransactionSummary::read)
}

fn clipped(json: Option<&str>, most: usize) -> Option<Cow<'_, str>> {
    json.and_then(as_text).map(|text| clip(text, most))
}

/// Cuts a text to what its column holds: better a cut text than a lost row.
fn clip(text: Cow<'_, str>, most_characters: usize) -> Cow<'_, str> {
    if text.len() <= most_characters {
        return text;
    }
    match text.char_indices().nth(most_characters) {
        None => text,
        Some((end, _)) => Cow::Owned(text[..end].to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_names_announce_pool_events() {
        for name in ["received", "accepted", "rejected"] {
            assert!(announcement(&format!("Transaction_diff_{name}")).is_some());
            assert!(announcement(&format!("Snark_work_{name}")).is_some());
        }
        for name in ["added", "scheduled", "removed"] {
            assert!(announcement(&format!("Transaction_diff_{name}")).is_none());
            assert!(announcement(&format!("Snark_work_{name}")).is_some());
        }
        assert!(announcement("Snark_work_").is_none());
        assert!(announcement("Breadcrumb_integrated").is_none());
    }

    #[test]
    fn reads_snark_work() {
        let metadata = r#"{"work_ids":[75424253,306830105],"fee":0.01,"prover":null,
            "txs":[["payment","7mX","exp-0-0-0-2"],["coinbase","720"]]}"#;
        let members = PoolMembers::read(metadata).expect("an object");
        let work = snark_work(&members).expect("snark work");
        assert_eq!(work.work_ids, (75_424_253, Some(306_830_105)));
        assert_eq!(work.fee.as_deref(), Some("0.01"));
        assert_eq!(work.prover, None);
        assert_eq!(work.transactions[0].memo.as_deref(), Some("exp-0-0-0-2"));
        assert_eq!(work.transactions[1].hash.as_deref(), Some("720"));
        assert_eq!(work.transactions[1].memo, None);
    }

    #[test]
    fn refuses_work_ids_that_do_not_fit() {
        for ids in ["[99999999999]", r#"[1,"2"]"#, "[]", r#"{"a":1}"#] {
            let metadata = format!(r#"{{"work_ids":{ids}}}"#);
            let members = PoolMembers::read(&metadata).expect("an object");
            assert!(snark_work(&members).is_none(), "{ids}");
        }
    }

    #[test]
    fn reads_the_status_of_block_transactions_and_skips_what_is_none() {
        let list = r#"[["payment","7mX","m",["Failed",[[["Overflow"]]]]],["coinbase","720",["Applied"]],7]"#;
        let read: Vec<_> = transactions(list).collect();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].result.as_deref(), Some("Failed"));
        assert_eq!(read[0].failure.as_deref(), Some("Overflow"));
        assert_eq!(read[1].result, None);
    }

    #[test]
    fn the_reason_of_a_failure_is_the_names_in_it() {
        for (lists, reason) in [
            (r#"[[["Overflow"]]]"#, Some("Overflow")),
            (
                r#"[[],[["Cancelled"]],[["Invalid_fee_excess"],["Overflow"]],[["Overflow"]]]"#,
                Some("Invalid_fee_excess, Overflow"),
            ),
            (r#"[[["Cancelled"]],[["Cancelled"]]]"#, Some("Cancelled")),
            (
                r#"[[["Account_app_state_precondition_unsatisfied",3]]]"#,
                Some("Account_app_state_precondition_unsatisfied"),
            ),
            ("[]", None),
            (r#""Overflow""#, None),
            ("[7,[7,[]]]", None),
        ] {
            assert_eq!(failure(lists).as_deref(), reason, "{lists}");
        }
        let many: Vec<String> = (0..100)
            .map(|n| format!(r#"["{n}{}"]"#, "x".repeat(99)))
            .collect();
        let reason = failure(&format!("[[{}]]", many.join(","))).unwrap();
        assert!(reason.len() <= FAILURES_MAX * (KIND_MAX + 2), "{reason}");
    }

    #[test]
    fn cuts_texts_to_their_column() {
        let long = format!(r#"[["{}","{}"]]"#, "k".repeat(100), "é".repeat(200));
        let read: Vec<_> = transactions(&long).collect();
        assert_eq!(read[0].kind.as_ref().map(|kind| kind.len()), Some(64));
        assert_eq!(
            read[0].hash.as_ref().map(|hash| hash.chars().count()),
            Some(128)
        );
    }
}

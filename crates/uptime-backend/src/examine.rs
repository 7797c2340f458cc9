//! The checks that need nothing but the request, the time and the whitelist:
//! 4 to 8 of the answer table, in its order. Pure.

use std::time::Duration;

use mina::{BitOrder, NetworkId, PublicKey, UptimeBlockHash};

use crate::Refusal;
use crate::submission::Submission;
use crate::whitelist::Whitelist;

/// How far the clock of a node may be ahead.
const AHEAD_MAX: Duration = Duration::from_mins(5);

/// What a submission must comply with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// The network that signatures are for.
    pub(crate) network: NetworkId,
    /// Refuse what was made longer ago.
    pub(crate) age_max: Option<Duration>,
}

/// A submission that passed every check but the rate limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Examined {
    pub(crate) submitter: PublicKey,
    pub(crate) created_at_unix_seconds: i64,
    pub(crate) peer_id: String,
    pub(crate) block_hash: UptimeBlockHash,
    pub(crate) graphql_control_port: Option<u16>,
    pub(crate) built_with_commit_sha: Option<String>,
    pub(crate) has_snark_work: bool,
    /// What only a store of whole submissions needs, as it may be large.
    pub(crate) contents: Option<Contents>,
}

/// The large parts of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) block: Vec<u8>,
    /// Base64.
    pub(crate) snark_work: Option<String>,
}

/// Examines the body of a request. Takes about 0.2 ms, and several times as
/// long for a body of megabytes. `keep_contents` is for stores of whole
/// submissions.
pub(crate) fn examine(
    body: &[u8],
    rules: Rules,
    whitelist: &Whitelist,
    now_unix_seconds: i64,
    keep_contents: bool,
) -> Result<Examined, Refusal> {
    let submission = Submission::parse(body, whitelist)?;
    let key = whitelist
        .verifying_key(&submission.submitter, rules.network)
        .ok_or(Refusal::NotRegistered)?;
    check_time(rules, submission.created_at_unix_seconds, now_unix_seconds)?;
    let digest = submission.digest().map_err(|_| Refusal::Undecodable)?;
    key.verify(BitOrder::LowestFirst, &digest, &submission.signature)
        .map_err(|_| Refusal::InvalidSignature)?;
    Ok(Examined {
        submitter: submission.submitter,
        created_at_unix_seconds: submission.created_at_unix_seconds,
        peer_id: submission.peer_id.into_owned(),
        block_hash: UptimeBlockHash::of_block(&submission.block),
        graphql_control_port: submission.graphql_control_port,
        built_with_commit_sha: submission.built_with_commit_sha.map(Into::into),
        has_snark_work: submission.snark_work.is_some(),
        contents: keep_contents.then(|| Contents {
            block: submission.block,
            snark_work: submission.snark_work.map(|field| field.text.into_owned()),
        }),
    })
}

fn check_time(rules: Rules, created_at: i64, now: i64) -> Result<(), Refusal> {
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    if created_at > now.saturating_add(seconds(AHEAD_MAX)) {
        return Err(Refusal::InFuture);
    }
    match rules.age_max {
        Some(age_max) if created_at < now.saturating_sub(seconds(age_max)) => Err(Refusal::TooOld),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;

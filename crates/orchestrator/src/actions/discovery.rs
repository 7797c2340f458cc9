//! `discovery`: which nodes are there. That there are none yet is a reason to wait, up to a
//! deadline, not the end of the run.

use std::collections::HashSet;
use std::sync::Arc;

use experiment::action::Discovery;
use experiment::script::outputs::Output;
use serde_json::json;
use store::experiment_runs::JournalWrites;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::clock::{now_unix_ms, sleep_until};
use crate::discovery::{address, read};
use crate::run::{Level, Run, StepError};
use service::error_chain;

/// How long nodes are waited for, seconds of the network: the pauses of the original
/// together.
const PATIENCE_SEC: f64 = 30.0 * 60.0;
/// The first pause between two looks, and the longest.
const PAUSE_SEC: f64 = 10.0;
const PAUSE_MAX_SEC: f64 = 60.0;

pub(super) async fn run(
    run: &Run<'_>,
    step: u32,
    params: &Discovery,
) -> Result<Vec<Output>, StepError> {
    let clock = run.means.clock;
    let mut deadline = run
        .past
        .decided(step)
        .and_then(|decided| decided.get("until_unix_ms")?.as_u64());
    let mut pause = PAUSE_SEC;
    loop {
        let cause = match look(run, step, params).await? {
            Ok(outputs) => return Ok(outputs),
            Err(cause) => cause,
        };
        let now = now_unix_ms();
        let until = if let Some(until) = deadline {
            until
        } else {
            let until = begin_to_wait(run, step, now, &cause).await?;
            *deadline.insert(until)
        };
        if now >= until {
            return Err(StepError::Failed(cause));
        }
        let next = now.saturating_add(
            u64::try_from(clock.real(pause).as_millis())
                .unwrap_or(u64::MAX)
                .max(1),
        );
        sleep_until(next.min(until), &run.means.cancel).await?;
        pause = (pause * 2.0).min(PAUSE_MAX_SEC);
    }
}

/// Writes down until when nodes are waited for.
async fn begin_to_wait(run: &Run<'_>, step: u32, now: u64, cause: &str) -> Result<u64, StepError> {
    let patience = run.means.clock.real(PATIENCE_SEC);
    let until = now.saturating_add(u64::try_from(patience.as_millis()).unwrap_or(0));
    let writes = JournalWrites {
        decided: [(step, json!({ "until_unix_ms": until }))].into(),
        waiting: Some(("nodes".to_owned(), patience.as_secs_f64())),
        ..JournalWrites::default()
    };
    let minutes = PATIENCE_SEC / 60.0;
    run.journal.log(
        Level::Warning,
        Some(step),
        format!(
            "Failed to discover participants, retrying for up to {minutes:.0} minutes: {cause}"
        ),
    );
    run.journal.write(writes).await?;
    Ok(until)
}

/// Looks once. The inner error is the reason why there are not enough nodes.
async fn look(
    run: &Run<'_>,
    step: u32,
    params: &Discovery,
) -> Result<Result<Vec<Output>, String>, StepError> {
    let list = tokio::select! {
        () = run.means.cancel.cancelled() => return Err(StepError::Cancelled),
        list = read(&run.means.network) => list,
    };
    let list = match list {
        Ok(list) => list,
        Err(error) => return Ok(Err(error_chain(&error))),
    };
    if list.malformed > 0 {
        let text = format!(
            "{} elements of the list of nodes are no nodes and were passed over",
            list.malformed
        );
        run.journal.log(Level::Warning, Some(step), text);
    }
    let limit = Arc::new(Semaphore::new(run.means.concurrency));
    let mut seen = HashSet::new();
    let mut tasks = JoinSet::new();
    for submission in list.submissions {
        let address = address(&submission, &run.means.network.url_overrides);
        if !seen.insert(address.clone()) {
            continue;
        }
        let (nodes, limit) = (run.means.nodes.clone(), Arc::clone(&limit));
        tasks.spawn(async move {
            let _permit = limit.acquire_owned().await;
            let node = nodes.get(&address).await;
            (address, submission.submitter, node)
        });
    }
    let mut matching = Vec::new();
    loop {
        let joined = tokio::select! {
            () = run.means.cancel.cancelled() => return Err(StepError::Cancelled),
            joined = tasks.join_next() => joined,
        };
        let Some(joined) = joined else {
            break;
        };
        let (address, submitter, node) = joined.map_err(StepError::joined)?;
        match node {
            Ok(node) => {
                let is_block_producer = node.facts().is_block_producer;
                let wanted = (is_block_producer || !params.only_block_producers)
                    && !(is_block_producer && params.no_block_producers);
                if wanted {
                    matching.push(address);
                }
            }
            Err(error) => run.journal.log(
                Level::Warning,
                Some(step),
                format!("Error on auth for {address} ({submitter}): {error}"),
            ),
        }
    }
    let limit = usize::try_from(params.limit).unwrap_or(usize::MAX);
    if params.exactly && matching.len() < limit {
        return Ok(Err(
            "failed to discover the exact number of nodes".to_owned()
        ));
    }
    if matching.is_empty() {
        return Ok(Err("didn't find any participants".to_owned()));
    }
    if limit > 0 {
        matching.truncate(limit);
    }
    Ok(Ok(matching
        .into_iter()
        .map(|address| Output::multi("participant", address))
        .collect()))
}

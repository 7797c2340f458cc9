//! `stop`, `stop-all-scheduled` and `stop-daemon`.

use experiment::action::{Receipt, StopNodes};
use experiment::script::outputs::Output;
use itn::Excerpt;
use serde_json::json;

use crate::nodes::{NodeClient, NodeError};
use crate::run::{Asked, Level, NodeRequest, RequestStatus, Run, StepError};

use super::tools::each_node;

/// What the daemon is given before it stops, in seconds.
const STOP_DELAY_SEC: u32 = 10;

/// Stops what receipts name. Continues after failures and reports all of them.
pub(super) async fn receipts(
    run: &Run<'_>,
    step: u32,
    receipts: Vec<Receipt>,
) -> Result<Vec<Output>, StepError> {
    // What an earlier process has stopped is not found any more.
    let is_resumed = run.past.step(step).is_some();
    let results = each_node(run, receipts, |nodes, receipt: Receipt| async move {
        let node = nodes.get(&receipt.address).await?;
        let mut client = node.client().await;
        let handle = &receipt.handle;
        let stopped = client
            .ask(async |client| client.stop_scheduled_transactions(handle).await)
            .await;
        match stopped {
            Ok(answer) => Ok::<_, NodeError>(Some(answer)),
            Err(error) if is_resumed && error.is_graphql() => Ok(None),
            Err(error) => Err(error),
        }
    })
    .await?;
    let mut errors = Vec::new();
    for (Receipt { address, handle }, result) in results {
        match result {
            Ok(Some(answer)) => log_stopped(run, step, (&address, &handle), &answer),
            Ok(None) => {}
            Err(error) => errors.push(not_stopped((&address, &handle), &error)),
        }
    }
    join_errors(&errors)?;
    Ok(Vec::new())
}

/// Stops everything that nodes list as scheduled, no matter which client scheduled it.
pub(super) async fn all_scheduled(
    run: &Run<'_>,
    step: u32,
    nodes: Vec<String>,
) -> Result<Vec<Output>, StepError> {
    let addresses = if nodes.is_empty() {
        run.means.nodes.addresses()
    } else {
        nodes
    };
    let results = each_node(run, addresses, |nodes, address: String| async move {
        let node = nodes.get(&address).await?;
        if !node.has_harness() {
            return Ok(None);
        }
        let mut client = node.client().await;
        let handles = client
            .ask(async |client| client.scheduled_transactions().await)
            .await?;
        let mut stopped = Vec::new();
        let mut errors = Vec::new();
        for handle in handles {
            let result = client
                .ask(async |client| client.stop_scheduled_transactions(&handle).await)
                .await;
            match result {
                Ok(answer) => stopped.push((handle, answer)),
                Err(error) => errors.push(not_stopped((&address, &handle), &error)),
            }
        }
        Ok::<_, NodeError>(Some((stopped, errors)))
    })
    .await?;
    let mut outputs = Vec::new();
    let mut errors = Vec::new();
    for (address, result) in results {
        match result {
            Ok(Some((stopped, failed))) => {
                for (handle, answer) in stopped {
                    log_stopped(run, step, (&address, &handle), &answer);
                    let receipt = json!({ "address": address, "handle": handle });
                    outputs.push(Output::multi("receipt", receipt));
                }
                errors.extend(failed);
            }
            Ok(None) => run.journal.log(
                Level::Warning,
                Some(step),
                format!("{address}: no ITN harness support, its schedulers cannot be listed"),
            ),
            Err(error) => errors.push(error.to_string()),
        }
    }
    join_errors(&errors)?;
    Ok(outputs)
}

/// Logs what the daemon answered, in the words of the original.
fn log_stopped(run: &Run<'_>, step: u32, (address, handle): (&str, &str), answer: &str) {
    let answer = Excerpt::of(answer);
    let text = format!("stopped scheduled transactions at {handle} on {address}: {answer}");
    run.journal.log(Level::Info, Some(step), text);
}

fn not_stopped((address, handle): (&str, &str), error: &NodeError) -> String {
    format!("error stopping transactions at {handle} on {address}: {error}")
}

fn join_errors(errors: &[String]) -> Result<(), StepError> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(StepError::Failed(errors.join("\n")))
}

/// Stops daemons. Each is asked once, even if the run is interrupted; failures are warnings.
pub(super) async fn daemons(
    run: &Run<'_>,
    step: u32,
    params: &StopNodes,
) -> Result<Vec<Output>, StepError> {
    let clean = params.clean;
    let requests = (0..)
        .zip(&params.nodes)
        .map(|(number, node)| NodeRequest {
            number,
            node: node.clone(),
            kind: "stop-daemon",
            load: None,
            runs_seconds: None,
            takes_handle: false,
            is_idempotent: false,
        })
        .collect();
    let asked = Asked {
        step,
        journal: run.journal,
        means: run.means,
        past: run.past,
    };
    let stop = move |_: NodeRequest, _, mut client: NodeClient| async move {
        let answer = client
            .ask(async |client| client.stop_daemon(Some(STOP_DELAY_SEC), Some(clean)).await)
            .await;
        (answer.map(|_| None), client)
    };
    asked
        .ask(requests, stop, |request, outcome| {
            let node = &request.node;
            match outcome.status {
                RequestStatus::Accepted => {
                    Some((Level::Info, format!("stopping daemon of {node}")))
                }
                RequestStatus::Unconfirmed => None,
                RequestStatus::Unanswered | RequestStatus::Refused => {
                    let error = outcome.error.as_deref().unwrap_or_default();
                    Some((
                        Level::Warning,
                        format!("failed to stop daemon of {node}: {error}"),
                    ))
                }
            }
        })
        .await?;
    Ok(Vec::new())
}

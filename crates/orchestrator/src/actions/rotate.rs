//! `rotate-balance`: balances move on, over the public GraphQL of the keys' nodes.

use experiment::action::fund_keys::RETRY_PAUSES_MIN;
use experiment::action::rotation::{MEMO, RotateBalance};
use experiment::script::outputs::Output;
use mina::{Amount, PublicKey};
use serde_json::{Value, json};
use store::experiment_runs::{Answer, JournalWrites, NewRequest, RequestStatus};
use url::Url;

use super::slots::list;
use crate::key_files;
use crate::public_graphql::{PublicGraphql, endpoint};
use crate::run::{Level, Run, StepError};

pub(super) async fn run(
    run: &Run<'_>,
    step: u32,
    params: &RotateBalance,
) -> Result<Vec<Output>, StepError> {
    let mapping = params.check().map_err(StepError::failed)?;
    let servers = params
        .servers
        .iter()
        .map(|server| endpoint(server).map_err(StepError::Failed))
        .collect::<Result<Vec<_>, _>>()?;
    let nodes = PublicGraphql::new(&run.means.tenure).map_err(StepError::Failed)?;
    let balances = match decided(run, step) {
        Some(balances) if balances.len() == params.pubkeys.len() => balances,
        _ => look(run, step, &nodes, &servers, &params.pubkeys).await?,
    };
    let nanomina: Vec<u64> = balances.iter().map(|balance| balance.nanomina()).collect();
    let text = format!("Retrieved balances for rotation: {}", list(&nanomina));
    run.journal.log(Level::Info, Some(step), text);
    let password = key_files::password(&params.password_env);
    let all = params
        .pubkeys
        .iter()
        .zip(&balances)
        .zip(&servers)
        .zip(mapping);
    for (number, (((from, balance), server), to)) in (0..).zip(all) {
        let Some(to) = params.pubkeys.get(to) else {
            continue;
        };
        if run.means.cancel.is_cancelled() {
            return Err(StepError::Cancelled);
        }
        // Money is sent once only: what an earlier process may have sent is not sent again.
        let was_asked = run
            .past
            .requests(step)
            .iter()
            .any(|row| row.request == number);
        if was_asked {
            continue;
        }
        let Some(share) = params.share(*balance) else {
            let text = format!("balance of {from} does not pay for passing on: skipped");
            run.journal.log(Level::Warning, Some(step), text);
            continue;
        };
        run.journal
            .write(JournalWrites {
                requests: vec![NewRequest {
                    step,
                    request: number,
                    node: server.host_str().unwrap_or_default().to_owned(),
                    kind: "rotation".to_owned(),
                    ..NewRequest::default()
                }],
                ..JournalWrites::default()
            })
            .await?;
        let unlocked = nodes.unlock(server, from, &password).await;
        let sent = match unlocked {
            Ok(()) => {
                nodes
                    .pay(server, (from, to), share, params.fee(), MEMO)
                    .await
            }
            Err(error) => Err(error),
        };
        let (level, text) = match &sent {
            Ok(()) => {
                let amount = share.nanomina();
                (
                    Level::Info,
                    format!("Rotated: {from} -> {to} ({amount} nanomina)"),
                )
            }
            Err(error) => {
                let text = format!("failed to rotate balance of {from}: {error}");
                (Level::Warning, text)
            }
        };
        run.journal.log(level, Some(step), text);
        run.journal
            .write(JournalWrites {
                answers: vec![Answer {
                    step,
                    request: number,
                    outcome: RequestStatus::accepted_if(sent.is_ok()),
                    handle: None,
                    error: sent.err(),
                    is_permanent: false,
                }],
                ..JournalWrites::default()
            })
            .await?;
    }
    Ok(Vec::new())
}

/// The balances that an earlier process has seen: what it has sent since must not change what
/// the others send.
fn decided(run: &Run<'_>, step: u32) -> Option<Vec<Amount>> {
    let balances = run.past.decided(step)?.get("balances")?.as_array()?;
    let amount = |value: &Value| Some(Amount::from_nanomina(value.as_str()?.parse().ok()?));
    balances.iter().map(amount).collect()
}

/// Asks for all balances and writes them down.
async fn look(
    run: &Run<'_>,
    step: u32,
    nodes: &PublicGraphql,
    servers: &[Url],
    keys: &[PublicKey],
) -> Result<Vec<Amount>, StepError> {
    let mut balances = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        let asking = balance(run, step, nodes, servers, index, key);
        let balance = tokio::select! {
            () = run.means.cancel.cancelled() => return Err(StepError::Cancelled),
            balance = asking => balance?,
        };
        balances.push(balance);
    }
    let texts: Vec<String> = balances
        .iter()
        .map(|balance| balance.nanomina().to_string())
        .collect();
    let writes = JournalWrites {
        decided: [(step, json!({ "balances": texts }))].into(),
        ..JournalWrites::default()
    };
    run.journal.write(writes).await?;
    Ok(balances)
}

/// The balance, asked of one server after the other, beginning with the key's own.
async fn balance(
    run: &Run<'_>,
    step: u32,
    nodes: &PublicGraphql,
    servers: &[Url],
    index: usize,
    key: &PublicKey,
) -> Result<Amount, StepError> {
    let mut pauses = RETRY_PAUSES_MIN.iter();
    let mut attempt = 0;
    loop {
        let error = match servers.get((index + attempt) % servers.len().max(1)) {
            Some(server) => match nodes.balance(server, key).await {
                Ok(balance) => return Ok(balance),
                Err(error) => error,
            },
            None => "no servers".to_owned(),
        };
        let Some(&minutes) = pauses.next() else {
            return Err(StepError::Failed(format!(
                "failed to get balance of public key {key}: {error}"
            )));
        };
        let text = format!("failed to get balance, retrying in {minutes} minutes: {error}");
        run.journal.log(Level::Warning, Some(step), text);
        #[expect(clippy::cast_precision_loss, reason = "some minutes")]
        let seconds = minutes as f64 * 60.0;
        run.means.clock.pause(seconds, &run.means.cancel).await?;
        attempt += 1;
    }
}

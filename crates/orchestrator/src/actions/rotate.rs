//! `rotate-balance`: balances move on, over the public GraphQL of the keys' nodes.

use std::time::Duration;

use experiment::action::fund_keys::RETRY_PAUSES_MIN;
use experiment::action::rotation::{MEMO, RotateBalance};
use experiment::script::outputs::Output;
use mina::{Amount, PublicKey};
use serde_json::{Value, json};
use store::experiment_runs::{Answer, JournalWrites, NewRequest};
use url::Url;

use crate::key_files;
use crate::run::{Level, Run, StepError};

const REQUEST_TIME: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: usize = 1 << 20;

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
    let http = reqwest::Client::builder()
        .timeout(REQUEST_TIME)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(StepError::failed)?;
    let mut balances = Vec::new();
    for (index, key) in params.pubkeys.iter().enumerate() {
        balances.push(balance(run, step, &http, &servers, index, key).await?);
    }
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
            run.journal.tell(Level::Warning, Some(step), text);
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
        let sent = send(&http, server, (from, to), share, params.fee(), &password).await;
        if let Err(error) = &sent {
            let text = format!("failed to rotate balance of {from}: {error}");
            run.journal.tell(Level::Warning, Some(step), text);
        }
        run.journal
            .write(JournalWrites {
                answers: vec![Answer {
                    step,
                    request: number,
                    outcome: if sent.is_ok() { "accepted" } else { "refused" }.to_owned(),
                    handle: None,
                    error: sent.err(),
                }],
                ..JournalWrites::default()
            })
            .await?;
    }
    Ok(Vec::new())
}

/// The balance, asked of one server after the other, beginning with the key's own.
async fn balance(
    run: &Run<'_>,
    step: u32,
    http: &reqwest::Client,
    servers: &[Url],
    index: usize,
    key: &PublicKey,
) -> Result<Amount, StepError> {
    let mut pauses = RETRY_PAUSES_MIN.iter();
    let mut attempt = 0;
    loop {
        let error = match servers.get((index + attempt) % servers.len().max(1)) {
            Some(server) => match ask_balance(http, server, key).await {
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
        run.journal.tell(Level::Warning, Some(step), text);
        #[expect(clippy::cast_precision_loss, reason = "some minutes")]
        let seconds = minutes as f64 * 60.0;
        run.means.clock.pause(seconds, &run.means.cancel).await?;
        attempt += 1;
    }
}

async fn ask_balance(
    http: &reqwest::Client,
    server: &Url,
    key: &PublicKey,
) -> Result<Amount, String> {
    let query = "query Balance($publicKey: PublicKey!) { account(publicKey: $publicKey) { \
                 balance { total } } }";
    let data = ask(http, server, query, json!({ "publicKey": key.to_string() })).await?;
    let total = data
        .pointer("/account/balance/total")
        .and_then(Value::as_str);
    let nanomina = total.and_then(|total| total.parse().ok());
    nanomina
        .map(Amount::from_nanomina)
        .ok_or_else(|| "the node does not tell the balance".to_owned())
}

/// Unlocks the key and sends, one attempt each.
async fn send(
    http: &reqwest::Client,
    server: &Url,
    (from, to): (&PublicKey, &PublicKey),
    amount: Amount,
    fee: Amount,
    password: &[u8],
) -> Result<(), String> {
    let query = "mutation Unlock($input: UnlockInput!) { unlockAccount(input: $input) { \
                 account { publicKey } } }";
    let password = String::from_utf8_lossy(password);
    let input = json!({ "publicKey": from.to_string(), "password": password });
    ask(http, server, query, json!({ "input": input })).await?;
    let query = "mutation Send($input: SendPaymentInput!) { sendPayment(input: $input) { \
                 payment { hash } } }";
    let input = json!({
        "from": from.to_string(),
        "to": to.to_string(),
        "amount": amount.nanomina().to_string(),
        "fee": fee.nanomina().to_string(),
        "memo": MEMO,
    });
    ask(http, server, query, json!({ "input": input })).await?;
    Ok(())
}

async fn ask(
    http: &reqwest::Client,
    server: &Url,
    query: &str,
    variables: Value,
) -> Result<Value, String> {
    let failed = |error: reqwest::Error| error.without_url().to_string();
    let body = json!({ "query": query, "variables": variables });
    let mut response = http
        .post(server.clone())
        .json(&body)
        .send()
        .await
        .map_err(failed)?;
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if answer.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err("the node's answer is too large".to_owned());
        }
        answer.extend_from_slice(&chunk);
    }
    let mut answer: Value =
        serde_json::from_slice(&answer).map_err(|_| "the node's answer is no JSON".to_owned())?;
    let message = answer.pointer("/errors/0/message").and_then(Value::as_str);
    if let Some(message) = message {
        let short: String = message.chars().take(200).collect();
        return Err(format!("the node answered with an error: {short}"));
    }
    Ok(answer["data"].take())
}

/// The public GraphQL of a server: nothing, a port, `host:port`, or a URL.
fn endpoint(server: &str) -> Result<Url, String> {
    let text = if server.is_empty() {
        "http://127.0.0.1:3085/graphql".to_owned()
    } else if server.parse::<u16>().is_ok() {
        format!("http://127.0.0.1:{server}/graphql")
    } else if server.contains("://") {
        server.to_owned()
    } else {
        format!("http://{server}/graphql")
    };
    let mut url = Url::parse(&text).map_err(|error| format!("server {server}: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("server {server}: use http or https"));
    }
    if matches!(url.path(), "" | "/") {
        url.set_path("/graphql");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_may_be_given_in_five_forms() {
        for (server, url) in [
            ("", "http://127.0.0.1:3085/graphql"),
            ("4085", "http://127.0.0.1:4085/graphql"),
            ("node:3085", "http://node:3085/graphql"),
            ("https://node", "https://node/graphql"),
            ("http://node:1/other", "http://node:1/other"),
        ] {
            assert_eq!(endpoint(server).unwrap().as_str(), url, "{server}");
        }
        assert!(endpoint("ftp://node").is_err());
        assert!(endpoint("a b").is_err());
    }
}

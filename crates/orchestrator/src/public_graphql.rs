//! The public GraphQL of nodes: balances, and payments of keys that a node keeps.

use std::time::Duration;

use mina::{Amount, PublicKey};
use reqwest::header::HeaderValue;
use serde_json::{Map, Value, json};
use service::{BodyError, read_body, request_id};
use url::Url;

use crate::tenure::Tenure;

const REQUEST_TIME: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A client for any number of nodes.
#[derive(Debug, Clone)]
pub(crate) struct PublicGraphql {
    http: reqwest::Client,
    tenure: Tenure,
    /// The id of the request that what is sent belongs to.
    request_id: Option<HeaderValue>,
}

impl PublicGraphql {
    /// Nothing is sent to them any more when the tenure is over.
    pub(crate) fn new(tenure: &Tenure) -> Result<Self, String> {
        let http = service::proxy::direct()
            .timeout(REQUEST_TIME)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            http,
            tenure: tenure.clone(),
            request_id: request_id::to_forward(),
        })
    }

    /// The balance of an account.
    pub(crate) async fn balance(&self, server: &Url, key: &PublicKey) -> Result<Amount, String> {
        let balances = self.balances(server, std::slice::from_ref(key)).await?;
        let balance = balances.into_iter().next().flatten();
        balance.ok_or_else(|| "the node does not report the balance".to_owned())
    }

    /// The balances of accounts, in their order; nothing for those that are not in the ledger.
    pub(crate) async fn balances(
        &self,
        server: &Url,
        keys: &[PublicKey],
    ) -> Result<Vec<Option<Amount>>, String> {
        // One field for each account, under a name of its own.
        let (mut names, mut fields) = (Vec::new(), Vec::new());
        let mut variables = Map::new();
        for (number, key) in keys.iter().enumerate() {
            names.push(format!("$k{number}: PublicKey!"));
            fields.push(format!(
                "a{number}: account(publicKey: $k{number}) {{ balance {{ total }} }}"
            ));
            variables.insert(format!("k{number}"), key.to_string().into());
        }
        let (names, fields) = (names.join(", "), fields.join(" "));
        let query = format!("query Balances({names}) {{ {fields} }}");
        let data = self.ask(server, &query, Value::Object(variables)).await?;
        let balance = |number: usize| -> Result<Option<Amount>, String> {
            let account = &data[format!("a{number}")];
            if account.is_null() {
                return Ok(None);
            }
            let total = account.pointer("/balance/total").and_then(Value::as_str);
            let nanomina = total.and_then(|total| total.parse().ok());
            let nanomina = nanomina.ok_or("the node does not report the balance")?;
            Ok(Some(Amount::from_nanomina(nanomina)))
        };
        (0..keys.len()).map(balance).collect()
    }

    /// Unlocks a key that the node keeps.
    pub(crate) async fn unlock(
        &self,
        server: &Url,
        key: &PublicKey,
        password: &[u8],
    ) -> Result<(), String> {
        let query = "mutation Unlock($input: UnlockInput!) { unlockAccount(input: $input) { \
                     account { publicKey } } }";
        let password = String::from_utf8_lossy(password);
        let input = json!({ "publicKey": key.to_string(), "password": password });
        self.ask(server, query, json!({ "input": input })).await?;
        Ok(())
    }

    /// Sends a payment from a key that is unlocked.
    pub(crate) async fn pay(
        &self,
        server: &Url,
        (from, to): (&PublicKey, &PublicKey),
        amount: Amount,
        fee: Amount,
        memo: &str,
    ) -> Result<(), String> {
        let query = "mutation Send($input: SendPaymentInput!) { sendPayment(input: $input) { \
                     payment { id } } }";
        let input = json!({
            "from": from.to_string(),
            "to": to.to_string(),
            "amount": amount.nanomina().to_string(),
            "fee": fee.nanomina().to_string(),
            "memo": memo,
        });
        self.ask(server, query, json!({ "input": input })).await?;
        Ok(())
    }

    async fn ask(&self, server: &Url, query: &str, variables: Value) -> Result<Value, String> {
        let failed = |error: reqwest::Error| {
            let error = error.without_url();
            service::error_chain(&error)
        };
        let body = json!({ "query": query, "variables": variables });
        if !self.tenure.holds() {
            return Err("the orchestrator may not send any more".to_owned());
        }
        let mut request = self.http.post(server.clone()).json(&body);
        if let Some(id) = &self.request_id {
            request = request.header(request_id::HEADER, id.clone());
        }
        let response = request.send().await.map_err(failed)?;
        let answer = read_body(response, ANSWER_BYTES_MAX).await;
        let answer = answer.map_err(|error| match error {
            BodyError::TooLarge(_) => "the node's answer is too large".to_owned(),
            BodyError::Http(error) => failed(error),
        })?;
        let mut answer: Value = serde_json::from_slice(&answer)
            .map_err(|_| "the node's answer is no JSON".to_owned())?;
        let message = answer.pointer("/errors/0/message").and_then(Value::as_str);
        if let Some(message) = message {
            let short: String = message.chars().take(200).collect();
            return Err(format!("the node answered with an error: {short}"));
        }
        Ok(answer["data"].take())
    }
}

/// The public GraphQL of a server: nothing, a port, `host:port`, or a URL.
pub(crate) fn endpoint(server: &str) -> Result<Url, String> {
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

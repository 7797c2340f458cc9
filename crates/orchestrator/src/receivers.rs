//! Whether those who are to be paid have accounts, looked at before anything is paid: a payment
//! that does not pay for a new account fails in the ledger, and so does every other one like it.

use std::collections::BTreeMap;
use std::time::Duration;

use experiment::script::Script;
use experiment::zkapp_load::ACCOUNT_CREATION_NANOMINA;
use mina::{Amount, PublicKey};
use serde_json::Value;

use crate::network::CommandedNetwork;
use crate::public_graphql::{PublicGraphql, endpoint};
use crate::tenure::Tenure;

/// Time for all questions together. Nothing waits for it but an answer that may go without.
const TIME_MAX: Duration = Duration::from_secs(5);
/// Most receivers that are asked about.
const RECEIVERS_MAX: usize = 100;
/// Most nodes that are asked, until one answers.
const NODES_MAX: usize = 3;

/// What there is to say about the receivers of a script's payments: nothing if all have accounts,
/// or if no public GraphQL is configured.
pub(crate) async fn warnings(network: &CommandedNetwork, script: &Script) -> Vec<String> {
    let receivers = receivers(script);
    if receivers.is_empty() || network.public_graphql.is_empty() {
        return Vec::new();
    }
    let keys: Vec<PublicKey> = receivers.values().map(|receiver| receiver.key).collect();
    let asking = balances(&network.public_graphql, &keys);
    let balances = match tokio::time::timeout(TIME_MAX, asking).await {
        Ok(Ok(balances)) => balances,
        Ok(Err(error)) => return vec![unknown(&error)],
        Err(_) => return vec![unknown(&format!("no answer in {} s", TIME_MAX.as_secs()))],
    };
    receivers
        .into_values()
        .zip(balances)
        .filter(|(_, balance)| balance.is_none())
        .map(|(receiver, _)| receiver.without_account())
        .collect()
}

fn unknown(error: &str) -> String {
    format!("it is not known whether the receiver of payments has an account: {error}")
}

/// Who is paid, and the least that one payment gives.
struct Receiver {
    key: PublicKey,
    amount: Amount,
}

impl Receiver {
    fn without_account(&self) -> String {
        let (key, amount) = (self.key, self.amount);
        let creation = Amount::from_nanomina(ACCOUNT_CREATION_NANOMINA);
        if amount < creation {
            format!(
                "the receiver {key} has no account, and payments of {amount} MINA do not pay for \
                 one, which costs {creation} MINA: they will all fail and pay their fees only; \
                 create the account first, or name another receiver"
            )
        } else {
            format!(
                "the receiver {key} has no account yet: the first payment makes one, for \
                 {creation} MINA of what it sends"
            )
        }
    }
}

/// The receivers that the payments of a script name.
fn receivers(script: &Script) -> BTreeMap<String, Receiver> {
    let mut receivers: BTreeMap<String, Receiver> = BTreeMap::new();
    for step in script.steps() {
        let params = &step.command.params;
        let named = params.get("receiver").and_then(Value::as_str);
        let key = named.and_then(|text| text.parse::<PublicKey>().ok());
        let (Some(key), "payments") = (key, step.command.action.as_str()) else {
            continue;
        };
        let amount = params.get("amount").and_then(Value::as_u64).unwrap_or(0);
        let amount = Amount::from_nanomina(amount);
        let name = key.to_string();
        if receivers.len() == RECEIVERS_MAX && !receivers.contains_key(&name) {
            break;
        }
        receivers
            .entry(name)
            .and_modify(|receiver| receiver.amount = receiver.amount.min(amount))
            .or_insert(Receiver { key, amount });
    }
    receivers
}

/// The answer of the first node that has one.
async fn balances(servers: &[String], keys: &[PublicKey]) -> Result<Vec<Option<Amount>>, String> {
    let client = PublicGraphql::new(&Tenure::unlimited())?;
    let mut last = "no node was asked".to_owned();
    for server in servers.iter().take(NODES_MAX) {
        let asked = match endpoint(server) {
            Ok(url) => client.balances(&url, keys).await,
            Err(error) => Err(error),
        };
        match asked {
            Ok(balances) => return Ok(balances),
            Err(error) => last = format!("{server}: {error}"),
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_counts_once_with_its_least_payment() {
        let key = "B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg";
        let payments = |amount: u64| {
            format!(r#"{{"action":"payments","params":{{"receiver":"{key}","amount":{amount}}}}}"#)
        };
        let script = [
            payments(5_000_000_000),
            r#"{"action":"payments","params":{"receiver":"nobody","amount":1}}"#.to_owned(),
            r#"{"action":"wait","params":{"receiver":"B62q"}}"#.to_owned(),
            payments(1_000_000_000),
        ]
        .join("\n");
        let found = receivers(&Script::parse(&script).unwrap());
        assert_eq!(found.keys().collect::<Vec<_>>(), [key]);
        let enough = found[key].without_account();
        assert!(
            enough.contains("the first payment makes one, for 1 MINA"),
            "{enough}"
        );
        let found = receivers(&Script::parse(&payments(999_999_999)).unwrap());
        let few = found[key].without_account();
        assert!(
            few.contains("payments of 0.999999999 MINA do not pay"),
            "{few}"
        );
    }
}

//! A stand-in for the `mina` executable: the commands that fund accounts and rotate balances.
//!
//! It commands a running simnet whose addresses stand in a [`NetworkFile`]. Where the real
//! executable speaks to the client port of a daemon, this one speaks to the control endpoint of
//! the simnet, about the node whose public address or port is given; where the real one speaks
//! to a daemon's GraphQL, this one does, too.

mod client;
mod error;
mod funding;

use mina::{Amount, PublicKey};
use serde_json::{Value, json};

pub use error::StandInError;
pub use funding::CreateAccountsArguments;

use crate::folder::NetworkFile;
use crate::network::NodeInfo;
use client::Client;

/// What `mina --version` says of a daemon's build.
#[must_use]
pub fn version_line() -> String {
    format!("Mina simnet (commit {})", simulation::COMMIT_ID)
}

/// The executable, for one simnet.
#[derive(Debug)]
pub struct MinaStandIn {
    file: NetworkFile,
    client: Client,
}

/// A payment as the client's arguments give it.
#[derive(Debug)]
pub struct PaymentArguments {
    /// Who pays.
    pub sender: PublicKey,
    /// Who is paid.
    pub receiver: PublicKey,
    /// How much.
    pub amount: Amount,
    /// The fee.
    pub fee: Amount,
    /// At most 32 bytes.
    pub memo: String,
}

impl MinaStandIn {
    /// For the simnet of this folder, or of this list of addresses.
    pub fn new(network: &std::path::Path) -> Result<Self, StandInError> {
        Ok(Self {
            file: NetworkFile::read(network)?,
            client: Client::new()?,
        })
    }

    /// The balance of an account, as the node at `rest_server` sees it; none without the account.
    pub async fn balance(
        &self,
        public_key: &PublicKey,
        rest_server: Option<&str>,
    ) -> Result<Option<Amount>, StandInError> {
        const QUERY: &str =
            "query ($key: PublicKey!) { account(publicKey: $key) { balance { total } } }";
        let node = self.node_at(rest_server)?;
        let data = self
            .client
            .graphql(node, QUERY, json!({"key": public_key.to_string()}))
            .await?;
        match data.get("account") {
            Some(Value::Null) => Ok(None),
            Some(account) => {
                let total = account.pointer("/balance/total").and_then(Value::as_str);
                let nanomina = total.and_then(|total| total.parse().ok());
                let nanomina = nanomina.ok_or(StandInError::Answer)?;
                Ok(Some(Amount::from_nanomina(nanomina)))
            }
            None => Err(StandInError::Answer),
        }
    }

    /// Lets payments be sent from an account.
    pub async fn unlock(
        &self,
        public_key: &PublicKey,
        password: &str,
        rest_server: Option<&str>,
    ) -> Result<(), StandInError> {
        const MUTATION: &str =
            "mutation ($input: UnlockInput!) { unlockAccount(input: $input) { publicKey } }";
        let node = self.node_at(rest_server)?;
        let input = json!({"publicKey": public_key.to_string(), "password": password});
        self.client
            .graphql(node, MUTATION, json!({"input": input}))
            .await?;
        Ok(())
    }

    /// Sends a payment and says what names it.
    pub async fn send_payment(
        &self,
        payment: &PaymentArguments,
        rest_server: Option<&str>,
    ) -> Result<String, StandInError> {
        const MUTATION: &str = "mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { payment { id } } }";
        let node = self.node_at(rest_server)?;
        let input = json!({
            "from": payment.sender.to_string(),
            "to": payment.receiver.to_string(),
            "amount": payment.amount.nanomina().to_string(),
            "fee": payment.fee.nanomina().to_string(),
            "memo": payment.memo,
        });
        let data = self
            .client
            .graphql(node, MUTATION, json!({"input": input}))
            .await?;
        let id = data.pointer("/sendPayment/payment/id");
        id.and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or(StandInError::Answer)
    }

    /// The node at a server given as port, `host:port` or URL; the first one if none is given.
    fn node_at(&self, server: Option<&str>) -> Result<&NodeInfo, StandInError> {
        let Some(server) = server else {
            return self.file.nodes.first().ok_or(StandInError::NoNodes);
        };
        let address = server.strip_prefix("http://").unwrap_or(server);
        let address = address.split('/').next().unwrap_or(address);
        let is_at = |node: &&NodeInfo| {
            [node.public_graphql, node.itn]
                .iter()
                .any(|socket| socket.to_string() == address || socket.port().to_string() == address)
        };
        let found = self.file.nodes.iter().find(is_at);
        found.ok_or_else(|| StandInError::UnknownServer(server.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stand_in() -> MinaStandIn {
        let node = |name: &str, port: u16| NodeInfo {
            name: name.to_owned(),
            itn: ([127, 0, 0, 1], port).into(),
            public_graphql: ([127, 0, 0, 1], port + 1).into(),
            submitter: String::new(),
            peer_id: String::new(),
            is_block_producer: true,
            is_running: true,
        };
        MinaStandIn {
            file: NetworkFile {
                status: ([127, 0, 0, 1], 1).into(),
                time_scale: 1,
                nodes: vec![node("a", 3_000), node("b", 4_000)],
            },
            client: Client::new().unwrap(),
        }
    }

    #[test]
    fn a_server_is_found_by_all_forms_of_its_address() {
        let stand_in = stand_in();
        let name = |server| stand_in.node_at(server).map(|node| node.name.as_str()).ok();
        assert_eq!(name(None), Some("a"));
        for server in [
            "4001",
            "127.0.0.1:4001",
            "http://127.0.0.1:4001/graphql",
            "4000",
        ] {
            assert_eq!(name(Some(server)), Some("b"), "{server}");
        }
        for server in ["", "5000", "127.0.0.2:4001", "http://"] {
            assert_eq!(name(Some(server)), None, "{server}");
        }
    }
}

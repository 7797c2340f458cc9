//! The root of mutations.

use mina::{Amount, PublicKey};
use serde_json::json;

use super::keys::public_key;
use super::{daemon, keys, submit};
use crate::graphql::{Arguments, Object, Value};
use crate::node::Node;

/// `mutation`: what a node can be told to do.
pub(super) struct Mutation<'n>(pub(super) &'n Node);

impl Object for Mutation<'_> {
    fn field(&self, name: &str, arguments: &Arguments) -> Result<Value<'_>, String> {
        let node = self.0;
        let id = node.id();
        Ok(match name {
            "createAccount" | "addWallet" => keys::create(node, arguments)?,
            "unlockAccount" | "unlockWallet" => keys::unlock(node, arguments)?,
            "lockAccount" | "lockWallet" => keys::lock(node, arguments)?,
            "deleteAccount" | "deleteWallet" => keys::delete(node, arguments)?,
            "reloadAccounts" | "reloadWallets" => Value::tree(json!({ "success": true })),
            "sendPayment" => submit::payment(node, arguments)?,
            "sendDelegation" => submit::delegation(node, arguments)?,
            "sendZkapp" => Value::tree(submit::zkapp(node, arguments)?),
            "mockZkapp" => Value::tree(submit::mock_zkapp(arguments)?),
            "internalSendZkapp" => Value::tree(submit::zkapps(node, arguments)?),
            "sendTestPayments" => Value::Int(submit::test_payments(node, arguments)?),
            "setSnarkWorker" => {
                let key = optional_key(arguments)?;
                let last = node
                    .chain()
                    .now(|chain| chain.set_snark_worker(id, key.as_ref()));
                Value::tree(json!({ "lastSnarkWorker": last.map(|key| key.to_string()) }))
            }
            "setSnarkWorkFee" => {
                let fee = arguments.value("input")["fee"].as_str();
                let fee = fee.and_then(|fee| fee.parse().ok());
                let fee = Amount::from_nanomina(fee.ok_or("Invalid snark work fee")?);
                let last = node.chain().now(|chain| chain.set_snark_work_fee(id, fee));
                Value::tree(json!({ "lastFee": last.nanomina().to_string() }))
            }
            "setCoinbaseReceiver" => {
                let key = optional_key(arguments)?;
                let last = node
                    .chain()
                    .now(|chain| chain.set_coinbase_receiver(id, key.as_ref()));
                Value::tree(json!({
                    "lastCoinbaseReceiver": last.map(|key| key.to_string()),
                    "currentCoinbaseReceiver": key.map(|key| key.to_string()),
                }))
            }
            "setConnectionGatingConfig" => Value::tree(daemon::set_gating(node, arguments)?),
            "addPeers" => Value::tree(daemon::add_peers(node, arguments)?),
            "startFilteredLog" => {
                node.capture_log();
                Value::Boolean(true)
            }
            name => return Err(beyond_the_simulation(name).to_owned()),
        })
    }
}

/// The error of a daemon that cannot do what the simulation does not model.
fn beyond_the_simulation(name: &str) -> &'static str {
    match name {
        "createHDAccount" => "Could not create an account: no hardware wallet is connected",
        "importAccount" => "File does not exist",
        "exportLogs" => "Could not export logs: the daemon writes none to disk",
        "archivePrecomputedBlock" | "archiveExtensionalBlock" => {
            "Could not find an archive process to connect to"
        }
        "sendRosettaTransaction" => "Could not read the Rosetta transaction",
        // sendProofBundle
        _ => "Could not verify the proof bundle",
    }
}

/// The key of the input; none where it is null.
fn optional_key(arguments: &Arguments) -> Result<Option<PublicKey>, String> {
    if arguments.value("input")["publicKey"].is_null() {
        return Ok(None);
    }
    public_key(arguments, "publicKey").map(Some)
}

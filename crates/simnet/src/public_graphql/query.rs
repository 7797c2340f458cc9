//! The root of queries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mina::PublicKey;
use serde_json::{Value as Json, json};
use simulation::{BlockName, CommandDetails};

use super::account::{Account, is_default_token};
use super::block::{self, Block};
use super::command::{Filter, UserCommand, is_zkapp, zkapp_result};
use super::config::{self, Constants, network_name};
use super::hashes::DEFAULT_TOKEN;
use super::keys::public_key;
use super::{daemon, keys, snark_work, submit};
use crate::graphql::{Arguments, Object, Value};
use crate::node::Node;

/// Blocks that `bestChain` answers at most.
const BEST_CHAIN_MAX: usize = 290;

/// `query`: what a node can be asked.
pub(super) struct Query<'n>(pub(super) &'n Node);

impl Object for Query<'_> {
    fn field(&self, name: &str, arguments: &Arguments) -> Result<Value<'_>, String> {
        let node = self.0;
        let id = node.id();
        Ok(match name {
            "syncStatus" => {
                let status = node.chain().now(|chain| chain.sync_status(id));
                Value::text(daemon::sync_status(status))
            }
            "daemonStatus" => Value::tree(daemon::status(node)),
            "version" => Value::text(simulation::COMMIT_ID),
            "getFilteredLogEntries" => Value::tree(json!({
                "logMessages": [],
                "isCapturing": node.captures_log(),
            })),
            "trackedAccounts" | "ownedWallets" => keys::tracked(node),
            "account" | "wallet" => {
                let key = public_key(arguments, "publicKey")?;
                Account::found(node, key, arguments.text("token"))
            }
            "accounts" => {
                let key = public_key(arguments, "publicKey")?;
                let found = Account::found(node, key, None);
                Value::list(Some(found).filter(|found| !matches!(found, Value::Null)))
            }
            "tokenAccounts" => token_accounts(node, arguments),
            "currentSnarkWorker" => snark_worker(node),
            "bestChain" => best_chain(node, arguments),
            "block" => {
                let name = block::named(arguments)?;
                let name = name.ok_or("Must provide exactly one of state hash, height")?;
                Value::object(Block::find(node, name)?)
            }
            "genesisBlock" => Value::object(Block::find(node, BlockName::Genesis)?),
            "getPeers" => Value::tree(daemon::connected_peers(node)),
            "connectionGatingConfig" => Value::tree(daemon::gating(node)),
            "pooledUserCommands" => {
                let commands = pooled(node, arguments)?.into_iter();
                let commands = commands.filter(|command| !is_zkapp(command));
                Value::list(commands.map(|command| UserCommand::value(node, command)))
            }
            "pooledZkappCommands" => {
                let commands = pooled(node, arguments)?;
                let commands = commands.iter().filter(|command| is_zkapp(command));
                Value::tree(commands.map(zkapp_result).collect())
            }
            "transactionStatus" => Value::text(transaction_status(node, arguments)?),
            "trustStatus" => trust_status(arguments),
            "snarkPool" => Value::tree(snark_work::pool(node)),
            "pendingSnarkWork" => Value::tree(snark_work::pending(node)),
            "snarkWorkRange" => {
                let place = |name| arguments.text(name)?.parse().ok();
                let start = place("startingIndex").unwrap_or_default();
                Value::tree(snark_work::range(node, start, place("endingIndex")))
            }
            "genesisConstants" => {
                let constants = Constants::of(node);
                Value::tree(json!({
                    "accountCreationFee": constants.account_creation_fee.nanomina().to_string(),
                    "coinbase": constants.coinbase.nanomina().to_string(),
                    "genesisTimestamp": constants.genesis_text(),
                }))
            }
            "timeOffset" => Value::Int(0),
            "validatePayment" => submit::validate_payment(arguments)?,
            "runtimeConfig" => Value::tree(config::runtime(node)),
            "fork_config" => Value::tree(config::fork(node, block::named(arguments)?)?),
            "threadGraph" => Value::text("digraph G {\n}\n"),
            "blockchainVerificationKey" => Value::tree(json!({})),
            "networkID" => Value::text(format!("mina:{}", network_name(node))),
            "signatureKind" => Value::text(network_name(node)),
            "protocolState" => Value::text(protocol_state(node, arguments)?),
            name => return beyond_the_simulation(node, name, arguments),
        })
    }
}

/// What the simulation does not model, as a daemon answers it that has none of it.
fn beyond_the_simulation<'n>(
    node: &'n Node,
    name: &str,
    arguments: &Arguments,
) -> Result<Value<'n>, String> {
    Ok(match name {
        "snarkedLedgerAccountMembership" | "encodedSnarkedLedgerAccountMembership" => {
            Value::tree(memberships(node, name, arguments)?)
        }
        "evaluateVrf" => {
            return Err(
                "Could not find associated private key for requested public key".to_owned(),
            );
        }
        "checkVrf" => return Err("Could not verify the VRF evaluation".to_owned()),
        // Tokens beside the only one have no owner.
        "tokenOwner" => Value::Null,
        // initialPeers, trustStatusAll, accountActions
        _ => Value::List(Vec::new()),
    })
}

fn token_accounts<'n>(node: &'n Node, arguments: &Arguments) -> Value<'n> {
    let id = node.id();
    let is_known = arguments.text("tokenId").is_some_and(is_default_token);
    let keys = if is_known {
        node.chain().now(|chain| chain.account_keys(id))
    } else {
        None
    };
    let keys = keys.unwrap_or_default().into_iter();
    Value::list(keys.map(|key| Account::value(node, key)))
}

fn best_chain<'n>(node: &'n Node, arguments: &Arguments) -> Value<'n> {
    let length = match arguments.int("maxLength") {
        None => BEST_CHAIN_MAX,
        Some(length) => usize::try_from(length).unwrap_or(0).min(BEST_CHAIN_MAX),
    };
    let blocks = Block::best_chain(node, length);
    // As the daemon: nothing while there is no best tip.
    if blocks.is_empty() && length > 0 {
        return Value::Null;
    }
    Value::list(blocks.into_iter().map(Value::object))
}

fn pooled(node: &Node, arguments: &Arguments) -> Result<Vec<CommandDetails>, String> {
    let id = node.id();
    let fee_payer = match arguments.text("publicKey") {
        Some(_) => Some(public_key(arguments, "publicKey")?),
        None => None,
    };
    let filter = Filter {
        ids: list(arguments, "ids"),
        hashes: list(arguments, "hashes"),
    };
    let mut commands = node
        .chain()
        .now(|chain| chain.pooled_commands(id, fee_payer.as_ref()));
    commands.retain(|command| filter.admits(command));
    Ok(commands)
}

fn list(arguments: &Arguments, name: &str) -> Option<Vec<String>> {
    let texts = arguments.value(name).as_array()?.iter();
    Some(texts.filter_map(Json::as_str).map(str::to_owned).collect())
}

fn transaction_status(node: &Node, arguments: &Arguments) -> Result<&'static str, String> {
    let name = match (
        arguments.text("payment"),
        arguments.text("zkappTransaction"),
    ) {
        (Some(name), None) | (None, Some(name)) => name,
        (None, None) => return Err("Must provide either payment or zkapp transaction".to_owned()),
        (Some(_), Some(_)) => {
            return Err("Cannot provide both payment and zkapp transaction".to_owned());
        }
    };
    let id = node.id();
    let included = node.chain().now(|chain| chain.is_included(id, name));
    Ok(match included {
        Some(true) => "INCLUDED",
        Some(false) => "PENDING",
        None => "UNKNOWN",
    })
}

fn trust_status(arguments: &Arguments) -> Value<'static> {
    let address = arguments.text("ipAddress").unwrap_or_default();
    match address.parse::<std::net::IpAddr>() {
        Ok(_) => Value::List(Vec::new()),
        Err(_) => Value::Null,
    }
}

fn snark_worker(node: &Node) -> Value<'_> {
    let id = node.id();
    let worker = node.chain().now(|chain| chain.snark_worker(id));
    match worker {
        Some(worker) => Value::object(SnarkWorker { node, worker }),
        None => Value::Null,
    }
}

struct SnarkWorker<'n> {
    node: &'n Node,
    worker: simulation::SnarkWorker,
}

impl Object for SnarkWorker<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        Ok(match name {
            "key" => Value::text(self.worker.public_key.to_string()),
            "account" => Account::value(self.node, self.worker.public_key),
            // fee
            _ => Value::number_text(self.worker.fee.nanomina()),
        })
    }
}

fn protocol_state(node: &Node, arguments: &Arguments) -> Result<String, String> {
    let block = match block::named(arguments)? {
        Some(name) => Block::find(node, name)?,
        None => Block::best_chain(node, 1)
            .pop()
            .ok_or("Could not get the best tip")?,
    };
    let json = block.protocol_state().json().to_string();
    Ok(match arguments.text("encoding") {
        Some("BASE64") => STANDARD.encode(json),
        _ => json,
    })
}

/// The accounts asked for, in the ledger of the best tip. Ledgers have no trees here.
fn memberships(node: &Node, name: &str, arguments: &Arguments) -> Result<Json, String> {
    let hash = arguments.text("stateHash").unwrap_or_default();
    Block::find(node, BlockName::StateHash(hash))?;
    let id = node.id();
    let asked = arguments.value("accountInfos").as_array();
    let mut answers = Vec::new();
    for info in asked.into_iter().flatten() {
        let key: Option<PublicKey> = info["publicKey"].as_str().and_then(|key| key.parse().ok());
        let token = info["token"].as_str().unwrap_or(DEFAULT_TOKEN);
        let key = key.filter(|_| is_default_token(token));
        let found = key.and_then(|key| node.chain().now(|chain| chain.account_details(id, &key)));
        let account = found.ok_or("Could not find an account in the snarked ledger")?;
        let balance = account.balance.nanomina().to_string();
        answers.push(if name == "snarkedLedgerAccountMembership" {
            json!({
                "accountBalance": balance,
                "timingInfo": {},
                "nonce": account.nonce.to_string(),
                "merklePath": [],
            })
        } else {
            let account = json!({
                "public_key": account.public_key.to_string(),
                "balance": balance,
                "nonce": account.nonce.to_string(),
            });
            json!({ "account": STANDARD.encode(account.to_string()), "merklePath": [] })
        });
    }
    Ok(Json::Array(answers))
}

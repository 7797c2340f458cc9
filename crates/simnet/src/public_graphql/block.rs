//! Blocks.

use mina::Amount;
use serde_json::{Value as Json, json};
use simulation::{BlockDetails, BlockName};

use super::account::Account;
use super::command::{self, UserCommand};
use super::config::Constants;
use super::hashes;
use super::protocol_state::ProtocolState;
use super::snark_work::completed_work;
use crate::graphql::{Arguments, Object, Value};
use crate::node::Node;

/// A block of a node's frontier.
pub(super) struct Block<'n> {
    node: &'n Node,
    details: BlockDetails,
    constants: Constants,
}

/// The block that arguments name by its height or its hash; none if they name none.
pub(super) fn named(arguments: &Arguments) -> Result<Option<BlockName<'_>>, String> {
    match (arguments.int("height"), arguments.text("stateHash")) {
        (None, None) => Ok(None),
        (Some(height), None) => {
            let height = u32::try_from(height).unwrap_or(0);
            Ok(Some(BlockName::Height(height)))
        }
        (None, Some(hash)) => Ok(Some(BlockName::StateHash(hash))),
        (Some(_), Some(_)) => Err("Must provide exactly one of state hash, height".to_owned()),
    }
}

impl<'n> Block<'n> {
    /// A block of a node's frontier, or the error of a daemon that does not have it.
    pub(super) fn find(node: &'n Node, name: BlockName<'_>) -> Result<Self, String> {
        let id = node.id();
        let block = node.chain().now(|chain| chain.block_details(id, name));
        let missing = || match name {
            BlockName::Height(height) => {
                format!("Could not find block in transition frontier with height {height}")
            }
            BlockName::StateHash(hash) => {
                format!("Block with state hash {hash} not found in transition frontier")
            }
            BlockName::Genesis => "Could not find the genesis block".to_owned(),
        };
        Ok(Self {
            node,
            details: block.ok_or_else(missing)?,
            constants: Constants::of(node),
        })
    }

    /// The last blocks of a node's best chain, oldest first.
    pub(super) fn best_chain(node: &'n Node, length_max: usize) -> Vec<Self> {
        let id = node.id();
        let constants = Constants::of(node);
        let blocks = node
            .chain()
            .now(|chain| chain.best_chain_details(id, length_max));
        blocks
            .into_iter()
            .map(|details| Self {
                node,
                details,
                constants,
            })
            .collect()
    }

    pub(super) fn protocol_state(&self) -> ProtocolState<'_> {
        ProtocolState {
            block: &self.details,
            constants: self.constants,
        }
    }
}

impl Object for Block<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        let state = self.protocol_state();
        Ok(match name {
            "creator" => Value::text(state.creator().to_string()),
            "creatorAccount" | "winnerAccount" => Account::value(self.node, state.creator()),
            "stateHash" => Value::text(self.details.state_hash.as_str()),
            "stateHashField" => Value::text(hashes::field(&self.details.state_hash)),
            "protocolState" => Value::object(state),
            "protocolStateProof" => Value::tree(json!({})),
            "transactions" => Value::object(Transactions(self)),
            "commandTransactionCount" => {
                Value::Int(i64::try_from(self.details.commands.len()).unwrap_or(i64::MAX))
            }
            // snarkJobs
            _ => Value::tree(
                self.details
                    .works
                    .iter()
                    .filter_map(completed_work)
                    .collect(),
            ),
        })
    }
}

/// What happens in a block.
struct Transactions<'b>(&'b Block<'b>);

impl Transactions<'_> {
    fn fee_transfers(&self) -> Json {
        let block = &self.0.details;
        // SNARK workers are paid from the fees, and from the coinbase when these do not suffice.
        let mut fees = block.fees;
        let mut transfers = Vec::new();
        for (worker, reward) in &block.worker_rewards {
            let left = fees.checked_sub(*reward);
            let kind = match left {
                Some(_) => "Fee_transfer",
                None => "Fee_transfer_via_coinbase",
            };
            fees = left.unwrap_or(Amount::ZERO);
            transfers.push(json!({
                "recipient": worker.to_string(),
                "fee": reward.nanomina().to_string(),
                "type": kind,
            }));
        }
        if let Some(receiver) = block.coinbase_receiver.filter(|_| fees > Amount::ZERO) {
            transfers.push(json!({
                "recipient": receiver.to_string(),
                "fee": fees.nanomina().to_string(),
                "type": "Fee_transfer",
            }));
        }
        Json::Array(transfers)
    }
}

impl Object for Transactions<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        let Block {
            node,
            details: block,
            constants,
        } = self.0;
        let (zkapps, users): (Vec<_>, Vec<_>) = block
            .commands
            .iter()
            .partition(|one| command::is_zkapp(one));
        Ok(match name {
            "userCommands" => {
                let users = users.into_iter().cloned();
                Value::list(users.map(|command| UserCommand::value(node, command)))
            }
            "zkappCommands" => Value::tree(zkapps.into_iter().map(command::zkapp_result).collect()),
            "feeTransfer" => Value::tree(self.fee_transfers()),
            "coinbase" => Value::number_text(match block.coinbase_receiver {
                Some(_) => constants.coinbase.nanomina(),
                None => 0,
            }),
            // coinbaseReceiverAccount
            _ => match block.coinbase_receiver {
                Some(receiver) => Account::value(node, receiver),
                None => Value::Null,
            },
        })
    }
}

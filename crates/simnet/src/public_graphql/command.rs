//! User commands and zkApp commands, in pools and blocks.

use mina::PublicKey;
use serde_json::{Value as Json, json};
use simulation::{CommandBody, CommandDetails};

use super::account::Account;
use super::hashes::DEFAULT_TOKEN;
use super::zkapp;
use crate::graphql::{Arguments, Object, Value};
use crate::node::Node;

/// A payment or a delegation.
pub(super) struct UserCommand<'n> {
    node: &'n Node,
    command: CommandDetails,
}

impl<'n> UserCommand<'n> {
    pub(super) fn value(node: &'n Node, command: CommandDetails) -> Value<'n> {
        Value::object(Self { node, command })
    }

    /// Who is paid, or who gets the stake.
    fn receiver(&self) -> PublicKey {
        match &self.command.body {
            CommandBody::Payment { receiver, .. } => *receiver,
            CommandBody::Delegation { delegate } => *delegate,
            CommandBody::Zkapp(_) => self.command.fee_payer,
        }
    }

    fn is_delegation(&self) -> bool {
        matches!(self.command.body, CommandBody::Delegation { .. })
    }
}

impl Object for UserCommand<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        let command = &self.command;
        Ok(match name {
            "id" => Value::text(command.id.as_str()),
            "hash" => Value::text(command.hash.as_str()),
            "kind" if self.is_delegation() => Value::text("STAKE_DELEGATION"),
            "kind" => Value::text("PAYMENT"),
            "nonce" => Value::Int(i64::from(command.nonce)),
            "source" | "feePayer" | "fromAccount" | "delegator" => {
                Account::value(self.node, command.fee_payer)
            }
            "receiver" | "toAccount" | "delegatee" => Account::value(self.node, self.receiver()),
            "from" => Value::text(command.fee_payer.to_string()),
            "to" => Value::text(self.receiver().to_string()),
            "validUntil" => Value::number_text(command.valid_until.unwrap_or(u32::MAX)),
            "token" | "feeToken" => Value::text(DEFAULT_TOKEN),
            "amount" => Value::number_text(match &command.body {
                CommandBody::Payment { amount, .. } => amount.nanomina(),
                CommandBody::Delegation { .. } | CommandBody::Zkapp(_) => 0,
            }),
            "fee" => Value::number_text(command.fee.nanomina()),
            "memo" => Value::text(zkapp::memo(&command.memo)),
            "isDelegation" => Value::Boolean(self.is_delegation()),
            // failureReason
            _ => Value::or_null(command.failure),
        })
    }

    fn type_name(&self) -> Option<&'static str> {
        Some(if self.is_delegation() {
            "UserCommandDelegation"
        } else {
            "UserCommandPayment"
        })
    }
}

/// A zkApp command and what became of it.
pub(super) fn zkapp_result(command: &CommandDetails) -> Json {
    json!({
        "id": command.id,
        "hash": command.hash,
        "zkappCommand": zkapp::command(command),
        "failureReason": command
            .failure
            .map(|failure| json!([{ "index": "1", "failures": [failure] }])),
    })
}

/// Whether it is a zkApp command.
pub(super) fn is_zkapp(command: &CommandDetails) -> bool {
    matches!(command.body, CommandBody::Zkapp(_))
}

/// Which commands of a pool are asked for.
pub(super) struct Filter {
    pub(super) ids: Option<Vec<String>>,
    pub(super) hashes: Option<Vec<String>>,
}

impl Filter {
    pub(super) fn admits(&self, command: &CommandDetails) -> bool {
        let names = |list: &Option<Vec<String>>, name: &String| {
            list.as_ref().is_none_or(|list| list.contains(name))
        };
        names(&self.ids, &command.id) && names(&self.hashes, &command.hash)
    }
}

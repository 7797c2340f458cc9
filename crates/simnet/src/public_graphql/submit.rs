//! Commands that clients send.

use std::sync::Arc;

use mina::{Amount, PrivateKey, Signature};
use serde_json::{Value as Json, json};
use simulation::{CommandDetails, CommandOrder, OrderBody, RepeatedOrders, Span};

use super::command::{UserCommand, zkapp_result};
use super::keys::public_key;
use super::zkapp;
use crate::graphql::{Arguments, Object, Value};
use crate::node::Node;

/// Most payments of one `sendTestPayments`.
const TEST_PAYMENTS_MAX: u64 = 10_000;

/// `sendPayment`.
pub(super) fn payment<'n>(node: &'n Node, arguments: &Arguments) -> Result<Value<'n>, String> {
    let order = payment_order(arguments)?;
    user_command(node, "payment", &order)
}

/// `sendDelegation`.
pub(super) fn delegation<'n>(node: &'n Node, arguments: &Arguments) -> Result<Value<'n>, String> {
    let delegate = member(arguments, "to")?;
    let order = order(arguments, OrderBody::Delegation(delegate))?;
    user_command(node, "delegation", &order)
}

/// Whether the signature of a payment is well formed: more cannot be wrong with it here.
pub(super) fn validate_payment(arguments: &Arguments) -> Result<Value<'static>, String> {
    let order = payment_order(arguments)?;
    match order.signature {
        Some(_) => Ok(Value::Boolean(true)),
        None => Err("Signature field is missing".to_owned()),
    }
}

fn payment_order(arguments: &Arguments) -> Result<CommandOrder, String> {
    let receiver = member(arguments, "to")?;
    let amount = Amount::from_nanomina(member(arguments, "amount")?);
    order(arguments, OrderBody::Payment(receiver, amount))
}

fn order(arguments: &Arguments, body: OrderBody) -> Result<CommandOrder, String> {
    let input = arguments.value("input");
    let number = |name: &str| {
        let text = input[name].as_str();
        text.and_then(|text| text.parse::<u32>().ok())
    };
    Ok(CommandOrder {
        sender: member(arguments, "from")?,
        fee: Amount::from_nanomina(member(arguments, "fee")?),
        memo: input["memo"].as_str().unwrap_or_default().to_owned(),
        nonce: number("nonce"),
        valid_until: number("validUntil"),
        signature: signature(arguments.value("signature"))?,
        body,
    })
}

fn member<T: std::str::FromStr>(arguments: &Arguments, name: &str) -> Result<T, String> {
    let text = arguments.value("input")[name].as_str();
    let read = text.and_then(|text| text.parse().ok());
    read.ok_or_else(|| format!("Invalid `{name}` provided"))
}

/// A signature, in one text or in two numbers; none where none is given.
fn signature(given: &Json) -> Result<Option<Signature>, String> {
    let text = |name: &str| given[name].as_str();
    let read = match (text("rawSignature"), text("field"), text("scalar")) {
        (None, None, None) => return Ok(None),
        (Some(raw), _, _) => raw.parse().ok(),
        (None, Some(field), Some(scalar)) => Signature::from_decimals(field, scalar),
        (None, _, _) => None,
    };
    read.map(Some)
        .ok_or_else(|| "Invalid signature provided".to_owned())
}

/// Sends a payment or a delegation. Without a signature the node signs, if it keeps the key and the
/// account is unlocked.
fn user_command<'n>(
    node: &'n Node,
    member: &'static str,
    order: &CommandOrder,
) -> Result<Value<'n>, String> {
    if order.signature.is_none() && node.is_locked(&order.sender) != Some(false) {
        return Err("Couldn't find an unlocked key for specified `sender`. Did you unlock the account you're making a transaction from?".to_owned());
    }
    let command = send(node, order)?;
    Ok(Value::object(Sent {
        node,
        member,
        command,
    }))
}

fn send(node: &Node, order: &CommandOrder) -> Result<CommandDetails, String> {
    let id = node.id();
    let sent = node.chain().now(|chain| chain.send_command(id, order));
    sent.map_err(|error| error.to_string())
}

/// The payload of a payment or a delegation.
struct Sent<'n> {
    node: &'n Node,
    member: &'static str,
    command: CommandDetails,
}

impl Object for Sent<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        Ok(if name == self.member {
            UserCommand::value(self.node, self.command.clone())
        } else {
            Value::Null
        })
    }
}

/// `sendZkapp`.
pub(super) fn zkapp(node: &Node, arguments: &Arguments) -> Result<Json, String> {
    send_zkapp(node, &arguments.value("input")["zkappCommand"])
}

/// `internalSendZkapp`: many at once, which stops at the first that is refused.
pub(super) fn zkapps(node: &Node, arguments: &Arguments) -> Result<Json, String> {
    let commands = arguments.value("zkappCommands").as_array();
    let commands = commands.into_iter().flatten();
    commands.map(|command| send_zkapp(node, command)).collect()
}

fn send_zkapp(node: &Node, command: &Json) -> Result<Json, String> {
    let order = zkapp::order(command)?;
    let sent = send(node, &order)?;
    Ok(json!({ "zkapp": zkapp_result(&sent) }))
}

/// `mockZkapp`: the answer of `sendZkapp` without sending anything.
pub(super) fn mock_zkapp(arguments: &Arguments) -> Result<Json, String> {
    let command = &arguments.value("input")["zkappCommand"];
    let order = zkapp::order(command)?;
    let signature = order.signature.map(|signature| signature.to_string());
    let signature = signature.unwrap_or_default();
    let hash = simulation::hash_text(simulation::HashKind::Transaction, &signature);
    Ok(json!({ "zkapp": { "id": signature, "hash": hash, "zkappCommand": command } }))
}

/// `sendTestPayments`: the senders pay again and again.
pub(super) fn test_payments(node: &Node, arguments: &Arguments) -> Result<i64, String> {
    let number = |name: &str| -> Result<u64, String> {
        let text = arguments.text(name);
        let number = text.and_then(|text| text.parse().ok());
        number.ok_or_else(|| format!("Invalid `{name}` provided"))
    };
    let receiver = public_key(arguments, "receiver")?;
    let fee = Amount::from_nanomina(number("fee")?);
    let amount = Amount::from_nanomina(number("amount")?);
    let count = u32::try_from(number("repeat_count")?).unwrap_or(u32::MAX);
    let pause = i64::try_from(number("repeat_delay_ms")?).unwrap_or(i64::MAX);
    let senders = arguments.value("senders").as_array();
    let keys = senders.into_iter().flatten().filter_map(Json::as_str);
    let keys = keys.filter_map(|text| text.parse::<PrivateKey>().ok());
    let orders: Arc<[CommandOrder]> = keys
        .map(|key| CommandOrder {
            sender: key.public_key(),
            fee,
            memo: String::new(),
            nonce: None,
            valid_until: None,
            signature: None,
            body: OrderBody::Payment(receiver, amount),
        })
        .collect();
    let payments = u64::from(count).saturating_mul(orders.len() as u64);
    if payments > TEST_PAYMENTS_MAX {
        return Err(format!("More than {TEST_PAYMENTS_MAX} test payments"));
    }
    let id = node.id();
    let repeated = RepeatedOrders {
        orders,
        count,
        pause: Span::from_millis(pause),
    };
    node.chain()
        .now(|chain| chain.send_repeatedly(id, repeated));
    Ok(0)
}

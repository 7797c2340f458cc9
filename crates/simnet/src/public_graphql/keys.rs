//! The accounts whose private keys a node keeps.

use mina::PublicKey;
use serde_json::json;

use super::account::Account;
use crate::graphql::{Arguments, Object, Value};
use crate::node::Node;

/// All of them.
pub(super) fn tracked(node: &Node) -> Value<'_> {
    let keys = node.owned_keys();
    Value::list(keys.into_iter().map(|key| Account::value(node, key)))
}

/// The key that an argument or a member of the input names.
pub(super) fn public_key(arguments: &Arguments, name: &str) -> Result<PublicKey, String> {
    let given = arguments.text(name);
    let given = given.or_else(|| arguments.value("input")[name].as_str());
    let key = given.and_then(|text| text.parse().ok());
    key.ok_or_else(|| format!("`{name}` is no public key"))
}

/// `createAccount`: a key of the node's own.
pub(super) fn create<'n>(node: &'n Node, arguments: &Arguments) -> Result<Value<'n>, String> {
    let password = arguments.value("input")["password"].as_str();
    let key = node.create_account(password.unwrap_or_default());
    let public_key = key.ok_or("The node keeps too many keys")?;
    Ok(Value::object(WithAccount { node, public_key }))
}

/// `unlockAccount`: payments can be sent from it.
pub(super) fn unlock<'n>(node: &'n Node, arguments: &Arguments) -> Result<Value<'n>, String> {
    let public_key = public_key(arguments, "publicKey")?;
    let password = arguments.value("input")["password"].as_str();
    match node.unlock(&public_key, password.unwrap_or_default()) {
        Some(true) => Ok(Value::object(WithAccount { node, public_key })),
        Some(false) => Err("Wrong password provided".to_owned()),
        None => Err(not_owned()),
    }
}

/// `lockAccount`: no payments can be sent from it.
pub(super) fn lock<'n>(node: &'n Node, arguments: &Arguments) -> Result<Value<'n>, String> {
    let public_key = public_key(arguments, "publicKey")?;
    if node.lock(&public_key) {
        Ok(Value::object(WithAccount { node, public_key }))
    } else {
        Err(not_owned())
    }
}

/// `deleteAccount`: the node does not keep its key any more.
pub(super) fn delete<'n>(node: &'n Node, arguments: &Arguments) -> Result<Value<'n>, String> {
    let public_key = public_key(arguments, "publicKey")?;
    if node.delete_account(&public_key) {
        Ok(Value::tree(json!({ "publicKey": public_key.to_string() })))
    } else {
        Err(not_owned())
    }
}

fn not_owned() -> String {
    "Could not find owned account associated with provided key".to_owned()
}

/// The payload of mutations that answer with an account.
struct WithAccount<'n> {
    node: &'n Node,
    public_key: PublicKey,
}

impl Object for WithAccount<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        Ok(match name {
            "account" => Account::value(self.node, self.public_key),
            // publicKey
            _ => Value::text(self.public_key.to_string()),
        })
    }
}

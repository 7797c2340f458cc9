//! Accounts.

use mina::PublicKey;
use serde_json::{Value as Json, json};
use simulation::{AccountDetails, Tip};

use super::hashes::{self, DEFAULT_TOKEN, NO_VOTE};
use crate::graphql::{Arguments, Object, Value};
use crate::identity::CONFIG_FOLDER;
use crate::node::Node;

/// An account, in the ledger of a node's best tip or not.
pub(super) struct Account<'n> {
    node: &'n Node,
    public_key: PublicKey,
    details: Option<AccountDetails>,
    tip: Option<Tip>,
}

impl<'n> Account<'n> {
    /// The account of a key, also if it is not in the ledger.
    pub(super) fn of(node: &'n Node, public_key: PublicKey) -> Self {
        let id = node.id();
        let (details, tip) = node
            .chain()
            .now(|chain| (chain.account_details(id, &public_key), chain.tip(id)));
        Self {
            node,
            public_key,
            details,
            tip,
        }
    }

    /// The account of a key as a value.
    pub(super) fn value(node: &'n Node, public_key: PublicKey) -> Value<'n> {
        Value::object(Self::of(node, public_key))
    }

    /// The account of a key and a token, if it is in the ledger.
    pub(super) fn found(node: &'n Node, public_key: PublicKey, token: Option<&str>) -> Value<'n> {
        let account = Self::of(node, public_key);
        if account.details.is_some() && token.is_none_or(is_default_token) {
            Value::object(account)
        } else {
            Value::Null
        }
    }

    fn balance(&self) -> Json {
        let total = self.details.map_or(0, |found| found.balance.nanomina());
        let total = total.to_string();
        let is_found = self.details.is_some();
        let height = self.tip.as_ref().map_or(0, |tip| tip.blockchain_length);
        json!({
            "total": total,
            "unknown": total,
            // No account of the simulation is timed.
            "liquid": is_found.then_some(&total),
            "locked": is_found.then_some("0"),
            "blockHeight": height.to_string(),
            "stateHash": self.tip.as_ref().map(|tip| &tip.state_hash),
        })
    }

    fn delegators(&self) -> Value<'n> {
        let (node, id) = (self.node, self.node.id());
        let keys = node
            .chain()
            .now(|chain| chain.delegators(id, &self.public_key));
        Value::list(keys.into_iter().map(|key| Self::value(node, key)))
    }

    fn receipt_chain(&self, found: &AccountDetails) -> String {
        hashes::receipt_chain(&format!("{} {}", self.public_key, found.nonce))
    }
}

/// Whether a token is the only one that there is.
pub(super) fn is_default_token(token: &str) -> bool {
    matches!(token, DEFAULT_TOKEN | "1")
}

impl Object for Account<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        let key = || Value::text(self.public_key.to_string());
        let is_own = || self.public_key == self.node.identity().key.public_key();
        // Fields of all accounts, also of those that are not in the ledger.
        let value = match name {
            "publicKey" => key(),
            "tokenId" | "token" => Value::text(DEFAULT_TOKEN),
            "balance" => Value::tree(self.balance()),
            "timing" => Value::tree(json!({})),
            "stakingActive" => Value::Boolean(self.node.identity().is_block_producer && is_own()),
            "privateKeyPath" => {
                Value::text(format!("{CONFIG_FOLDER}/wallets/store/{}", self.public_key))
            }
            "locked" => Value::or_null(self.node.is_locked(&self.public_key)),
            _ => Value::Null,
        };
        let (Value::Null, Some(found)) = (&value, &self.details) else {
            return Ok(value);
        };
        Ok(match name {
            "nonce" => Value::number_text(found.nonce),
            "inferredNonce" => Value::number_text(found.inferred_nonce),
            "receiptChainHash" => Value::text(self.receipt_chain(found)),
            "delegate" => Value::text(found.delegate.to_string()),
            "delegateAccount" | "epochDelegateAccount" => Account::value(self.node, found.delegate),
            "delegators" | "lastEpochDelegators" => self.delegators(),
            "votingFor" => Value::text(NO_VOTE),
            "index" => Value::Int(i64::from(found.index)),
            "permissions" => Value::tree(permissions()),
            "tokenSymbol" => Value::text(""),
            "leafHash" => {
                let leaf = format!("{} {} {}", self.public_key, found.nonce, found.balance);
                Value::text(hashes::field(&leaf))
            }
            // No account of the simulation is a zkApp's.
            _ => Value::Null,
        })
    }
}

/// Those of an account of a user.
fn permissions() -> Json {
    json!({
        "editState": "Signature",
        "send": "Signature",
        "receive": "None",
        "access": "None",
        "setDelegate": "Signature",
        "setPermissions": "Signature",
        "setVerificationKey": { "auth": "Signature", "txnVersion": "3" },
        "setZkappUri": "Signature",
        "editActionState": "Signature",
        "setTokenSymbol": "Signature",
        "incrementNonce": "Signature",
        "setVotingFor": "Signature",
        "setTiming": "Signature",
    })
}

//! zkApp commands: as they are shown, and as they are read.

use std::sync::Arc;

use mina::{Amount, Memo, PublicKey};
use serde_json::{Value as Json, json};
use simulation::{
    CommandBody, CommandDetails, CommandOrder, OrderBody, ZkappBody, ZkappOrder, ZkappUpdate,
};

use super::account::is_default_token;
use super::hashes::DEFAULT_TOKEN;

/// A memo as daemons show it.
pub(super) fn memo(text: &str) -> String {
    Memo::from_text(text).map_or_else(|_| String::new(), |memo| memo.to_string())
}

/// The whole command, as a `ZkappCommand`.
pub(super) fn command(command: &CommandDetails) -> Json {
    let updates = match &command.body {
        CommandBody::Zkapp(ZkappBody::Sent(json)) => {
            return serde_json::from_str(json).unwrap_or_default();
        }
        CommandBody::Zkapp(ZkappBody::Made(updates)) => updates.as_slice(),
        CommandBody::Payment { .. } | CommandBody::Delegation { .. } => &[],
    };
    json!({
        "memo": memo(&command.memo),
        "feePayer": {
            "authorization": command.id,
            "body": {
                "publicKey": command.fee_payer.to_string(),
                "fee": command.fee.nanomina().to_string(),
                "nonce": command.nonce.to_string(),
                "validUntil": command.valid_until.map(|slot| slot.to_string()),
            },
        },
        "accountUpdates": updates
            .iter()
            .map(|update| account_update(update, &command.id))
            .collect::<Vec<Json>>(),
    })
}

/// An update that a scheduler has made: nothing but a change of a balance.
fn account_update(update: &ZkappUpdate, signature: &str) -> Json {
    let nothing = [(); 8].map(|()| Json::Null);
    let epoch = json!({ "ledger": {} });
    json!({
        "authorization": {
            "signature": (!update.is_proved).then_some(signature),
            // The simulation makes no proofs.
            "proof": update.is_proved.then_some("AA=="),
        },
        "body": {
            "publicKey": update.public_key.to_string(),
            "tokenId": DEFAULT_TOKEN,
            "update": { "appState": nothing },
            "balanceChange": {
                "magnitude": update.amount.nanomina().to_string(),
                "sgn": if update.is_debit { "Negative" } else { "Positive" },
            },
            "incrementNonce": false,
            "events": [],
            "actions": [],
            "callData": "0",
            "callDepth": 0,
            "preconditions": {
                "network": { "stakingEpochData": epoch, "nextEpochData": epoch },
                "account": { "state": nothing },
            },
            "useFullCommitment": true,
            "implicitAccountCreationFee": update.pays_creation,
            "mayUseToken": { "parentsOwnToken": false, "inheritFromParent": false },
            "authorizationKind": {
                "isSigned": !update.is_proved,
                "isProved": update.is_proved,
                "verificationKeyHash": "0",
            },
        },
    })
}

/// Reads a `ZkappCommandInput`.
pub(super) fn order(command: &Json) -> Result<CommandOrder, String> {
    let body = &command["feePayer"]["body"];
    let updates = command["accountUpdates"].as_array();
    let updates = updates.ok_or_else(|| invalid("accountUpdates"))?;
    let updates = updates.iter().map(update).collect::<Result<_, _>>()?;
    let memo: Memo = read(&command["memo"], "memo")?;
    let memo = memo.content().unwrap_or_default();
    Ok(CommandOrder {
        sender: read(&body["publicKey"], "publicKey")?,
        fee: Amount::from_nanomina(read(&body["fee"], "fee")?),
        memo: String::from_utf8_lossy(memo).into_owned(),
        nonce: Some(read(&body["nonce"], "nonce")?),
        valid_until: match &body["validUntil"] {
            Json::Null => None,
            slot => Some(read(slot, "validUntil")?),
        },
        signature: Some(read(
            &command["feePayer"]["authorization"],
            "authorization",
        )?),
        body: OrderBody::Zkapp(ZkappOrder {
            updates,
            json: Arc::from(command.to_string()),
        }),
    })
}

/// An update; its amount is nothing to the simulation if it is of another token.
fn update(update: &Json) -> Result<ZkappUpdate, String> {
    let body = &update["body"];
    let token: String = read(&body["tokenId"], "tokenId")?;
    let change = &body["balanceChange"];
    let public_key: PublicKey = read(&body["publicKey"], "publicKey")?;
    let magnitude = read(&change["magnitude"], "magnitude")?;
    let sign: String = read(&change["sgn"], "sgn")?;
    let is_default = is_default_token(&token);
    Ok(ZkappUpdate {
        public_key,
        amount: Amount::from_nanomina(if is_default { magnitude } else { 0 }),
        is_debit: sign == "Negative" || !is_default,
        is_proved: !update["authorization"]["proof"].is_null(),
        pays_creation: body["implicitAccountCreationFee"] == true,
    })
}

fn read<T: std::str::FromStr>(value: &Json, name: &str) -> Result<T, String> {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        _ => return Err(invalid(name)),
    };
    text.parse().map_err(|_| invalid(name))
}

fn invalid(name: &str) -> String {
    format!("Invalid zkApp command: `{name}` is missing or wrong")
}

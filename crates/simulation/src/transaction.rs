//! Transactions as pools and blocks hold them.

use std::sync::Arc;

use crate::ids::{AccountId, NodeId};
use crate::random::Random;
use crate::time::SimTime;

/// A user command.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) command: Command,
    pub(crate) fee_payer: AccountId,
    pub(crate) nonce: u32,
    /// In nanomina.
    pub(crate) fee: u64,
    pub(crate) memo: String,
    /// The fee payer's signature, by which traces call the transaction.
    pub(crate) signature: String,
    /// `["payment","7mX…","memo"`, without the closing bracket.
    pub(crate) summary: String,
    /// The list of one summary that pool events hold.
    pub(crate) diff: Arc<str>,
    /// The node that it was submitted to, and when.
    pub(crate) origin: NodeId,
    pub(crate) submitted: SimTime,
    /// Whether a scheduler of that node made it.
    pub(crate) scheduled: bool,
    /// What its sender has given besides.
    pub(crate) given: Given,
}

/// What only senders of single transactions give.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// The signature, made outside of the network.
    pub(crate) signature: Option<mina::Signature>,
    /// The last slot since genesis in which a block may hold the transaction.
    pub(crate) valid_until: Option<u32>,
    /// A zkApp command as it was sent, JSON.
    pub(crate) zkapp: Option<Arc<str>>,
}

impl Transaction {
    /// Whether no block in this slot since genesis may hold it any more.
    pub(crate) fn is_expired(&self, slot: u32) -> bool {
        self.given.valid_until.is_some_and(|until| until < slot)
    }
}

/// What a transaction does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// Moves an amount to the receiver.
    Payment { receiver: AccountId, amount: u64 },
    /// Delegates the stake of the fee payer.
    Delegation { delegate: AccountId },
    /// Moves amounts between the fee payer and any accounts, all or nothing.
    Zkapp {
        /// Account updates besides the fee payer.
        updates: u32,
        /// Those of them that are authorised by proofs.
        proofs: u32,
        /// What is taken from accounts.
        debits: Vec<(AccountId, u64)>,
        /// What accounts get.
        credits: Vec<(AccountId, u64)>,
    },
}

impl Command {
    pub(crate) fn is_zkapp(&self) -> bool {
        matches!(self, Self::Zkapp { .. })
    }

    /// What the fee payer spends besides the fee.
    pub(crate) fn spent_by(&self, fee_payer: AccountId) -> u64 {
        match self {
            Self::Payment { amount, .. } => *amount,
            Self::Delegation { .. } => 0,
            Self::Zkapp { debits, .. } => debits
                .iter()
                .filter(|(account, _)| *account == fee_payer)
                .fold(0, |sum: u64, (_, amount)| sum.saturating_add(*amount)),
        }
    }

    /// As summaries name it, delegations like payments.
    fn kind(&self) -> String {
        match self {
            Self::Payment { .. } | Self::Delegation { .. } => "payment".to_owned(),
            Self::Zkapp {
                updates, proofs, ..
            } => format!("zkapp:{updates}:{proofs}"),
        }
    }
}

/// What a transaction is made from.
pub(crate) struct Draft {
    pub(crate) command: Command,
    pub(crate) fee_payer: AccountId,
    pub(crate) nonce: u32,
    pub(crate) fee: u64,
    pub(crate) memo: String,
    pub(crate) origin: NodeId,
    pub(crate) scheduled: bool,
}

impl Draft {
    /// Signs it, as far as a simulation does: with a well-formed signature that belongs to no
    /// key, because nobody who reads a trace can check it.
    pub(crate) fn sign(self, now: SimTime, random: &mut Random) -> Arc<Transaction> {
        self.sign_with(Given::default(), now, random)
    }

    /// The same, with what a sender has given.
    pub(crate) fn sign_with(
        self,
        given: Given,
        now: SimTime,
        random: &mut Random,
    ) -> Arc<Transaction> {
        let signature = match &given.signature {
            Some(signature) => signature.to_string(),
            None => signature_text(random),
        };
        let memo = json_text(&self.memo);
        let summary = format!("[\"{}\",\"{signature}\",{memo}", self.command.kind());
        let diff = format!("[{summary}]]").into();
        Arc::new(Transaction {
            command: self.command,
            fee_payer: self.fee_payer,
            nonce: self.nonce,
            fee: self.fee,
            memo: self.memo,
            signature,
            summary,
            diff,
            origin: self.origin,
            submitted: now,
            scheduled: self.scheduled,
            given,
        })
    }
}

/// A text as JSON.
pub(crate) fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// base58check of two numbers below the moduli of their fields.
fn signature_text(random: &mut Random) -> String {
    let mut body = [1_u8; 65];
    body[1..].copy_from_slice(&random.bytes::<64>());
    // below 2^254, as both moduli are above it
    body[32] &= 0x3F;
    body[64] &= 0x3F;
    bs58::encode(body).with_check_version(0x9A).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_those_of_traces() {
        let draft = |command| Draft {
            command,
            fee_payer: AccountId(1),
            nonce: 0,
            fee: 1,
            memo: "a \"b\"-0".to_owned(),
            origin: NodeId::from_index(0),
            scheduled: true,
        };
        let mut random = Random::new(1, "signatures", 0);
        let payment = draft(Command::Payment {
            receiver: AccountId(2),
            amount: 3,
        })
        .sign(SimTime::from_unix_micros(0), &mut random);
        assert_eq!(
            payment.diff.as_ref(),
            format!(r#"[["payment","{}","a \"b\"-0"]]"#, payment.signature)
        );
        let zkapp = draft(Command::Zkapp {
            updates: 5,
            proofs: 2,
            debits: Vec::new(),
            credits: Vec::new(),
        })
        .sign(SimTime::from_unix_micros(0), &mut random);
        assert!(zkapp.summary.starts_with(r#"["zkapp:5:2","7mX"#));
        assert_ne!(payment.signature, zkapp.signature);
        payment
            .signature
            .parse::<mina::Signature>()
            .expect("a well-formed signature");
    }
}

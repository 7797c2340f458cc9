//! Accounts, and what the transactions of a block do to them.

use std::collections::BTreeMap;
use std::collections::HashMap;

use mina::PublicKey;

use crate::config::key_from_seed;
use crate::ids::AccountId;
use crate::transaction::{Command, Transaction};

/// What an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// In nanomina.
    pub balance: u64,
    /// Of its next transaction.
    pub nonce: u32,
    /// To which it delegates its stake; none for itself.
    pub(crate) delegate: Option<AccountId>,
}

/// All accounts that were ever named, with or without anything on them.
#[derive(Debug, Default)]
pub(crate) struct AccountNames {
    // looked up only, never iterated: its order cannot leak
    ids: HashMap<PublicKey, AccountId>,
    /// By id.
    keys: Vec<PublicKey>,
}

impl AccountNames {
    pub(crate) fn find(&self, public_key: &PublicKey) -> Option<AccountId> {
        self.ids.get(public_key).copied()
    }

    pub(crate) fn find_or_add(&mut self, public_key: &PublicKey) -> AccountId {
        if let Some(id) = self.find(public_key) {
            return id;
        }
        let id = AccountId(u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
        self.keys.push(*public_key);
        self.ids.insert(*public_key, id);
        id
    }

    /// An account of a scheduler, whose key follows from the network's seed.
    pub(crate) fn add_from_seed(&mut self, seed: u64) -> AccountId {
        let key = key_from_seed(seed, "account of a scheduler", self.keys.len() as u64);
        self.find_or_add(&key.public_key())
    }

    /// The public key of an account.
    pub(crate) fn key(&self, id: AccountId) -> Option<PublicKey> {
        self.keys.get(id.0 as usize).copied()
    }
}

/// Why a transaction in a block changed nothing but the fee payer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Some account has less than is taken from it.
    Overflow,
    /// What a new account gets does not pay for its creation.
    AmountInsufficientToCreateAccount,
    /// Stake is delegated to an account that does not exist.
    ReceiverNotPresent,
    /// A zkApp command gives other amounts than it takes.
    InvalidFeeExcess,
}

impl Failure {
    /// The name in traces.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Overflow => "Overflow",
            Self::AmountInsufficientToCreateAccount => "Amount_insufficient_to_create_account",
            Self::ReceiverNotPresent => "Receiver_not_present",
            Self::InvalidFeeExcess => "Invalid_fee_excess",
        }
    }
}

/// A transaction that no block may hold now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// The fee payer does not exist.
    NoFeePayer,
    /// Another nonce is due.
    Nonce,
    /// The fee payer cannot pay the fee.
    Fee,
}

/// Changes on top of a ledger.
pub(crate) struct Overlay<F> {
    /// Looks an account up in the ledger below.
    below: F,
    changed: BTreeMap<AccountId, Account>,
    account_creation_fee: u64,
    /// Paid by new accounts, and gone.
    pub(crate) creation_fees: u64,
}

impl<F: FnMut(AccountId) -> Option<Account>> Overlay<F> {
    pub(crate) fn new(account_creation_fee: u64, below: F) -> Self {
        Self {
            below,
            changed: BTreeMap::new(),
            account_creation_fee,
            creation_fees: 0,
        }
    }

    pub(crate) fn account(&mut self, id: AccountId) -> Option<Account> {
        let changed = self.changed.get(&id).copied();
        changed.or_else(|| (self.below)(id))
    }

    /// The changed accounts, by their ids.
    pub(crate) fn into_changes(self) -> Vec<(AccountId, Account)> {
        self.changed.into_iter().collect()
    }

    /// Takes the fee and does what the transaction says: the inner error says that only the fee
    /// was taken.
    pub(crate) fn apply(
        &mut self,
        transaction: &Transaction,
    ) -> Result<Result<(), Failure>, Invalid> {
        let payer = transaction.fee_payer;
        let mut account = self.account(payer).ok_or(Invalid::NoFeePayer)?;
        if account.nonce != transaction.nonce {
            return Err(Invalid::Nonce);
        }
        account.balance = account
            .balance
            .checked_sub(transaction.fee)
            .ok_or(Invalid::Fee)?;
        account.nonce = account.nonce.wrapping_add(1);
        self.changed.insert(payer, account);
        Ok(match &transaction.command {
            Command::Payment { receiver, amount } => {
                self.transfer(&[(payer, *amount)], &[(*receiver, *amount)])
            }
            Command::Delegation { delegate } => self.delegate(payer, *delegate),
            Command::Zkapp {
                debits, credits, ..
            } => {
                if sum(debits) == sum(credits) {
                    self.transfer(debits, credits)
                } else {
                    Err(Failure::InvalidFeeExcess)
                }
            }
        })
    }

    /// Adds to an account that earns something, and makes it if need be; what a creation would
    /// cost more than is earned is left.
    pub(crate) fn reward(&mut self, id: AccountId, amount: u64) {
        let earned = if let Some(account) = self.account(id) {
            Account {
                balance: account.balance.saturating_add(amount),
                ..account
            }
        } else {
            let fee = self.account_creation_fee.min(amount);
            self.creation_fees += fee;
            Account {
                balance: amount - fee,
                ..Account::default()
            }
        };
        self.changed.insert(id, earned);
    }

    fn delegate(&mut self, payer: AccountId, delegate: AccountId) -> Result<(), Failure> {
        self.account(delegate).ok_or(Failure::ReceiverNotPresent)?;
        if let Some(account) = self.account(payer) {
            let delegate = (delegate != payer).then_some(delegate);
            let changed = Account {
                delegate,
                ..account
            };
            self.changed.insert(payer, changed);
        }
        Ok(())
    }

    fn transfer(
        &mut self,
        debits: &[(AccountId, u64)],
        credits: &[(AccountId, u64)],
    ) -> Result<(), Failure> {
        let mut after: BTreeMap<AccountId, Account> = BTreeMap::new();
        let mut creation_fees = 0;
        for (id, amount) in debits {
            let mut account = after
                .get(id)
                .copied()
                .or_else(|| self.account(*id))
                .ok_or(Failure::Overflow)?;
            account.balance = account
                .balance
                .checked_sub(*amount)
                .ok_or(Failure::Overflow)?;
            after.insert(*id, account);
        }
        for (id, amount) in credits {
            let existing = after.get(id).copied().or_else(|| self.account(*id));
            let mut amount = *amount;
            if existing.is_none() {
                creation_fees += self.account_creation_fee;
                amount = amount
                    .checked_sub(self.account_creation_fee)
                    .ok_or(Failure::AmountInsufficientToCreateAccount)?;
            }
            let mut account = existing.unwrap_or_default();
            account.balance = account
                .balance
                .checked_add(amount)
                .ok_or(Failure::Overflow)?;
            after.insert(*id, account);
        }
        self.creation_fees += creation_fees;
        self.changed.extend(after);
        Ok(())
    }
}

fn sum(changes: &[(AccountId, u64)]) -> u128 {
    changes.iter().map(|(_, amount)| u128::from(*amount)).sum()
}

#[cfg(test)]
mod tests;

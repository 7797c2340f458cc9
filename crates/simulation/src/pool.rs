//! A node's transaction pool.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ids::AccountId;
use crate::ledger::Account;
use crate::transaction::Transaction;

/// Valid transactions that wait for a block, by fee payer and nonce.
#[derive(Debug)]
pub(crate) struct Pool {
    waiting: BTreeMap<(AccountId, u32), Arc<Transaction>>,
    capacity: usize,
    /// Whether one of them expires.
    has_expiring: bool,
}

/// Why a pool does not take a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// The fee payer is not in the ledger.
    #[error("the fee payer does not exist in the best-tip ledger")]
    UnknownFeePayer,
    /// Its nonce is used already, in a block.
    #[error("the nonce is below that of the fee payer's account")]
    StaleNonce,
    /// Another transaction with this nonce waits.
    #[error("a transaction with this nonce is in the pool")]
    DuplicateNonce,
    /// One with a smaller nonce is missing.
    #[error("the nonce is above the next one")]
    NonceGap,
    /// The fee payer cannot pay for it and for what waits already.
    #[error("insufficient funds")]
    InsufficientFunds,
    /// No room.
    #[error("the pool is full")]
    Full,
}

impl Pool {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            waiting: BTreeMap::new(),
            capacity,
            has_expiring: false,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.has_expiring = false;
    }

    /// The nonce after those that wait without a hole, from that of the account.
    pub(crate) fn next_nonce(&self, id: AccountId, account: Account) -> u32 {
        let mut next = account.nonce;
        for ((_, nonce), _) in self.waiting.range((id, account.nonce)..=(id, u32::MAX)) {
            if *nonce != next {
                break;
            }
            next = next.wrapping_add(1);
        }
        next
    }

    /// Takes a transaction that was submitted here. Its nonce has to be the next one.
    pub(crate) fn submit(
        &mut self,
        transaction: &Arc<Transaction>,
        account: Option<Account>,
    ) -> Result<(), PoolError> {
        let id = transaction.fee_payer;
        let account = account.ok_or(PoolError::UnknownFeePayer)?;
        let next = self.next_nonce(id, account);
        if transaction.nonce < account.nonce {
            return Err(PoolError::StaleNonce);
        }
        if transaction.nonce < next {
            return Err(PoolError::DuplicateNonce);
        }
        if transaction.nonce > next {
            return Err(PoolError::NonceGap);
        }
        let waiting = self.waiting.range((id, account.nonce)..(id, next));
        let spent = waiting.fold(cost(transaction), |sum, (_, other)| {
            sum.saturating_add(cost(other))
        });
        if spent > account.balance {
            return Err(PoolError::InsufficientFunds);
        }
        if self.waiting.len() >= self.capacity {
            return Err(PoolError::Full);
        }
        self.insert(transaction);
        Ok(())
    }

    /// Takes a transaction that was heard of, also ahead of others that are still on their way.
    /// Tells whether the diff that brought it stands: only an unknown fee payer condemns it.
    pub(crate) fn hear(
        &mut self,
        transaction: &Arc<Transaction>,
        account: Option<Account>,
    ) -> bool {
        let Some(account) = account else {
            return false;
        };
        let key = (transaction.fee_payer, transaction.nonce);
        if transaction.nonce >= account.nonce
            && self.waiting.len() < self.capacity
            && !self.waiting.contains_key(&key)
        {
            self.insert(transaction);
        }
        true
    }

    fn insert(&mut self, transaction: &Arc<Transaction>) {
        let key = (transaction.fee_payer, transaction.nonce);
        self.has_expiring |= transaction.given.valid_until.is_some();
        self.waiting.insert(key, Arc::clone(transaction));
    }

    /// A transaction was included in a block, or can never be.
    pub(crate) fn remove(&mut self, transaction: &Transaction) {
        self.waiting
            .remove(&(transaction.fee_payer, transaction.nonce));
    }

    /// A block was undone: its transaction waits again.
    pub(crate) fn restore(&mut self, transaction: &Arc<Transaction>) {
        self.has_expiring |= transaction.given.valid_until.is_some();
        self.waiting
            .entry((transaction.fee_payer, transaction.nonce))
            .or_insert_with(|| Arc::clone(transaction));
    }

    /// Forgets what no block from this slot on may hold.
    pub(crate) fn remove_expired(&mut self, slot: u32) {
        if self.has_expiring {
            self.waiting
                .retain(|_, transaction| !transaction.is_expired(slot));
            let mut left = self.waiting.values();
            self.has_expiring = left.any(|transaction| transaction.given.valid_until.is_some());
        }
    }

    /// Those of one fee payer, by nonce.
    pub(crate) fn of(&self, id: AccountId) -> impl Iterator<Item = &Arc<Transaction>> {
        self.waiting
            .range((id, 0)..=(id, u32::MAX))
            .map(|(_, transaction)| transaction)
    }

    /// All, by fee payer and nonce.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Transaction>> {
        self.waiting.values()
    }
}

/// What a transaction takes from its fee payer at most.
fn cost(transaction: &Transaction) -> u64 {
    let spent = transaction.command.spent_by(transaction.fee_payer);
    transaction.fee.saturating_add(spent)
}

#[cfg(test)]
mod tests;

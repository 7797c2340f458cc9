//! Accounts as clients of a daemon see them.

use mina::{Amount, PublicKey};

use super::Network;
use crate::ids::{AccountId, NodeId};

/// An account in the best-tip ledger of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountDetails {
    /// Its public key.
    pub public_key: PublicKey,
    /// What it holds.
    pub balance: Amount,
    /// Of its next transaction.
    pub nonce: u32,
    /// The nonce after the transactions that wait in the node's pool.
    pub inferred_nonce: u32,
    /// To which it delegates its stake, maybe itself.
    pub delegate: PublicKey,
    /// Its place in the ledger.
    pub index: u32,
}

impl Network {
    /// An account in the best-tip ledger of a node.
    pub fn account_details(
        &mut self,
        node: NodeId,
        public_key: &PublicKey,
    ) -> Option<AccountDetails> {
        let account = self.account(node, public_key)?;
        let id = self.names.find(public_key)?;
        let delegate = account.delegate.and_then(|id| self.names.key(id));
        Some(AccountDetails {
            public_key: *public_key,
            balance: Amount::from_nanomina(account.balance),
            nonce: account.nonce,
            inferred_nonce: self.node(node).pool.next_nonce(id, account),
            delegate: delegate.unwrap_or(*public_key),
            index: id.0,
        })
    }

    /// The public keys of all accounts in the best-tip ledger of a node, in the order of the ledger;
    /// none without a best tip. Costs a look at the whole ledger.
    #[must_use]
    pub fn account_keys(&self, node: NodeId) -> Option<Vec<PublicKey>> {
        self.keys_where(node, |_, _| true)
    }

    /// The public keys of the accounts that delegate their stake to this one, maybe itself.
    #[must_use]
    pub fn delegators(&self, node: NodeId, public_key: &PublicKey) -> Vec<PublicKey> {
        let Some(delegate) = self.names.find(public_key) else {
            return Vec::new();
        };
        let found = self.keys_where(node, |id, own| own.unwrap_or(id) == delegate);
        found.unwrap_or_default()
    }

    fn keys_where(
        &self,
        node: NodeId,
        is_wanted: impl Fn(AccountId, Option<AccountId>) -> bool,
    ) -> Option<Vec<PublicKey>> {
        let asked = self.node(node);
        if !asked.has_best_tip() {
            return None;
        }
        let accounts = self.chain.accounts(asked.tip);
        let keys = (0..).zip(accounts).filter_map(|(place, account)| {
            let id = AccountId(place);
            let is_wanted = is_wanted(id, account?.delegate);
            is_wanted.then(|| self.names.key(id)).flatten()
        });
        Some(keys.collect())
    }
}

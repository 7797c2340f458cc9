//! The private keys that a node keeps: those of the whole network's wallet, and those that clients
//! let it make.

use std::collections::{HashMap, HashSet};

use mina::PublicKey;
use simulation::key_from_seed;

use crate::wallet::Wallet;

/// Most keys that clients let a node make.
const CREATED_MAX: usize = 10_000;

/// What differs from the wallet of the network.
#[derive(Debug, Default)]
pub(crate) struct KeyStore {
    created: Vec<PublicKey>,
    passwords: HashMap<PublicKey, String>,
    deleted: HashSet<PublicKey>,
    unlocked: HashSet<PublicKey>,
}

impl KeyStore {
    /// All keys.
    pub(crate) fn keys(&self, wallet: &Wallet) -> Vec<PublicKey> {
        let keys = wallet.keys().iter().chain(&self.created);
        keys.filter(|key| !self.deleted.contains(key))
            .copied()
            .collect()
    }

    /// Whether a key is locked; none of a key that is not kept.
    pub(crate) fn is_locked(&self, wallet: &Wallet, key: &PublicKey) -> Option<bool> {
        self.accepts(wallet, key, "")?;
        Some(!self.unlocked.contains(key))
    }

    /// Unlocks a key if this is its password, and returns whether it is; none of a key that is not
    /// kept.
    pub(crate) fn unlock(
        &mut self,
        wallet: &Wallet,
        key: &PublicKey,
        password: &str,
    ) -> Option<bool> {
        let accepts = self.accepts(wallet, key, password)?;
        if accepts {
            self.unlocked.insert(*key);
        }
        Some(accepts)
    }

    /// Locks a key; whether it is kept.
    pub(crate) fn lock(&mut self, wallet: &Wallet, key: &PublicKey) -> bool {
        self.unlocked.remove(key);
        self.accepts(wallet, key, "").is_some()
    }

    /// Locks all keys, as the end of the process does.
    pub(crate) fn lock_all(&mut self) {
        self.unlocked.clear();
    }

    /// Makes a key of a node; none if there are too many.
    pub(crate) fn create(&mut self, seed: u64, node: usize, password: &str) -> Option<PublicKey> {
        if self.created.len() >= CREATED_MAX {
            return None;
        }
        let number = (node as u64) << 32 | self.created.len() as u64;
        let key = key_from_seed(seed, "created account", number).public_key();
        self.created.push(key);
        self.passwords.insert(key, password.to_owned());
        self.unlocked.insert(key);
        Some(key)
    }

    /// Forgets a key; whether it was kept.
    pub(crate) fn delete(&mut self, wallet: &Wallet, key: &PublicKey) -> bool {
        let is_kept = self.accepts(wallet, key, "").is_some();
        if is_kept {
            self.unlocked.remove(key);
            self.deleted.insert(*key);
        }
        is_kept
    }

    fn accepts(&self, wallet: &Wallet, key: &PublicKey, password: &str) -> Option<bool> {
        if self.deleted.contains(key) {
            return None;
        }
        let created = self.passwords.get(key);
        created
            .map(|known| known == password)
            .or_else(|| wallet.unlocks(key, password))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_locked_unlocked_and_deleted() {
        let wallet = Wallet::default();
        let mut store = KeyStore::default();
        let key = store.create(1, 2, "secret").unwrap();
        assert_eq!(store.keys(&wallet), [key]);
        assert_eq!(store.is_locked(&wallet, &key), Some(false));
        assert!(store.lock(&wallet, &key));
        assert_eq!(store.is_locked(&wallet, &key), Some(true));
        assert_eq!(store.unlock(&wallet, &key, "guess"), Some(false));
        assert_eq!(store.unlock(&wallet, &key, "secret"), Some(true));
        assert_ne!(store.create(1, 2, ""), Some(key));
        assert!(store.delete(&wallet, &key));
        assert_eq!(store.unlock(&wallet, &key, "secret"), None);
        assert!(!store.delete(&wallet, &key));
    }

    #[test]
    fn keys_of_the_wallet_can_be_unlocked_and_deleted_by_one_node() {
        let private = key_from_seed(1, "node key", 0);
        let mut wallet = Wallet::default();
        wallet.add(&private, "simnet");
        let key = private.public_key();
        let (mut one, mut other) = (KeyStore::default(), KeyStore::default());
        assert_eq!(one.unlock(&wallet, &key, "simnet"), Some(true));
        assert_eq!(other.is_locked(&wallet, &key), Some(true));
        assert!(other.delete(&wallet, &key));
        assert!(other.keys(&wallet).is_empty());
        one.lock_all();
        assert_eq!(one.is_locked(&wallet, &key), Some(true));
    }
}

//! Accounts whose private keys the network knows: those of its nodes and its funded accounts.
//!
//! Every node has all of them in its wallet, and unlocks them with the passwords of their key
//! files.

use std::collections::HashMap;

use mina::{PrivateKey, PublicKey};

/// The accounts, by public key.
#[derive(Debug, Default)]
pub(crate) struct Wallet {
    passwords: HashMap<String, &'static str>,
    keys: Vec<PublicKey>,
}

impl Wallet {
    pub(crate) fn add(&mut self, key: &PrivateKey, password: &'static str) {
        let key = key.public_key();
        self.passwords.insert(key.to_string(), password);
        self.keys.push(key);
    }

    /// The accounts, in the order in which they were added.
    pub(crate) fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Whether it has the key, and whether this is the password; `None` without the key.
    pub(crate) fn unlocks(&self, key: &PublicKey, password: &str) -> Option<bool> {
        let known = self.passwords.get(&key.to_string())?;
        Some(*known == password)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_unlocked_by_its_password_only() {
        let key = simulation::key_from_seed(1, "node key", 0);
        let other = simulation::key_from_seed(1, "node key", 1).public_key();
        let mut wallet = Wallet::default();
        wallet.add(&key, "secret");
        let key = key.public_key();
        assert_eq!(wallet.unlocks(&key, "secret"), Some(true));
        assert_eq!(wallet.unlocks(&key, ""), Some(false));
        assert_eq!(wallet.unlocks(&other, "secret"), None);
    }
}

//! Keeping secrets so that only orchestrators of this network can read them: addresses of webhooks
//! in the database, new keys in the moment before they are in files of their own.

use std::sync::Arc;

use crypto_secretbox::aead::{Aead as _, KeyInit as _};
use crypto_secretbox::{Key, Nonce, XSalsa20Poly1305};
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 24;

/// What is sealed: for each there is a key of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sealed {
    Webhooks,
    NewKeys,
}

impl Sealed {
    fn purpose(self) -> &'static [u8] {
        match self {
            Self::Webhooks => b"loadlab orchestrator: addresses of webhooks\0",
            Self::NewKeys => b"loadlab orchestrator: keys of new accounts\0",
        }
    }
}

/// Encrypts and decrypts with a key that is derived from the network's.
#[derive(Clone)]
pub(crate) struct Seal(Arc<Zeroizing<[u8; 32]>>);

impl Seal {
    pub(crate) fn new(secret: &str, what: Sealed) -> Self {
        let digest = Sha256::new()
            .chain_update(what.purpose())
            .chain_update(secret.trim_end().as_bytes())
            .finalize();
        Self(Arc::new(Zeroizing::new(digest.into())))
    }

    fn cipher(&self) -> XSalsa20Poly1305 {
        XSalsa20Poly1305::new(Key::from_slice(self.0.as_slice()))
    }

    /// The text, encrypted; nothing if that fails, which it does not.
    pub(crate) fn close(&self, text: &str) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        let sealed = self
            .cipher()
            .encrypt(Nonce::from_slice(&nonce), text.as_bytes())
            .ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// The text again; nothing if it was sealed with another key.
    pub(crate) fn open(&self, sealed: &[u8]) -> Option<String> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES)?;
        let text = self
            .cipher()
            .decrypt(Nonce::from_slice(nonce), sealed)
            .ok()?;
        String::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_opens_what_is_sealed() {
        let seal = |secret| Seal::new(secret, Sealed::Webhooks);
        let sealed = seal("one\n").close("https://a/secret").unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(
            seal("one").open(&sealed).as_deref(),
            Some("https://a/secret")
        );
        assert_eq!(seal("other").open(&sealed), None);
        assert_eq!(seal("one").open(&sealed[..10]), None);
        let other_use = Seal::new("one", Sealed::NewKeys);
        assert_eq!(other_use.open(&sealed), None);
    }
}

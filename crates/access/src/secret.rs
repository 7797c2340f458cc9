//! Secrets of tokens: how they are made, and what is kept of them.

use rand::TryRngCore as _;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// What every token begins with, so that scanners for leaked secrets can find it.
const PREFIX: &str = "loadlab_";
const RANDOM_BYTES: usize = 32;

/// A new token. It is shown once, when it is made; the database has its hash only.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A random secret; an error if the system has no randomness.
    pub fn new() -> Result<Self, rand::rand_core::OsError> {
        let mut bytes = Zeroizing::new([0_u8; RANDOM_BYTES]);
        rand::rngs::OsRng.try_fill_bytes(bytes.as_mut_slice())?;
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + 2 * RANDOM_BYTES));
        text.push_str(PREFIX);
        for byte in bytes.iter() {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        Ok(Self(text))
    }

    /// The text that its holder sends.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the database keeps.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        digest(self.0.as_bytes())
    }
}

/// The hash by which a token is known. A plain, fast one is enough: slow hashes with salt protect
/// passwords, which people choose and others can guess. A token is 256 random bits, so
/// the hash alone leaves 2^256 guesses, whatever one costs, and no two tokens are equal.
pub(crate) fn digest(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_random_and_fit_for_a_header() {
        let (one, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        assert_ne!(one.expose(), other.expose());
        assert_ne!(one.digest(), other.digest());
        assert_eq!(one.expose().len(), PREFIX.len() + 64);
        assert!(service::Token::new(one.expose()).is_ok());
        assert_eq!(digest(one.expose().as_bytes()), one.digest());
    }
}

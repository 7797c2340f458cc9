//! State hashes, `3N…`: the protocol's names of blocks.

use crate::base58check::{self, DecodeError};
use crate::curve;
use crate::text_form::serde_as_text;
use std::fmt;
use std::str::FromStr;

/// Shared with [`UptimeBlockHash`](crate::UptimeBlockHash); the lengths tell the two apart.
pub(crate) const VERSION: u8 = 0x10;
const INNER_VERSION: u8 = 0x01;

/// The hash of a protocol state, which identifies a block: a number of the base field.
///
/// Its text is base58check with version `0x10` of `01` and the number (32 bytes, least
/// significant first): 52 characters beginning with `3N`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateHash([u8; 32]);

impl StateHash {
    /// The hash with this number, least significant byte first; refused from the field's
    /// modulus on.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, DecodeError> {
        curve::base_field(bytes)?;
        Ok(Self(bytes))
    }

    /// The number, least significant byte first.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for StateHash {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let body = base58check::decode::<33>(VERSION, text)?;
        let [inner_version, bytes @ ..] = *body;
        if inner_version != INNER_VERSION {
            return Err(DecodeError::InnerVersion);
        }
        Self::from_bytes(bytes)
    }
}

impl fmt::Display for StateHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut body = [INNER_VERSION; 33];
        body[1..].copy_from_slice(&self.0);
        formatter.pad(&base58check::encode(VERSION, &body))
    }
}

impl fmt::Debug for StateHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "StateHash({self})")
    }
}

serde_as_text!(StateHash);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The genesis block of mainnet.
    const TEXT: &str = "3NKeMoncuHab5ScarV5ViyF16cJPT4taWNSaTLS64Dp67wuXigPZ";

    #[test]
    fn text_and_json_survive() {
        let hash: StateHash = TEXT.parse().unwrap();
        assert_eq!(hash.to_string(), TEXT);
        let json = serde_json::to_string(&hash).unwrap();
        assert_eq!(serde_json::from_str::<StateHash>(&json).unwrap(), hash);
    }

    #[test]
    fn each_broken_rule_is_named() {
        let parse = |body: &[u8]| base58check::encode(VERSION, body).parse::<StateHash>();
        assert_eq!(parse(&[0; 33]), Err(DecodeError::InnerVersion));
        let mut body = [0xFF; 33];
        body[0] = INNER_VERSION;
        assert_eq!(parse(&body), Err(DecodeError::NotCanonical));
        assert!(matches!(
            "YMzkKbPs8dVtMfthT4KMdtVkFGz7M5YVUcgh8m2QECr4KgjqcG".parse::<StateHash>(),
            Err(DecodeError::Length { found: 32, .. })
        ));
    }

    proptest! {
        #[test]
        fn texts_survive(mut bytes: [u8; 32]) {
            bytes[31] &= 0x3F;
            let hash = StateHash::from_bytes(bytes).unwrap();
            prop_assert_eq!(hash.as_bytes(), &bytes);
            let text = hash.to_string();
            prop_assert!(text.starts_with("3N"), "{}", text);
            prop_assert_eq!(text.parse(), Ok(hash));
        }

        #[test]
        fn garbage_never_panics(text in "3N.{0,80}") {
            let _ = text.parse::<StateHash>();
        }
    }
}

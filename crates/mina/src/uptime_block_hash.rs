//! The name that uptime backends give to a submitted block. It is not the block's state hash.

use crate::base58check::{self, DecodeError};
use crate::blake2b::blake2b_256;
use crate::state_hash::VERSION;
use crate::text_form::serde_as_text;
use std::fmt;
use std::str::FromStr;

/// BLAKE2b-256 of a submitted block's bytes; only names stored objects.
///
/// Its text is base58check with version `0x10`, as for a state hash, but of the 32 bytes alone:
/// 50 characters or so beginning with `Y`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UptimeBlockHash([u8; 32]);

impl UptimeBlockHash {
    /// The hash of a block as submitted, after decoding its base64.
    #[must_use]
    pub fn of_block(block: &[u8]) -> Self {
        Self(blake2b_256(block))
    }
}

impl FromStr for UptimeBlockHash {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Ok(Self(*base58check::decode(VERSION, text)?))
    }
}

impl fmt::Display for UptimeBlockHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&base58check::encode(VERSION, &self.0))
    }
}

impl fmt::Debug for UptimeBlockHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "UptimeBlockHash({self})")
    }
}

serde_as_text!(UptimeBlockHash);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_state_hash_is_refused() {
        assert!(matches!(
            "3NKeMoncuHab5ScarV5ViyF16cJPT4taWNSaTLS64Dp67wuXigPZ".parse::<UptimeBlockHash>(),
            Err(DecodeError::Length { found: 33, .. })
        ));
    }

    proptest! {
        #[test]
        fn text_and_json_survive(block: Vec<u8>) {
            let hash = UptimeBlockHash::of_block(&block);
            prop_assert_eq!(hash.to_string().parse(), Ok(hash));
            let json = serde_json::to_string(&hash).unwrap();
            prop_assert_eq!(serde_json::from_str::<UptimeBlockHash>(&json).unwrap(), hash);
        }
    }
}

//! The text form of signatures, `7mX…`.

use crate::base58check::{self, DecodeError};
use crate::curve;
use crate::text_form::serde_as_text;
use ff::PrimeField as _;
use pasta_curves::{Fp, Fq};
use std::fmt;
use std::str::FromStr;

const VERSION: u8 = 0x9A;
const INNER_VERSION: u8 = 0x01;

/// A Schnorr signature, see [`schnorr`](crate::schnorr). Well formed, which does not mean valid.
///
/// Its text is base58check with version `0x9A` of `01`, r and s (32 bytes each, least
/// significant first): 96 characters beginning with `7mX`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// x of the nonce's point.
    pub(crate) r: Fp,
    pub(crate) s: Fq,
}

/// Longest decimal number that is read: 2^256 has 78 digits.
const DECIMALS_MAX: usize = 78;

impl Signature {
    /// The signature with these parts, as decimal numbers: x of the nonce's point, and the scalar.
    #[must_use]
    pub fn from_decimals(field: &str, scalar: &str) -> Option<Self> {
        if field.len().max(scalar.len()) > DECIMALS_MAX {
            return None;
        }
        Some(Self {
            r: Fp::from_str_vartime(field)?,
            s: Fq::from_str_vartime(scalar)?,
        })
    }
}

impl FromStr for Signature {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let body = base58check::decode::<65>(VERSION, text)?;
        if body[0] != INNER_VERSION {
            return Err(DecodeError::InnerVersion);
        }
        Ok(Self {
            r: curve::base_field(std::array::from_fn(|index| body[1 + index]))?,
            s: curve::scalar_field(std::array::from_fn(|index| body[33 + index]))?,
        })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut body = [INNER_VERSION; 65];
        body[1..33].copy_from_slice(&self.r.to_repr());
        body[33..].copy_from_slice(&self.s.to_repr());
        formatter.pad(&base58check::encode(VERSION, &body))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Signature({self})")
    }
}

serde_as_text!(Signature);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_read_as_decimal_numbers() {
        let signature = Signature::from_decimals("258", "1").unwrap();
        let mut body = [0; 65];
        (body[0], body[1], body[2], body[33]) = (1, 2, 1, 1);
        assert_eq!(signature.to_string(), base58check::encode(VERSION, &body));
        for wrong in ["", "x", "-1", "0x1", &"1".repeat(79)] {
            assert_eq!(Signature::from_decimals(wrong, "1"), None, "{wrong}");
            assert_eq!(Signature::from_decimals("1", wrong), None, "{wrong}");
        }
    }

    const TEXT: &str = "7mX7qCqaB8G5ry12EkqY9fcE6np8sdF1Kg3Hac77bRhwGq5PTBLEiNveEXn7oLgFs1dmxXyGwn5iCunBhamjNjrzNEdoJhwd";

    #[test]
    fn text_and_json_survive() {
        let signature: Signature = TEXT.parse().unwrap();
        assert_eq!(signature.to_string(), TEXT);
        let json = serde_json::to_string(&signature).unwrap();
        assert_eq!(serde_json::from_str::<Signature>(&json).unwrap(), signature);
    }

    #[test]
    fn each_broken_rule_is_named() {
        let parse = |body: &[u8]| base58check::encode(VERSION, body).parse::<Signature>();
        let mut body = [0; 65];
        assert_eq!(parse(&body), Err(DecodeError::InnerVersion));
        body[0] = INNER_VERSION;
        assert!(parse(&body).is_ok());
        body[32] = 0xFF;
        assert_eq!(parse(&body), Err(DecodeError::NotCanonical));
        body[32] = 0;
        body[64] = 0xFF;
        assert_eq!(parse(&body), Err(DecodeError::NotCanonical));
        assert!(matches!(
            parse(&body[..64]),
            Err(DecodeError::Length { found: 64, .. })
        ));
    }

    proptest! {
        #[test]
        fn texts_survive(mut r: [u8; 32], mut s: [u8; 32]) {
            r[31] &= 0x3F;
            s[31] &= 0x3F;
            let signature = Signature {
                r: curve::base_field(r).unwrap(),
                s: curve::scalar_field(s).unwrap(),
            };
            prop_assert_eq!(signature.to_string().parse(), Ok(signature));
        }

        #[test]
        fn garbage_never_panics(text in "7mX.{0,120}") {
            let _ = text.parse::<Signature>();
        }
    }
}

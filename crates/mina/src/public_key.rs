//! Public keys, `B62…`.

use crate::base58check::{self, DecodeError};
use crate::curve;
use crate::text_form::serde_as_text;
use ff::PrimeField as _;
use pasta_curves::arithmetic::CurveAffine as _;
use pasta_curves::{Fp, pallas};
use std::fmt;
use std::str::FromStr;
use subtle::Choice;

const VERSION: u8 = 0xCB;
const INNER_VERSIONS: [u8; 2] = [0x01, 0x01];

/// A public key: a point of the curve other than infinity, kept in compressed form.
///
/// Its text is base58check with version `0xCB` of `01 01`, x (32 bytes, least significant
/// first) and one byte that is 1 if y is odd: 55 characters beginning with `B62`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicKey {
    /// The canonical little-endian x of a point: both constructors check it.
    x: [u8; 32],
    y_is_odd: bool,
}

impl PublicKey {
    /// The key at a point that must not be the identity.
    pub(crate) fn from_point(point: &pallas::Affine) -> Option<Self> {
        let coordinates = point.coordinates().into_option()?;
        Some(Self {
            x: coordinates.x().to_repr(),
            y_is_odd: coordinates.y().is_odd().into(),
        })
    }

    /// The point itself. Costs a square root, about as much as a twentieth of a signature
    /// check.
    pub(crate) fn decompress(&self) -> pallas::Affine {
        curve::base_field(self.x)
            .and_then(|x| curve::decompress(x, Choice::from(u8::from(self.y_is_odd))))
            .expect("every constructor checks that the point exists")
    }
}

/// The affine coordinates of a point that is not the identity.
pub(crate) fn coordinates(point: &pallas::Affine) -> Option<[Fp; 2]> {
    let coordinates = point.coordinates().into_option()?;
    Some([*coordinates.x(), *coordinates.y()])
}

impl FromStr for PublicKey {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let body = base58check::decode::<35>(VERSION, text)?;
        let [v0, v1, x @ .., parity] = *body;
        if [v0, v1] != INNER_VERSIONS {
            return Err(DecodeError::InnerVersion);
        }
        if parity > 1 {
            return Err(DecodeError::Parity);
        }
        curve::decompress(curve::base_field(x)?, Choice::from(parity))?;
        Ok(Self {
            x,
            y_is_odd: parity == 1,
        })
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut body = [0; 35];
        body[..2].copy_from_slice(&INNER_VERSIONS);
        body[2..34].copy_from_slice(&self.x);
        body[34] = u8::from(self.y_is_odd);
        formatter.pad(&base58check::encode(VERSION, &body))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({self})")
    }
}

serde_as_text!(PublicKey);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq";

    fn body_of(text: &str) -> [u8; 35] {
        *base58check::decode(VERSION, text).unwrap()
    }

    fn parse_body(body: &[u8]) -> Result<PublicKey, DecodeError> {
        base58check::encode(VERSION, body).parse()
    }

    #[test]
    fn text_and_json_survive() {
        let key: PublicKey = TEXT.parse().unwrap();
        assert_eq!(key.to_string(), TEXT);
        assert_eq!(format!("{key:?}"), format!("PublicKey({TEXT})"));
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(json, format!("\"{TEXT}\""));
        assert_eq!(serde_json::from_str::<PublicKey>(&json).unwrap(), key);
        assert_eq!(PublicKey::from_point(&key.decompress()), Some(key));
    }

    #[test]
    fn json_that_is_no_key_is_refused() {
        assert!(serde_json::from_str::<PublicKey>("\"B62\"").is_err());
        assert!(serde_json::from_str::<PublicKey>("7").is_err());
    }

    #[test]
    fn each_broken_rule_is_named() {
        let good = body_of(TEXT);
        for at in [0, 1] {
            let mut body = good;
            body[at] = 2;
            assert_eq!(parse_body(&body), Err(DecodeError::InnerVersion));
        }
        let mut body = good;
        body[34] = 2;
        assert_eq!(parse_body(&body), Err(DecodeError::Parity));
        body[2..34].fill(0xFF);
        body[34] = 0;
        assert_eq!(parse_body(&body), Err(DecodeError::NotCanonical));
        assert_eq!(
            parse_body(&good[..34]),
            Err(DecodeError::Length {
                expected: 35,
                found: 34
            })
        );
    }

    #[test]
    fn the_parity_selects_the_point() {
        let mut body = body_of(TEXT);
        let key = parse_body(&body).unwrap();
        body[34] ^= 1;
        let other = parse_body(&body).unwrap();
        assert_ne!(key, other);
        assert_eq!(key.decompress(), -other.decompress());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// About half of all x belong to a point; whatever is accepted is so in one form.
        #[test]
        fn accepted_keys_keep_their_text(mut x: [u8; 32], parity in 0_u8..=1) {
            x[31] &= 0x3F;
            let mut body = [1; 35];
            body[2..34].copy_from_slice(&x);
            body[34] = parity;
            let text = base58check::encode(VERSION, &body);
            match text.parse::<PublicKey>() {
                Ok(key) => prop_assert_eq!(key.to_string(), text),
                Err(error) => prop_assert_eq!(error, DecodeError::NotOnCurve),
            }
        }

        #[test]
        fn garbage_never_panics(text in "B62.{0,80}") {
            let _ = text.parse::<PublicKey>();
        }
    }
}

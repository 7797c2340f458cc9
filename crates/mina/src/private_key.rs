//! Private keys, `EK…`.

use crate::base58check::{self, DecodeError};
use crate::curve;
use crate::public_key::PublicKey;
use ff::{Field as _, FromUniformBytes as _, PrimeField as _};
use pasta_curves::Fq;
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

const VERSION: u8 = 0x5A;
const INNER_VERSION: u8 = 0x01;

/// A private key: a number from 1 to the group order − 1. It is wiped when dropped; it has no
/// `Display`, and `Debug` shows nothing of it.
///
/// Its text is base58check with version `0x5A` of `01` and the number (32 bytes, least
/// significant first): 52 characters beginning with `EK`. The same 33 bytes are the content of
/// an encrypted key file.
#[derive(Clone)]
pub struct PrivateKey(Zeroizing<Fq>);

impl PrivateKey {
    /// A key from 64 random bytes, which must come from a generator fit for secrets. Twice the
    /// key's size, so that the reduction leaves no bias worth speaking of.
    ///
    /// Refuses bytes that amount to zero; random ones never do.
    pub fn from_uniform_bytes(bytes: &[u8; 64]) -> Result<Self, DecodeError> {
        Self::from_scalar(Zeroizing::new(Fq::from_uniform_bytes(bytes)))
    }

    /// The base58check text.
    #[must_use]
    pub fn to_base58check(&self) -> Zeroizing<String> {
        Zeroizing::new(base58check::encode(
            VERSION,
            self.to_plain_bytes().as_slice(),
        ))
    }

    /// The public key that belongs to this key.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "ruled out when the key is made")]
    pub fn public_key(&self) -> PublicKey {
        PublicKey::from_point(&curve::multiply_generator(self.scalar()))
            .expect("a number other than zero below the group order never gives the identity")
    }

    /// `01` and the number, as encoded in texts and key files.
    pub(crate) fn to_plain_bytes(&self) -> Zeroizing<[u8; 33]> {
        let mut bytes = Zeroizing::new([INNER_VERSION; 33]);
        let scalar = Zeroizing::new(self.0.to_repr());
        bytes[1..].copy_from_slice(scalar.as_slice());
        bytes
    }

    /// The reverse of [`Self::to_plain_bytes`].
    pub(crate) fn from_plain_bytes(bytes: &[u8; 33]) -> Result<Self, DecodeError> {
        let [inner_version, scalar @ ..] = bytes;
        if *inner_version != INNER_VERSION {
            return Err(DecodeError::InnerVersion);
        }
        Self::from_scalar(Zeroizing::new(curve::scalar_field(*scalar)?))
    }

    fn from_scalar(scalar: Zeroizing<Fq>) -> Result<Self, DecodeError> {
        if bool::from(scalar.is_zero()) {
            return Err(DecodeError::ZeroScalar);
        }
        Ok(Self(scalar))
    }

    pub(crate) fn scalar(&self) -> &Fq {
        &self.0
    }
}

impl FromStr for PrivateKey {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::from_plain_bytes(&*base58check::decode(VERSION, text)?)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PrivateKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check_pair(private: &str, public: &str) {
        let key: PrivateKey = private.parse().unwrap();
        assert_eq!(key.public_key().to_string(), public);
        assert_eq!(key.to_base58check().as_str(), private);
    }

    /// Key pairs published in the tests of Mina implementations.
    #[test]
    fn public_keys_match_published_pairs() {
        check_pair(
            "EKFWgzXsoMYcP1Hnj7dBhsefxNucZ6wyz676Qg5uMFNzytXAi2Ww",
            "B62qjVQLxt9nYMWGn45mkgwYfcz8e8jvjNCBo11VKJb7vxDNwv5QLPS",
        );
        check_pair(
            "EKDt66ubGg5SDiwcQABWfFZaruq6idcyrLLfyZQjoH4CN3PHEiNj",
            "B62qnzbXmRNo9q32n4SNu2mpB8e7FYYLH8NmaX6oFCBYjjQ8SbD7uzV",
        );
        check_pair(
            "EKEEpMELfQkMbJDt2fB4cFXKwSf1x4t7YD4twREy5yuJ84HBZtF9",
            "B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq",
        );
        check_pair(
            "EKEHXuhzQS4m75BmBr498NS5BH7pMuf8HfGkeDddcGia6hevsvMD",
            "B62qmg7n4XqU3SFwx9KD9B7gxsKwxJP5GmxtBpHp1uxyN3grujii9a1",
        );
    }

    fn plain_bytes_from_hex(big_endian: &str) -> [u8; 33] {
        let mut bytes = [0; 33];
        bytes[0] = INNER_VERSION;
        for (index, byte) in bytes[1..].iter_mut().rev().enumerate() {
            *byte = u8::from_str_radix(&big_endian[2 * index..2 * index + 2], 16).unwrap();
        }
        bytes
    }

    /// Hexadecimal forms of private keys are big-endian, all others little-endian.
    #[test]
    fn big_endian_numbers_of_published_pairs_are_reversed() {
        let key = PrivateKey::from_plain_bytes(&plain_bytes_from_hex(
            "164244176fddb5d769b7de2027469d027ad428fadcc0c02396e6280142efb718",
        ));
        assert_eq!(
            key.unwrap().to_base58check().as_str(),
            "EKDt66ubGg5SDiwcQABWfFZaruq6idcyrLLfyZQjoH4CN3PHEiNj"
        );
        let key = PrivateKey::from_plain_bytes(&plain_bytes_from_hex(
            "3ca187a58f09da346844964310c7e0dd948a9105702b716f4d732e042e0c172e",
        ));
        assert_eq!(
            key.unwrap().public_key().to_string(),
            "B62qicipYxyEHu7QjUqS7QvBipTs5CzgkYZZZkPoKVYBu6tnDUcE9Zt"
        );
    }

    #[track_caller]
    fn check_refused(text: &str, error: DecodeError) {
        assert_eq!(text.parse::<PrivateKey>().unwrap_err(), error);
    }

    #[test]
    fn published_bad_keys_are_refused() {
        check_refused(
            "EKFS3M4Fe1VkVjPMn2jauXa1Vv6w6gRES5oLbH3vZmP26uQESodZ",
            DecodeError::Checksum,
        );
        assert!(
            "EKFS3M4Fe1VkVjPMn2jauXa1Vv6w6gRES5oLbH3vZmP26uQESodY"
                .parse::<PrivateKey>()
                .is_ok()
        );
        check_refused(
            "ETq4cWR9pAQtUFQ8L78UhhfVkMJaw6gxbXRU9jQ24F8jPEh7tn3q",
            DecodeError::Version {
                expected: 0x5A,
                found: 0x5B,
            },
        );
        check_refused(
            "EKFS3M4Fe1VkVjPMn2a1Vv6w6gRES5oLbH3vZmP26uQESodY",
            DecodeError::Checksum,
        );
    }

    #[test]
    fn each_broken_rule_is_named() {
        let encode = |body: &[u8]| base58check::encode(VERSION, body);
        let mut body = [0; 33];
        check_refused(&encode(&body), DecodeError::InnerVersion);
        body[0] = INNER_VERSION;
        check_refused(&encode(&body), DecodeError::ZeroScalar);
        body[1..].fill(0xFF);
        check_refused(&encode(&body), DecodeError::NotCanonical);
        check_refused(
            "B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq",
            DecodeError::Version {
                expected: 0x5A,
                found: 0xCB,
            },
        );
        assert!(PrivateKey::from_uniform_bytes(&[0; 64]).is_err());
    }

    #[test]
    fn debug_shows_nothing() {
        let key = PrivateKey::from_uniform_bytes(&[1; 64]).unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey(..)");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn texts_survive(seed in prop::array::uniform32(any::<u8>())) {
            let mut bytes = [0; 64];
            bytes[..32].copy_from_slice(&seed);
            bytes[63] = 1;
            let key = PrivateKey::from_uniform_bytes(&bytes).unwrap();
            let text = key.to_base58check();
            let again: PrivateKey = text.parse().unwrap();
            prop_assert_eq!(again.public_key(), key.public_key());
            prop_assert_eq!(again.to_base58check(), text);
        }

        #[test]
        fn garbage_never_panics(text in "EK.{0,80}") {
            let _ = text.parse::<PrivateKey>();
        }
    }
}

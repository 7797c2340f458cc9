//! base58check: `base58(version ‖ body ‖ checksum)`, where the checksum is the first 4 bytes of
//! the double SHA-256 of version and body.
//!
//! Decoding is strict: each value has one text. Nothing here knows what a body means.

use thiserror::Error;
use zeroize::Zeroizing;

/// Longest text looked at, in bytes. The longest text in use, a signature, has 96; base58
/// takes quadratic time, so longer input is refused unread.
const TEXT_BYTES_MAX: usize = 128;

/// Why a text is not the value it was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The text is longer than any value this crate knows.
    #[error("longer than {TEXT_BYTES_MAX} bytes")]
    TooLong,
    /// A character outside the base58 alphabet.
    #[error("not base58 at byte {index}")]
    NotBase58 {
        /// Where the character begins, in bytes from the start.
        index: usize,
    },
    /// The checksum is missing or belongs to other data: usually a typing error.
    #[error("the checksum does not match")]
    Checksum,
    /// A correct text of another kind, for example a private key where a public one belongs.
    #[error("version byte is {found:#04x} instead of {expected:#04x}")]
    Version {
        /// The version byte of the kind asked for.
        expected: u8,
        /// The version byte in the text.
        found: u8,
    },
    /// The body has another length.
    #[error("body has {found} bytes instead of {expected}")]
    Length {
        /// Length of the kind asked for, in bytes.
        expected: usize,
        /// Length in the text, in bytes.
        found: usize,
    },
    /// The encoding has a generation that this crate does not know.
    #[error("unknown encoding version inside the value")]
    InnerVersion,
    /// The byte that shows whether y is odd is neither 0 nor 1.
    #[error("the parity byte is neither 0 nor 1")]
    Parity,
    /// A number that is not below the modulus of its field.
    #[error("a number is not below the modulus of its field")]
    NotCanonical,
    /// There is no curve point with this x.
    #[error("no point of the curve has this x coordinate")]
    NotOnCurve,
    /// Zero is no private key: its public key would be the point at infinity.
    #[error("zero is not a private key")]
    ZeroScalar,
    /// A memo whose kind, length or padding breaks the rules.
    #[error("malformed memo")]
    Memo,
}

pub(crate) fn encode(version: u8, body: &[u8]) -> String {
    bs58::encode(body).with_check_version(version).into_string()
}

/// The body of a text of kind `version`, exactly `N` bytes. It is wiped when dropped, because
/// private keys pass through here.
pub(crate) fn decode<const N: usize>(
    version: u8,
    text: &str,
) -> Result<Zeroizing<[u8; N]>, DecodeError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(DecodeError::TooLong);
    }
    // No base58 text decodes to more bytes than it has characters.
    let mut buffer = Zeroizing::new([0; TEXT_BYTES_MAX]);
    let length = bs58::decode(text)
        .with_check(None)
        .onto(buffer.as_mut_slice())
        .map_err(|error| match error {
            bs58::decode::Error::InvalidCharacter { index, .. }
            | bs58::decode::Error::NonAsciiCharacter { index } => DecodeError::NotBase58 { index },
            _ => DecodeError::Checksum,
        })?;
    let Some((&found, body)) = buffer[..length].split_first() else {
        return Err(DecodeError::Checksum);
    };
    if found != version {
        return Err(DecodeError::Version {
            expected: version,
            found,
        });
    }
    let body = <[u8; N]>::try_from(body).map_err(|_| DecodeError::Length {
        expected: N,
        found: body.len(),
    })?;
    Ok(Zeroizing::new(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn another_version_is_named() {
        let text = encode(0x5A, &[7; 3]);
        assert_eq!(
            decode::<3>(0xCB, &text).unwrap_err(),
            DecodeError::Version {
                expected: 0xCB,
                found: 0x5A
            }
        );
    }

    #[test]
    fn another_length_is_named() {
        let text = encode(0x5A, &[7; 3]);
        assert_eq!(
            decode::<4>(0x5A, &text).unwrap_err(),
            DecodeError::Length {
                expected: 4,
                found: 3
            }
        );
    }

    #[test]
    fn foreign_characters_and_missing_checksums_are_refused() {
        assert_eq!(
            decode::<1>(0, "ab0").unwrap_err(),
            DecodeError::NotBase58 { index: 2 }
        );
        assert_eq!(
            decode::<1>(0, "abé").unwrap_err(),
            DecodeError::NotBase58 { index: 2 }
        );
        // Four bytes whose checksum is right for no content at all.
        let only_checksum = bs58::encode(b"").with_check().into_string();
        for text in ["", "a", "1111", &only_checksum] {
            assert_eq!(
                decode::<0>(0, text).unwrap_err(),
                DecodeError::Checksum,
                "{text:?}"
            );
        }
        assert_eq!(
            decode::<1>(0, &"1".repeat(129)).unwrap_err(),
            DecodeError::TooLong
        );
        assert_eq!(
            decode::<1>(0, &"1".repeat(128)).unwrap_err(),
            DecodeError::Checksum
        );
    }

    proptest! {
        #[test]
        fn bodies_survive(version in 1_u8.., body: [u8; 65]) {
            let text = encode(version, &body);
            prop_assert_eq!(*decode::<65>(version, &text).unwrap(), body);
        }

        #[test]
        fn a_changed_character_is_noticed(body: [u8; 33], at in 0_usize..50, to in "[1-9A-HJ-NP-Za-km-z]") {
            let text = encode(0x5A, &body);
            let mut changed = text.clone();
            changed.replace_range(at..=at, &to);
            prop_assume!(changed != text);
            prop_assert!(decode::<33>(0x5A, &changed).is_err());
        }

        #[test]
        fn garbage_never_panics(version: u8, text in ".{0,140}") {
            let _ = decode::<33>(version, &text);
        }

        #[test]
        fn base58_garbage_never_panics(version: u8, text in "[1-9A-HJ-NP-Za-km-z]{0,140}") {
            let _ = decode::<33>(version, &text);
        }
    }
}

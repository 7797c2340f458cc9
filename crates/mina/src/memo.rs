//! Memos of user commands: up to 32 bytes that travel with a payment.

use crate::base58check::{self, DecodeError};
use crate::text_form::serde_as_text;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

const VERSION: u8 = 0x14;
const DIGEST_TAG: u8 = 0x00;
const BYTES_TAG: u8 = 0x01;
const HEADER_BYTES: usize = 2;

/// A memo, in its 34 bytes: `01`, the length, the content, zeros up to the end.
///
/// The protocol also knows memos that hold a digest of something longer (`00`, 32, digest);
/// they are read, but never made here.
///
/// `Display`, `FromStr` and serde use the base58check text of the 34 bytes with version `0x14`,
/// which begins with `E4Y` for most memos; nodes print memos so. The content itself is
/// [`Memo::content`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Memo([u8; HEADER_BYTES + Memo::CONTENT_BYTES_MAX]);

/// The content of a memo may not exceed [`Memo::CONTENT_BYTES_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a memo holds {} bytes, not {bytes}", Memo::CONTENT_BYTES_MAX)]
pub struct MemoTooLong {
    /// The length asked for.
    pub bytes: usize,
}

impl Memo {
    /// What fits into a memo, in bytes (not characters).
    pub const CONTENT_BYTES_MAX: usize = 32;

    /// The memo with this text.
    pub fn from_text(text: &str) -> Result<Self, MemoTooLong> {
        let content = text.as_bytes();
        let too_long = MemoTooLong {
            bytes: content.len(),
        };
        let mut bytes = [0; HEADER_BYTES + Self::CONTENT_BYTES_MAX];
        bytes[0] = BYTES_TAG;
        bytes[1] = u8::try_from(content.len()).map_err(|_| too_long)?;
        bytes[HEADER_BYTES..]
            .get_mut(..content.len())
            .ok_or(too_long)?
            .copy_from_slice(content);
        Ok(Self(bytes))
    }

    /// The 34 bytes, as they are signed.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; HEADER_BYTES + Self::CONTENT_BYTES_MAX] {
        &self.0
    }

    /// What the memo says. Nothing for a digest. Other wallets may put in any bytes, so it
    /// need not be text.
    #[must_use]
    pub fn content(&self) -> Option<&[u8]> {
        let [tag, length, content @ ..] = &self.0;
        (*tag == BYTES_TAG).then(|| &content[..usize::from(*length).min(content.len())])
    }
}

impl FromStr for Memo {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let bytes = *base58check::decode(VERSION, text)?;
        let [tag, length, content @ ..]: &[u8; HEADER_BYTES + Memo::CONTENT_BYTES_MAX] = &bytes;
        let padding = content.get(usize::from(*length)..);
        match (*tag, padding) {
            (BYTES_TAG, Some(padding)) if padding.iter().all(|byte| *byte == 0) => Ok(Self(bytes)),
            (DIGEST_TAG, Some([])) => Ok(Self(bytes)),
            _ => Err(DecodeError::Memo),
        }
    }
}

impl fmt::Display for Memo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&base58check::encode(VERSION, &self.0))
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content() {
            Some(content) => write!(formatter, "Memo(\"{}\")", content.escape_ascii()),
            None => formatter.write_str("Memo(digest)"),
        }
    }
}

serde_as_text!(Memo);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The empty memo, as every explorer shows it.
    #[test]
    fn the_empty_memo_has_its_well_known_text() {
        let memo = Memo::from_text("").unwrap();
        assert_eq!(
            memo.to_string(),
            "E4YM2vTHhWEg66xpj52JErHUBU4pZ1yageL4TVDDpTTSsv8mK6YaH"
        );
        assert_eq!(memo.content(), Some(&[][..]));
    }

    #[test]
    fn content_is_preceded_by_its_kind_and_length() {
        let memo = Memo::from_text("Hello Mina!").unwrap();
        assert_eq!(&memo.as_bytes()[..13], b"\x01\x0bHello Mina!");
        assert_eq!(&memo.as_bytes()[13..], [0; 21]);
        assert_eq!(format!("{memo:?}"), "Memo(\"Hello Mina!\")");
    }

    #[test]
    fn the_limit_counts_bytes() {
        assert!(Memo::from_text(&"x".repeat(32)).is_ok());
        for text in [&"x".repeat(33), &"é".repeat(17), &"x".repeat(256 + 5)] {
            let bytes = text.len();
            assert_eq!(Memo::from_text(text), Err(MemoTooLong { bytes }));
        }
    }

    fn parse(edit: impl FnOnce(&mut [u8; 34])) -> Result<Memo, DecodeError> {
        let mut bytes = *Memo::from_text("ab").unwrap().as_bytes();
        edit(&mut bytes);
        base58check::encode(VERSION, &bytes).parse()
    }

    #[test]
    fn malformed_memos_are_refused() {
        assert!(parse(|_| ()).is_ok());
        for edit in [
            |bytes: &mut [u8; 34]| bytes[0] = 2,
            |bytes: &mut [u8; 34]| bytes[1] = 33,
            |bytes: &mut [u8; 34]| bytes[1] = 1,
            |bytes: &mut [u8; 34]| bytes[33] = 1,
            |bytes: &mut [u8; 34]| bytes[0] = 0,
        ] {
            assert_eq!(parse(edit), Err(DecodeError::Memo));
        }
    }

    #[test]
    fn a_digest_is_read_but_has_no_content() {
        let memo = parse(|bytes| bytes[..2].copy_from_slice(&[0, 32])).unwrap();
        assert_eq!(memo.content(), None);
        assert_eq!(format!("{memo:?}"), "Memo(digest)");
    }

    proptest! {
        #[test]
        fn text_and_json_survive(text in ".{0,32}") {
            let Ok(memo) = Memo::from_text(&text) else {
                prop_assert!(text.len() > 32);
                return Ok(());
            };
            prop_assert_eq!(memo.content(), Some(text.as_bytes()));
            prop_assert_eq!(memo.to_string().parse(), Ok(memo));
            let json = serde_json::to_string(&memo).unwrap();
            prop_assert_eq!(serde_json::from_str::<Memo>(&json).unwrap(), memo);
        }

        #[test]
        fn garbage_never_panics(bytes: [[u8; 17]; 2]) {
            let _ = base58check::encode(VERSION, bytes.as_flattened()).parse::<Memo>();
        }
    }
}

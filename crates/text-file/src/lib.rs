//! Text files that people write: read whole, bounded, and with or without a byte order mark.
//!
//! Some editors put a mark before the first character, which is no part of the text and which no
//! parser of JSON, TOML or keys accepts. Every file that a person may have written is read here.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::{Zeroize as _, Zeroizing};

/// What some editors put before a text in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a file of at most `bytes_max` bytes. What is read is overwritten when it is dropped: it
/// may be a secret.
///
/// A longer file, and one that is not UTF-8, is an error of kind [`io::ErrorKind::InvalidData`].
pub fn read(path: &Path, bytes_max: u64) -> io::Result<Zeroizing<String>> {
    read_from(File::open(path)?, bytes_max)
}

/// Reads a stream like a file: standard input, for example.
pub fn read_from(source: impl Read, bytes_max: u64) -> io::Result<Zeroizing<String>> {
    let invalid = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
    let mut bytes = Zeroizing::new(Vec::new());
    let read = source
        .take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if u64::try_from(read).is_ok_and(|read| read > bytes_max) {
        return Err(invalid(format!("it has more than {bytes_max} bytes")));
    }
    from_bytes(std::mem::take(&mut *bytes))
        .map(Zeroizing::new)
        .map_err(|error| invalid(error.to_string()))
}

/// Bytes that are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotText {
    /// In two bytes a character.
    Utf16,
    /// In no encoding that is read.
    Other,
}

impl std::fmt::Display for NotText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Utf16 => "it is encoded as UTF-16; save it as UTF-8",
            Self::Other => "it is not a text in UTF-8",
        })
    }
}

impl std::error::Error for NotText {}

/// The text that bytes are, without a byte order mark.
pub fn from_bytes(mut bytes: Vec<u8>) -> Result<String, NotText> {
    if bytes.starts_with(MARK) {
        bytes.drain(..MARK.len());
    }
    String::from_utf8(bytes).map_err(|error| {
        let mut bytes = error.into_bytes();
        let utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        bytes.zeroize();
        if utf16 {
            NotText::Utf16
        } else {
            NotText::Other
        }
    })
}

/// Bytes without a byte order mark before them.
#[must_use]
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(MARK).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_no_part_of_the_text() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        for (content, expected) in [
            (&b"\xef\xbb\xbf{}"[..], "{}"),
            (b"{}", "{}"),
            (b"\xef\xbb\xbf", ""),
            // Only the first is a mark.
            (b"\xef\xbb\xbf\xef\xbb\xbf{}", "\u{feff}{}"),
        ] {
            std::fs::write(&path, content).expect("a file");
            let text = read(&path, 8).map(|text| text.to_string());
            assert_eq!(text.ok().as_deref(), Some(expected));
        }
        assert_eq!(without_mark(b"\xef\xbb\xbfx"), b"x");
        assert_eq!(without_mark(b"\xef\xbb"), b"\xef\xbb");
    }

    #[test]
    fn what_is_no_text_or_too_long_is_named() {
        let message = |bytes: &[u8]| read_from(bytes, 8).expect_err("no text").to_string();
        assert_eq!(
            message(b"\xff\xfe{\0}\0"),
            "it is encoded as UTF-16; save it as UTF-8"
        );
        assert_eq!(message(b"\xc3"), "it is not a text in UTF-8");
        assert_eq!(message(b"123456789"), "it has more than 8 bytes");
        assert!(read_from(&b"12345678"[..], 8).is_ok());
    }
}

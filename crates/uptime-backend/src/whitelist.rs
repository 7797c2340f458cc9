//! Who may submit: a set of public keys, read from a text. Pure.

use std::collections::HashMap;
use std::sync::OnceLock;

use mina::schnorr::VerifyingKey;
use mina::{NetworkId, PublicKey};

/// Longest part of a bad entry that is shown.
const SHOWN_CHARACTERS_MAX: usize = 80;

/// The keys that may submit. The empty one admits nobody.
#[derive(Debug, Clone, Default)]
pub(crate) struct Whitelist {
    /// Each with what its signatures are checked with, prepared at the first.
    keys: HashMap<PublicKey, OnceLock<VerifyingKey>>,
    /// By the text of the entry, as reading a key takes a square root.
    texts: HashMap<String, PublicKey>,
    bad_entries: Vec<BadEntry>,
}

impl PartialEq for Whitelist {
    /// Whether the same keys may submit, and the same entries are bad.
    fn eq(&self, other: &Self) -> bool {
        self.keys.len() == other.keys.len()
            && self.keys.keys().all(|key| other.contains(key))
            && self.bad_entries == other.bad_entries
    }
}

/// An entry that is no public key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct BadEntry {
    /// The line of the text, or the place in the list, from 1.
    pub(crate) position: usize,
    /// The entry, cut if it is long.
    pub(crate) entry: String,
    /// What is wrong with it.
    pub(crate) problem: String,
}

impl Whitelist {
    /// From single entries. Empty ones are passed over.
    pub(crate) fn from_entries<'a>(entries: impl IntoIterator<Item = &'a str>) -> Self {
        let mut whitelist = Self::default();
        for (index, entry) in entries.into_iter().enumerate() {
            let entry = entry.trim();
            if entry.is_empty() {
                continue;
            }
            match entry.parse() {
                Ok(key) => {
                    whitelist.keys.insert(key, OnceLock::new());
                    whitelist.texts.insert(entry.to_owned(), key);
                }
                Err(problem) => whitelist.bad_entries.push(BadEntry {
                    position: index + 1,
                    entry: entry.chars().take(SHOWN_CHARACTERS_MAX).collect(),
                    problem: problem.to_string(),
                }),
            }
        }
        whitelist
    }

    /// From a text with a key at the beginning of each line: a plain list or
    /// the first column of a CSV table. Lines that begin with `#` are comments.
    #[must_use]
    pub(crate) fn from_text(text: &str) -> Self {
        // Spreadsheet programs put a byte order mark in front.
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        Self::from_entries(text.lines().map(|line| {
            if line.trim_start().starts_with('#') {
                return "";
            }
            let first = line.split(',').next().unwrap_or_default();
            first.trim().trim_matches('"')
        }))
    }

    /// The key that this text is, if it may submit.
    #[must_use]
    pub(crate) fn key_of(&self, text: &str) -> Option<PublicKey> {
        self.texts.get(text).copied()
    }

    /// Whether the key may submit.
    #[must_use]
    pub(crate) fn contains(&self, key: &PublicKey) -> bool {
        self.keys.contains_key(key)
    }

    /// What signatures of the key are checked with, if it may submit. A backend
    /// has one network, which all calls must name.
    #[must_use]
    pub(crate) fn verifying_key(
        &self,
        key: &PublicKey,
        network: NetworkId,
    ) -> Option<&VerifyingKey> {
        let prepared = self.keys.get(key)?;
        Some(prepared.get_or_init(|| VerifyingKey::new(key, network)))
    }

    /// How many keys may submit.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nobody may submit.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What could not be read as a key.
    #[must_use]
    pub(crate) fn bad_entries(&self) -> &[BadEntry] {
        &self.bad_entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: &str = "B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq";
    const B: &str = "B62qoJC4KuLXgTEX2uwQGPNZSnqRTvJHzcEzkWTDFTXMsqdXPNKxJLs";

    #[track_caller]
    fn check(text: &str, keys: &[&str], bad: &[(usize, &str)]) {
        let whitelist = Whitelist::from_text(text);
        let found: Vec<(usize, &str)> = whitelist
            .bad_entries()
            .iter()
            .map(|bad| (bad.position, bad.entry.as_str()))
            .collect();
        assert_eq!(found, bad);
        assert_eq!(whitelist.len(), keys.len());
        for key in keys {
            assert!(whitelist.contains(&key.parse().unwrap()), "{key}");
        }
    }

    #[test]
    fn keys_of_lists_and_tables_are_read() {
        check(&format!("{A}\n{B}\n{A}\n"), &[A, B], &[]);
        check(&format!("# ours\r\n\r\n {A} \r\n  # {B}\r\n"), &[A], &[]);
        check(
            &format!("\u{FEFF}\"{A}\",\"a, b\"\n{B},x,y\n,,\n"),
            &[A, B],
            &[],
        );
        check("", &[], &[]);
    }

    #[test]
    fn bad_entries_are_reported_with_their_position() {
        let wrong_checksum = A.replace("2Aq", "2Ar");
        check(
            &format!("Public key,Name\n{A},a\n\n{wrong_checksum},b\n"),
            &[A],
            &[(1, "Public key"), (4, &wrong_checksum)],
        );
        let list = Whitelist::from_entries(["", B, "B62"]);
        assert_eq!(list.bad_entries()[0].position, 3);
        assert!(!list.bad_entries()[0].problem.is_empty());
    }

    #[test]
    fn a_long_bad_entry_is_cut() {
        let whitelist = Whitelist::from_text(&"é".repeat(10_000));
        assert_eq!(whitelist.bad_entries()[0].entry.chars().count(), 80);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text: String) {
            let whitelist = Whitelist::from_text(&text);
            prop_assert!(whitelist.is_empty());
        }
    }
}

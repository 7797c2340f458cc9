//! What of a stranger's text may stand in a message or a log.

use std::fmt;

/// How much of a text is looked at, in bytes.
const SOURCE_BYTES_MAX: usize = 4096;
/// How much is kept, in characters.
const CHARACTERS_MAX: usize = 300;
/// Shortest run of letters and digits that is taken for (a part of) a private key if it contains
/// the letters with which private keys begin.
const SECRET_LENGTH_MIN: usize = 20;

/// The beginning of a text that a node sent, fit for people and logs: short, in one line, without
/// control characters or characters that reorder text, and without what looks like a private key.
/// Nodes tend to quote their input in errors.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    /// The excerpt of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut end = text.len().min(SOURCE_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut shown = String::new();
        for character in without_secrets(&text[..end]).chars() {
            match character {
                '"' | '\'' => shown.push(character),
                _ => shown.extend(character.escape_debug()),
            }
        }
        let mut excerpt: String = shown.chars().take(CHARACTERS_MAX).collect();
        if end < text.len() || excerpt.len() < shown.len() {
            excerpt.push('…');
        }
        Self(excerpt)
    }

    /// The excerpt of bytes that should be text.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::of(&String::from_utf8_lossy(
            &bytes[..bytes.len().min(SOURCE_BYTES_MAX)],
        ))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn without_secrets(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word_length = rest
            .find(|character: char| !character.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let (word, tail) = rest.split_at(word_length);
        if word.len() >= SECRET_LENGTH_MIN && word.contains("EK") {
            result.push_str("<removed>");
        } else {
            result.push_str(word);
        }
        let mut separators = tail.chars();
        result.extend(separators.next());
        rest = separators.as_str();
    }
    result
}

impl fmt::Display for Excerpt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, excerpt: &str) {
        assert_eq!(Excerpt::of(text).as_str(), excerpt);
    }

    #[test]
    fn plain_texts_stay() {
        let text = "Could not get nonces for accounts: \"B62qmg7n4XqU3SFwx9KD9B7gxsKwxJP5GmxtBpHp1uxyN3grujii9a1\"";
        check(text, text);
        check("grün", "grün");
    }

    #[test]
    fn what_would_disturb_a_terminal_or_a_log_is_escaped() {
        check("a\nb\u{1b}[31m", "a\\nb\\u{1b}[31m");
        check("a\u{202e}b", "a\\u{202e}b");
        assert_eq!(Excerpt::of_bytes(b"a\xFFb").as_str(), "a\u{fffd}b");
    }

    #[test]
    fn private_keys_are_removed() {
        let key = "EKEHXuhzQS4m75BmBr498NS5BH7pMuf8HfGkeDddcGia6hevsvMD";
        check(&format!("bad \"{key}\"!"), "bad \"<removed>\"!");
        check(&format!("x{key}"), "<removed>");
        check(&key[..30], "<removed>");
        check("EK is short", "EK is short");
    }

    #[test]
    fn long_texts_are_cut() {
        let excerpt = Excerpt::of(&"é".repeat(5000));
        assert_eq!(excerpt.as_str().chars().count(), CHARACTERS_MAX + 1);
        assert!(excerpt.as_str().ends_with('…'));
    }

    proptest! {
        #[test]
        fn any_text_becomes_one_short_line(text in "(?s).{0,400}", bytes: Vec<u8>) {
            for excerpt in [Excerpt::of(&text), Excerpt::of_bytes(&bytes)] {
                prop_assert!(excerpt.as_str().chars().count() <= CHARACTERS_MAX + 1);
                prop_assert!(!excerpt.as_str().chars().any(char::is_control));
            }
        }
    }
}

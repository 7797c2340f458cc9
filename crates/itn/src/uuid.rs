//! UUIDs in exactly the text form in which they came.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A UUID as text: 36 characters, hexadecimal digits in groups of 8, 4, 4, 4 and 12.
///
/// Servers and schedulers are named by such texts, and the text itself is what a request signs;
/// so it is kept and compared letter for letter, unlike a number that two spellings denote.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uuid([u8; 36]);

/// A text is no UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID: 36 characters, hexadecimal digits in groups of 8-4-4-4-12")]
pub struct UuidError;

const HYPHENS: [usize; 4] = [8, 13, 18, 23];

impl Uuid {
    /// A UUID of version 4, in lower case, from random bytes.
    #[must_use]
    pub fn from_random_bytes(mut random: [u8; 16]) -> Self {
        random[6] = random[6] & 0x0F | 0x40;
        random[8] = random[8] & 0x3F | 0x80;
        let mut text = [b'-'; 36];
        let digits = random.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
        let places = (0..text.len()).filter(|place| !HYPHENS.contains(place));
        for (place, digit) in places.zip(digits) {
            text[place] = b"0123456789abcdef"[usize::from(digit)];
        }
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Uuid {
    type Err = UuidError;

    fn from_str(text: &str) -> Result<Self, UuidError> {
        let bytes: [u8; 36] = text.as_bytes().try_into().map_err(|_| UuidError)?;
        let is_right = |(place, byte): (usize, &u8)| {
            if HYPHENS.contains(&place) {
                *byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        };
        if bytes.iter().enumerate().all(is_right) {
            Ok(Self(bytes))
        } else {
            Err(UuidError)
        }
    }
}

impl TryFrom<String> for Uuid {
    type Error = UuidError;

    fn try_from(text: String) -> Result<Self, UuidError> {
        text.parse()
    }
}

impl From<Uuid> for String {
    fn from(uuid: Uuid) -> Self {
        uuid.as_str().to_owned()
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_text_stays_as_it_came() {
        for text in [
            "24511be6-320d-4ef2-8dff-89916bcb6751",
            "24511BE6-320d-4ef2-8dff-89916bcb6751",
        ] {
            assert_eq!(text.parse::<Uuid>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "24511be6-320d-4ef2-8dff-89916bcb675",
            "24511be6-320d-4ef2-8dff-89916bcb67511",
            "24511be6x320d-4ef2-8dff-89916bcb6751",
            "24511be6-320d-4ef2-8dff-89916bcb675g",
            "24511be63-20d-4ef2-8dff-89916bcb6751",
            "24511be6-320d-4ef2-8dff-89916bcb67\u{e9}",
        ] {
            assert_eq!(text.parse::<Uuid>(), Err(UuidError), "{text}");
        }
    }

    #[test]
    fn random_bytes_give_version_4() {
        assert_eq!(
            Uuid::from_random_bytes([0xFF; 16]).as_str(),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        assert_eq!(
            Uuid::from_random_bytes([0; 16]).as_str(),
            "00000000-0000-4000-8000-000000000000"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_uuid(random: [u8; 16]) {
            let uuid = Uuid::from_random_bytes(random);
            prop_assert_eq!(uuid.as_str().parse(), Ok(uuid));
        }
    }
}

//! Names of scheduled runs: UUIDs.

use std::fmt;
use std::str::FromStr;

use crate::random::Random;

/// Names a run of scheduled transactions. Its text is a UUID of 36 lower-case characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle([u8; 16]);

/// A text that is no UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct NotAHandle;

/// Where the hyphens of a UUID stand.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

impl Handle {
    /// A random one, marked as such.
    pub(crate) fn random(random: &mut Random) -> Self {
        let mut bytes: [u8; 16] = random.bytes();
        bytes[6] = bytes[6] & 0x0F | 0x40;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        Self(bytes)
    }
}

impl FromStr for Handle {
    type Err = NotAHandle;

    fn from_str(text: &str) -> Result<Self, NotAHandle> {
        if text.len() != 36 {
            return Err(NotAHandle);
        }
        let mut bytes = [0; 16];
        let mut digits = 0;
        for (place, character) in text.bytes().enumerate() {
            if HYPHENS.contains(&place) {
                if character != b'-' {
                    return Err(NotAHandle);
                }
                continue;
            }
            let digit = char::from(character).to_digit(16).ok_or(NotAHandle)?;
            let digit = u8::try_from(digit).map_err(|_| NotAHandle)?;
            let byte: &mut u8 = bytes.get_mut(digits / 2).ok_or(NotAHandle)?;
            *byte = *byte << 4 | digit;
            digits += 1;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            if [4, 6, 8, 10].contains(&place) {
                formatter.write_str("-")?;
            }
            write!(formatter, "{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_survive_and_nothing_else_is_read() {
        let text = "24511be6-320d-4ef2-8dff-89916bcb6751";
        assert_eq!(
            text.parse::<Handle>().map(|handle| handle.to_string()),
            Ok(text.to_owned())
        );
        for wrong in [
            "",
            "24511be6-320d-4ef2-8dff-89916bcb675",
            "24511be6-320d-4ef2-8dff-89916bcb67510",
            "24511be6x320d-4ef2-8dff-89916bcb6751",
            "2451-be6-320d-4ef2-8dff-89916bcb6751",
            "g4511be6-320d-4ef2-8dff-89916bcb6751",
        ] {
            assert_eq!(wrong.parse::<Handle>(), Err(NotAHandle), "{wrong}");
        }
    }

    #[test]
    fn random_ones_are_marked_as_random() {
        let text = Handle::random(&mut Random::new(1, "handles", 0)).to_string();
        assert_eq!(text.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&text.as_bytes()[19]));
    }
}

//! Ed25519 keys of ITN clients and their base64 texts.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use zeroize::Zeroizing;

/// Length of a seed and of a public key.
const KEY_BYTES: usize = 32;

/// A client's secret key. It is wiped when dropped, has no `Display`, and `Debug` shows the public
/// key only.
pub struct SigningKey(ed25519_dalek::SigningKey);

/// The public half of a key: 32 bytes, which a daemon takes in `--itn-keys`.
///
/// As in the daemon, any 32 bytes name a key; whether they are a point of the curve shows when a
/// signature is checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VerifyingKey([u8; KEY_BYTES]);

/// Why a text is no key. Says nothing of the text, which may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not standard base64 with padding.
    #[error("an ITN key is standard base64 with padding")]
    NotBase64,
    /// Another length than 32 bytes. A 64-byte key is a seed with its public key behind it.
    #[error("an ITN key has {KEY_BYTES} bytes, not {0}")]
    Length(usize),
}

impl SigningKey {
    /// The key with this seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; KEY_BYTES]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Reads a seed in base64, as key files and configurations hold it. White space behind it, such
    /// as the line end of a file, is no part of it.
    ///
    /// # Errors
    ///
    /// The text is not the base64 of 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        // as the original does, line ends are passed over wherever they are
        let text = Zeroizing::new(text.trim_end().replace(['\r', '\n'], ""));
        Ok(Self::from_seed(&*key_bytes(&text)?))
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key().to_bytes())
    }

    /// The signature of `message` in base64.
    pub(crate) fn sign(&self, message: &[u8]) -> String {
        STANDARD.encode(self.0.sign(message).to_bytes())
    }
}

impl VerifyingKey {
    /// The key of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Whether `signature`, in base64, is this key's signature of `message`.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        let Ok(decoded) = STANDARD.decode(signature) else {
            return false;
        };
        let Ok(signature) = ed25519_dalek::Signature::from_slice(&decoded) else {
            return false;
        };
        ed25519_dalek::VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }
}

fn key_bytes(text: &str) -> Result<Zeroizing<[u8; KEY_BYTES]>, KeyError> {
    let decoded = Zeroizing::new(STANDARD.decode(text).map_err(|_| KeyError::NotBase64)?);
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    if decoded.len() != KEY_BYTES {
        return Err(KeyError::Length(decoded.len()));
    }
    bytes.copy_from_slice(&decoded);
    Ok(bytes)
}

impl FromStr for VerifyingKey {
    type Err = KeyError;

    /// Reads base64, without any white space.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        Ok(Self(*key_bytes(text)?))
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifyingKey({self})")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SigningKey")
            .field("public", &self.verifying_key().to_string())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SEED: &str = "SzhpFfwa6RMFQTLLTyoriUJrUXYY9kyYxbNu5DsCm1k=";
    const PUBLIC: &str = "BaG9HYTNxkqyX7haFnz/HXL9FhYwS4gdQ7uYWiStgoY=";

    #[test]
    fn a_seed_gives_its_public_key_with_or_without_a_line_end() {
        for text in [SEED.to_owned(), format!("{SEED}\n"), format!("{SEED} \r\n")] {
            let key = SigningKey::from_base64(&text).unwrap();
            assert_eq!(key.verifying_key().to_string(), PUBLIC);
        }
        let orchestrators =
            SigningKey::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
        assert_eq!(
            orchestrators.verifying_key().to_string(),
            "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
        );
    }

    #[test]
    fn other_texts_are_refused() {
        for (text, error) in [
            ("", KeyError::Length(0)),
            ("c2hvcnQ=", KeyError::Length(5)),
            (&SEED[..43], KeyError::NotBase64),
            (&format!(" {SEED}"), KeyError::NotBase64),
            (&SEED.replace('k', "*"), KeyError::NotBase64),
            (&STANDARD.encode([7; 64]), KeyError::Length(64)),
        ] {
            assert_eq!(SigningKey::from_base64(text).err(), Some(error), "{text}");
            assert_eq!(text.parse::<VerifyingKey>().err(), Some(error), "{text}");
        }
        assert_eq!(
            format!("{PUBLIC}\n").parse::<VerifyingKey>(),
            Err(KeyError::NotBase64)
        );
    }

    #[test]
    fn debug_shows_the_public_key_only() {
        let key = SigningKey::from_base64(SEED).unwrap();
        let shown = format!("{key:?}");
        assert!(shown.contains(PUBLIC), "{shown}");
        assert!(!shown.contains(&SEED[..12]), "{shown}");
        assert!(!shown.contains("75, 56, 105"), "{shown}");
    }

    proptest! {
        #[test]
        fn garbage_never_panics(text in ".{0,60}", message: Vec<u8>, bytes: [u8; 32]) {
            let _ = SigningKey::from_base64(&text);
            let _ = text.parse::<VerifyingKey>();
            let key = VerifyingKey::from_bytes(bytes);
            prop_assert!(!key.has_signed(&message, &text));
        }
    }
}

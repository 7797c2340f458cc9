//! Encrypted private key files: Mina's "secret box" JSON.
//!
//! ```json
//! {"box_primitive":"xsalsa20poly1305","pw_primitive":"argon2i","nonce":"…","pwsalt":"…",
//!  "pwdiff":[134217728,6],"ciphertext":"…"}
//! ```
//!
//! `nonce` (24 bytes), `pwsalt` (16) and `ciphertext` (49: a tag of 16, then the encrypted key)
//! are base58check with version `0x02`. The box's key is Argon2i 1.3 of the password, one lane,
//! 32 bytes.
//!
//! Bytes in, bytes out: where files lie and who may read them is the caller's business (the
//! daemon insists on mode 0600). Deriving the key takes about 0.6 s and 128 MiB at the usual
//! cost: keep it off threads that must not block.

use crate::base58check::{self, DecodeError};
use crate::private_key::PrivateKey;
use argon2::{Algorithm, Argon2, Params, Version};
use crypto_secretbox::aead::{AeadInPlace as _, KeyInit as _};
use crypto_secretbox::{Key, Tag, XSalsa20Poly1305};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

const BOX_PRIMITIVE: &str = "xsalsa20poly1305";
const PASSWORD_PRIMITIVE: &str = "argon2i";
const VERSION: u8 = 0x02;
const TAG_BYTES: usize = 16;

/// Longest file looked at. A real one has about 300 bytes.
const JSON_BYTES_MAX: usize = 16 * 1024;

/// What one guess at the password costs: `pwdiff` in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    memory_bytes: u64,
    passes: u32,
}

impl PasswordCost {
    /// What Mina's tools write (libsodium's "moderate"): 128 MiB, 6 passes.
    pub const MODERATE: Self = Self {
        memory_bytes: 128 << 20,
        passes: 6,
    };

    /// The least that Argon2 works with: 8 KiB.
    pub const MEMORY_BYTES_MIN: u64 = 8 << 10;
    /// The most that is accepted, 1 GiB: a hostile file could ask for terabytes.
    pub const MEMORY_BYTES_MAX: u64 = 1 << 30;
    /// The most passes over the memory that are accepted.
    pub const PASSES_MAX: u32 = 32;

    /// A cost within the limits; at least one pass.
    pub fn new(memory_bytes: u64, passes: u64) -> Result<Self, KeyFileError> {
        let refused = KeyFileError::Cost {
            memory_bytes,
            passes,
        };
        let memory = Self::MEMORY_BYTES_MIN..=Self::MEMORY_BYTES_MAX;
        match u32::try_from(passes) {
            Ok(passes @ 1..=Self::PASSES_MAX) if memory.contains(&memory_bytes) => Ok(Self {
                memory_bytes,
                passes,
            }),
            _ => Err(refused),
        }
    }

    /// The key of the box. Memory counts in whole KiB, as in libsodium.
    fn derive_key(
        self,
        password: &[u8],
        salt: &[u8; 16],
    ) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
        let refused = KeyFileError::Cost {
            memory_bytes: self.memory_bytes,
            passes: self.passes.into(),
        };
        let kibibytes = u32::try_from(self.memory_bytes / 1024).map_err(|_| refused)?;
        let mut key = Zeroizing::new([0; 32]);
        Params::new(kibibytes, self.passes, 1, Some(key.len()))
            .and_then(|parameters| {
                Argon2::new(Algorithm::Argon2i, Version::V0x13, parameters).hash_password_into(
                    password,
                    salt,
                    key.as_mut_slice(),
                )
            })
            .map_err(KeyFileError::KeyDerivation)?;
        Ok(key)
    }
}

/// Why a key file cannot be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// Far longer than any key file.
    #[error("key file longer than {JSON_BYTES_MAX} bytes")]
    TooLong,
    /// Not the JSON of a key file.
    #[error("not a key file")]
    Json(#[source] serde_json::Error),
    /// Encrypted in another way than Mina's tools do.
    #[error("don't know how to handle {field} {name:?}")]
    UnknownPrimitive {
        /// `box_primitive` or `pw_primitive`.
        field: &'static str,
        /// What the file says there.
        name: String,
    },
    /// One of the base58check values is malformed.
    #[error("malformed {field} in the key file")]
    Field {
        /// The field's name in the file.
        field: &'static str,
        /// What is wrong with its value.
        #[source]
        source: DecodeError,
    },
    /// The file asks for more memory or passes than is reasonable, or for too little.
    #[error("refusing a password cost of {memory_bytes} bytes of memory and {passes} passes")]
    Cost {
        /// Memory asked for.
        memory_bytes: u64,
        /// Passes asked for.
        passes: u64,
    },
    /// Argon2 gave up: in practice for lack of memory.
    #[error("cannot derive the key from the password")]
    KeyDerivation(#[source] argon2::Error),
    /// The password is wrong or the file is damaged, which cannot be told apart.
    #[error("wrong password or damaged key file")]
    WrongPassword,
    /// Correctly encrypted, but no Mina private key.
    #[error("the key file does not contain a Mina private key")]
    Content(#[source] DecodeError),
}

/// An encrypted private key, as it lies in a file. Reveals nothing without the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    cost: PasswordCost,
    salt: [u8; 16],
    nonce: [u8; 24],
    ciphertext: [u8; 49],
}

/// The file's JSON, its fields in the order in which Mina's tools write them.
#[derive(Serialize, Deserialize)]
struct Document {
    box_primitive: String,
    pw_primitive: String,
    nonce: String,
    pwsalt: String,
    pwdiff: (u64, u64),
    ciphertext: String,
}

impl KeyFile {
    /// Reads the content of a key file. Unknown fields are ignored.
    pub fn from_json(json: &[u8]) -> Result<Self, KeyFileError> {
        if json.len() > JSON_BYTES_MAX {
            return Err(KeyFileError::TooLong);
        }
        let document: Document = serde_json::from_slice(json).map_err(KeyFileError::Json)?;
        check_primitive("box_primitive", document.box_primitive, BOX_PRIMITIVE)?;
        check_primitive("pw_primitive", document.pw_primitive, PASSWORD_PRIMITIVE)?;
        let (memory_bytes, passes) = document.pwdiff;
        Ok(Self {
            cost: PasswordCost::new(memory_bytes, passes)?,
            salt: decode("pwsalt", &document.pwsalt)?,
            nonce: decode("nonce", &document.nonce)?,
            ciphertext: decode("ciphertext", &document.ciphertext)?,
        })
    }

    /// The content of the key file, on one line without a line end.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "texts and numbers always have JSON"
    )]
    pub fn to_json(&self) -> String {
        let document = Document {
            box_primitive: BOX_PRIMITIVE.to_owned(),
            pw_primitive: PASSWORD_PRIMITIVE.to_owned(),
            nonce: base58check::encode(VERSION, &self.nonce),
            pwsalt: base58check::encode(VERSION, &self.salt),
            pwdiff: (self.cost.memory_bytes, self.cost.passes.into()),
            ciphertext: base58check::encode(VERSION, &self.ciphertext),
        };
        serde_json::to_string(&document).expect("texts and numbers always have JSON")
    }

    /// Encrypts a key. `salt` and `nonce` must be fresh random bytes each time; the password
    /// may be empty.
    pub fn encrypt(
        private_key: &PrivateKey,
        password: &[u8],
        salt: [u8; 16],
        nonce: [u8; 24],
        cost: PasswordCost,
    ) -> Result<Self, KeyFileError> {
        let key = cost.derive_key(password, &salt)?;
        Ok(Self {
            cost,
            salt,
            nonce,
            ciphertext: seal(&key, &nonce, private_key.to_plain_bytes()),
        })
    }

    /// The private key, given the right password.
    pub fn decrypt(&self, password: &[u8]) -> Result<PrivateKey, KeyFileError> {
        let key = self.cost.derive_key(password, &self.salt)?;
        let plain = open(&key, &self.nonce, &self.ciphertext)?;
        PrivateKey::from_plain_bytes(&plain).map_err(KeyFileError::Content)
    }
}

/// The box: the tag, then the encrypted content.
fn seal(key: &[u8; 32], nonce: &[u8; 24], mut content: Zeroizing<[u8; 33]>) -> [u8; 49] {
    let tag = XSalsa20Poly1305::new(Key::from_slice(key))
        .encrypt_in_place_detached(nonce.into(), b"", content.as_mut_slice())
        .expect("33 bytes are never too long for a box");
    let mut ciphertext = [0; 49];
    ciphertext[..TAG_BYTES].copy_from_slice(&tag);
    ciphertext[TAG_BYTES..].copy_from_slice(content.as_slice());
    ciphertext
}

fn open(
    key: &[u8; 32],
    nonce: &[u8; 24],
    ciphertext: &[u8; 49],
) -> Result<Zeroizing<[u8; 33]>, KeyFileError> {
    let (tag, encrypted) = ciphertext.split_at(TAG_BYTES);
    let mut content = Zeroizing::new([0; 33]);
    content.copy_from_slice(encrypted);
    XSalsa20Poly1305::new(Key::from_slice(key))
        .decrypt_in_place_detached(
            nonce.into(),
            b"",
            content.as_mut_slice(),
            Tag::from_slice(tag),
        )
        .map_err(|_| KeyFileError::WrongPassword)?;
    Ok(content)
}

fn check_primitive(
    field: &'static str,
    name: String,
    known: &'static str,
) -> Result<(), KeyFileError> {
    if name == known {
        Ok(())
    } else {
        Err(KeyFileError::UnknownPrimitive { field, name })
    }
}

fn decode<const N: usize>(field: &'static str, text: &str) -> Result<[u8; N], KeyFileError> {
    base58check::decode(VERSION, text)
        .map(|bytes| *bytes)
        .map_err(|source| KeyFileError::Field { field, source })
}

#[cfg(test)]
mod tests;

//! The header `Authorization` and the bytes that it signs.
//!
//! Two forms, tokens separated by exactly one space:
//!
//! ```text
//! Signature <public key> <signature>
//! Signature <public key> <signature> ; Sequencing <server uuid> <number>
//! ```
//!
//! The basic form signs the body of the request. The sequenced form signs the number (two bytes,
//! most significant first), the text of the uuid and then the body.

use zeroize::Zeroizing;

use crate::keys::{SigningKey, VerifyingKey};
use crate::sequence::Session;

/// The header of a request in the basic form. A daemon accepts it for `auth` only (and for
/// `zkAppCommandLimit`).
#[must_use]
pub fn basic(key: &SigningKey, body: &[u8]) -> String {
    let public = key.verifying_key();
    let signature = key.sign(body);
    format!("Signature {public} {signature}")
}

/// The header of a request in the sequenced form.
#[must_use]
pub fn sequenced(key: &SigningKey, session: &Session, body: &[u8]) -> String {
    let Session {
        server_uuid,
        number,
    } = session;
    let public = key.verifying_key();
    let signature = key.sign(&sequenced_message(*number, server_uuid.as_str(), body));
    format!("Signature {public} {signature} ; Sequencing {server_uuid} {number}")
}

/// What the sequenced form signs. Wiped when dropped: bodies hold private keys.
pub(crate) fn sequenced_message(number: u16, uuid: &str, body: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut message = Zeroizing::new(Vec::with_capacity(2 + uuid.len() + body.len()));
    message.extend_from_slice(&number.to_be_bytes());
    message.extend_from_slice(uuid.as_bytes());
    message.extend_from_slice(body);
    message
}

/// A header taken apart, with those parts still as text that are judged later, in the daemon's
/// order of judging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authorization<'a> {
    /// Who signed.
    pub key: VerifyingKey,
    /// The signature as it came.
    pub signature: &'a str,
    /// The second half of the sequenced form.
    pub sequencing: Option<Sequencing<'a>>,
}

/// The second half of the sequenced form, as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequencing<'a> {
    /// The server meant.
    pub uuid: &'a str,
    /// The sequence number.
    pub number: &'a str,
}

/// A header has neither form, or its key is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the authorization has neither the basic nor the sequenced form")]
pub struct MalformedAuthorization;

impl<'a> Authorization<'a> {
    /// Takes the value of a header apart.
    ///
    /// # Errors
    ///
    /// The header has another form.
    pub fn parse(value: &'a str) -> Result<Self, MalformedAuthorization> {
        // One more than the longest form has, so that a longer value does not look like it.
        let mut tokens = [""; 8];
        let mut count = 0;
        for (place, token) in tokens.iter_mut().zip(value.split(' ')) {
            *place = token;
            count += 1;
        }
        let (key, signature, sequencing) = match tokens.get(..count) {
            Some(["Signature", key, signature]) => (key, *signature, None),
            Some(["Signature", key, signature, ";", "Sequencing", uuid, number]) => {
                (key, *signature, Some(Sequencing { uuid, number }))
            }
            _ => return Err(MalformedAuthorization),
        };
        Ok(Self {
            key: key.parse().map_err(|_| MalformedAuthorization)?,
            signature,
            sequencing,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PUBLIC: &str = "BaG9HYTNxkqyX7haFnz/HXL9FhYwS4gdQ7uYWiStgoY=";
    const UUID: &str = "24511be6-320d-4ef2-8dff-89916bcb6751";

    fn key() -> SigningKey {
        SigningKey::from_base64("SzhpFfwa6RMFQTLLTyoriUJrUXYY9kyYxbNu5DsCm1k=").unwrap()
    }

    fn session(uuid: &str, number: u16) -> Session {
        Session {
            server_uuid: uuid.parse().unwrap(),
            number,
        }
    }

    /// From the tests of o1-labs/mina-internal-trace-consumer, `authentication.rs`.
    #[test]
    fn headers_equal_published_ones() {
        let body = b"example body";
        assert_eq!(
            basic(&key(), body),
            "Signature BaG9HYTNxkqyX7haFnz/HXL9FhYwS4gdQ7uYWiStgoY= \
             7a6Wx4HQ5h0JJKjJWh3zXxLAa7qql+UXAuyqbQh+XW5C/IcmRchtp/SjBPvhOQmtlYNJGjvCrbBWO0SqlrVcDQ=="
        );
        assert_eq!(
            sequenced(&key(), &session(UUID, 1), body),
            "Signature BaG9HYTNxkqyX7haFnz/HXL9FhYwS4gdQ7uYWiStgoY= \
             LSy0n5XkS2wuTWuVQbFFs+H7gmR+BIE/bqlwFGVcFv0awYMXl48vuAfvYEqqnpAVSNXt8YH6n0YNew4i0pYUBg== \
             ; Sequencing 24511be6-320d-4ef2-8dff-89916bcb6751 1"
        );
    }

    /// Signatures that an independent implementation computed; 258 shows the byte order.
    #[test]
    fn signatures_equal_computed_ones() {
        let slots_won = r#"{"query":"{ slotsWon }"}"#;
        let flush = r#"{"query":"mutation { flushInternalLogs(endLogId: 41) }"}"#;
        for (number, body, signature) in [
            (
                0,
                slots_won,
                "0vXQyHNiSGP/ic59mzU+QLBpZD/57gGII3zH3VjbyV23vdl1+OUf/uCIcJqgiDP00GW29wiqaGc+lh1UuxLzDw==",
            ),
            (
                258,
                flush,
                "zP2XLpj2G5spDhyALT0RhbcIzzv2KNvGYIYE8BjNKeiGtmjwNF8qXPbsD7AvtCevm5WX+0Vq8grnaWOhhZBhAQ==",
            ),
            (
                65535,
                slots_won,
                "2GWwBzfpGoqThr/7sSfnnBvoV1Unn/SZQADLvU18Nj5q/ZDuqjjDwdesqzlT43ej+C1BJU7hy9I3hF5qcpBfCw==",
            ),
        ] {
            assert_eq!(
                sequenced(&key(), &session(UUID, number), body.as_bytes()),
                format!("Signature {PUBLIC} {signature} ; Sequencing {UUID} {number}")
            );
        }
    }

    /// As above, with the seed of the bytes 0 to 31.
    #[test]
    fn signatures_of_another_key_equal_computed_ones() {
        let key = SigningKey::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
        assert!(basic(&key, br#"{"query":"{ auth { serverUuid } }"}"#).ends_with(
            " zz4LlzMkahDAdV6r0IAPUuoTZhQzKbx1hSe6EXLVAKb/zHVQVhvPwQ6vC3LRHBeR+wEwzlj9bnK+Ty152GbFCQ=="
        ));
        let body = br#"{"query":"mutation{stopScheduledTransactions(handle:\"h\")}"}"#;
        let uuid = "6f1b1a52-9a3e-4f0e-8d5b-2c7a1e4d9b10";
        assert_eq!(sequenced_message(258, uuid, body).len(), 99);
        assert!(sequenced(&key, &session(uuid, 258), body).contains(
            " aThTEBrVzJOq+76uy9IEnMh6Q5MxJf9Vn+lljmMvKgw/JNumR0GSzFdRIxyMHJN/XrWhHsN9hWy1Fq26k8y/CA== ; "
        ));
    }

    #[test]
    fn both_forms_are_taken_apart() {
        assert_eq!(
            Authorization::parse(&format!("Signature {PUBLIC} sig")),
            Ok(Authorization {
                key: PUBLIC.parse().unwrap(),
                signature: "sig",
                sequencing: None
            })
        );
        assert_eq!(
            Authorization::parse(&format!("Signature {PUBLIC} sig ; Sequencing u +0")),
            Ok(Authorization {
                key: PUBLIC.parse().unwrap(),
                signature: "sig",
                sequencing: Some(Sequencing {
                    uuid: "u",
                    number: "+0"
                })
            })
        );
    }

    #[test]
    fn every_other_spacing_word_or_count_is_refused() {
        for value in [
            String::new(),
            "Signature".to_owned(),
            format!("Signature {PUBLIC}"),
            format!("signature {PUBLIC} sig"),
            format!("Bearer {PUBLIC} sig"),
            format!(" Signature {PUBLIC} sig"),
            format!("Signature {PUBLIC} sig "),
            format!("Signature  {PUBLIC} sig"),
            format!("Signature\t{PUBLIC} sig"),
            format!("Signature {PUBLIC} sig ;"),
            format!("Signature {PUBLIC} sig; Sequencing u 0"),
            format!("Signature {PUBLIC} sig , Sequencing u 0"),
            format!("Signature {PUBLIC} sig ; sequencing u 0"),
            format!("Signature {PUBLIC} sig ; Sequencing u"),
            format!("Signature {PUBLIC} sig ; Sequencing u 0 "),
            format!("Signature {PUBLIC} sig ; Sequencing u 0 1 2 3"),
            "Signature c2hvcnQ= sig".to_owned(),
            format!("Signature {} sig", &PUBLIC[..43]),
        ] {
            assert_eq!(
                Authorization::parse(&value),
                Err(MalformedAuthorization),
                "{value}"
            );
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(value in "(Signature )?[ ;A-Za-z0-9+/=]{0,80}|.{0,80}") {
            let _ = Authorization::parse(&value);
        }
    }
}

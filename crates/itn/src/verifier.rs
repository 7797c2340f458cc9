//! Whom a server answers: the daemon's checks in the daemon's order.

use std::collections::HashMap;

use crate::authorization::{Authorization, Sequencing, sequenced_message};
use crate::keys::VerifyingKey;
use crate::uuid::Uuid;

/// The authentication state of one run of an ITN server.
///
/// Give it each request in the order of arrival, with the whole body, before executing it. It is
/// a plain state machine; a server with several threads puts it behind a lock, as a daemon does
/// check and count without a pause between them.
#[derive(Debug)]
pub struct Verifier {
    server_uuid: Uuid,
    /// Counters of the permitted keys. A daemon has counters for all others as well, which stay 0.
    counters: HashMap<VerifyingKey, u16>,
    last_basic_number: u16,
}

/// A request that may be executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authenticated {
    /// Who signed it.
    pub key: VerifyingKey,
    /// Whether it had the sequenced form.
    pub is_sequenced: bool,
}

/// An answer to a request that may not be executed. Its text is the body, without JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No, malformed or wrong signature, or a key that is not permitted.
    #[error("Unauthorized")]
    Unauthorized,
    /// The uuid of a sequenced request is malformed.
    #[error("Invalid server Uuid")]
    InvalidServerUuid,
    /// The uuid is of another server, or the number is not the next one.
    #[error("Invalid sequence number")]
    InvalidSequenceNumber,
}

impl Refusal {
    /// The HTTP status of the answer.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            Self::InvalidServerUuid | Self::InvalidSequenceNumber => 412,
        }
    }
}

/// The GraphQL error of a field that the basic form does not give access to: every field but
/// `auth` and `zkAppCommandLimit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Missing sequence information")]
pub struct MissingSequenceInformation;

impl Authenticated {
    /// To be asked by the resolver of every field but `auth` and `zkAppCommandLimit`.
    ///
    /// # Errors
    ///
    /// The request carried no sequence number.
    pub fn require_sequencing(self) -> Result<(), MissingSequenceInformation> {
        if self.is_sequenced {
            Ok(())
        } else {
            Err(MissingSequenceInformation)
        }
    }
}

impl Verifier {
    /// A server that has just started and permits these keys.
    pub fn new(server_uuid: Uuid, permitted: impl IntoIterator<Item = VerifyingKey>) -> Self {
        Self {
            server_uuid,
            counters: permitted.into_iter().map(|key| (key, 0)).collect(),
            last_basic_number: 0,
        }
    }

    /// The uuid of this run.
    #[must_use]
    pub fn server_uuid(&self) -> Uuid {
        self.server_uuid
    }

    /// What `auth.signerSequenceNumber` answers: the number of the key in the most recent basic
    /// request. The daemon keeps a single value for all clients, so a sequenced request may see
    /// that of another key.
    #[must_use]
    pub fn signer_sequence_number(&self) -> u16 {
        self.last_basic_number
    }

    /// Judges a request by the value of its header `Authorization` and its body. A sequenced
    /// request that is accepted uses up its number, whatever comes of its execution.
    ///
    /// # Errors
    ///
    /// The key is not permitted, the signature is wrong, or the number is not the expected one.
    pub fn authenticate(
        &mut self,
        authorization: Option<&[u8]>,
        body: &[u8],
    ) -> Result<Authenticated, Refusal> {
        let header = authorization
            .and_then(|value| std::str::from_utf8(value).ok())
            .and_then(|value| Authorization::parse(value).ok())
            .ok_or(Refusal::Unauthorized)?;
        let counter = self.counters.get(&header.key).copied();
        let number = counter.unwrap_or(0);
        let is_signed = if let Some(sequencing) = header.sequencing {
            self.check_sequencing(sequencing, number)?;
            let message = sequenced_message(number, sequencing.uuid, body);
            header.key.has_signed(&message, header.signature)
        } else {
            self.last_basic_number = number;
            header.key.has_signed(body, header.signature)
        };
        if counter.is_none() || !is_signed {
            return Err(Refusal::Unauthorized);
        }
        if header.sequencing.is_some() {
            self.counters.insert(header.key, number.wrapping_add(1));
        }
        Ok(Authenticated {
            key: header.key,
            is_sequenced: header.sequencing.is_some(),
        })
    }

    fn check_sequencing(&self, sequencing: Sequencing<'_>, number: u16) -> Result<(), Refusal> {
        let uuid: Uuid = sequencing
            .uuid
            .parse()
            .map_err(|_| Refusal::InvalidServerUuid)?;
        // The daemon compares decimal texts: `00` and `+0` are not `0`.
        if uuid == self.server_uuid && sequencing.number == number.to_string() {
            Ok(())
        } else {
            Err(Refusal::InvalidSequenceNumber)
        }
    }
}

#[cfg(test)]
#[path = "verifier_tests.rs"]
mod tests;

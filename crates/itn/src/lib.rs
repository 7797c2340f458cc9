//! The protocol of a Mina daemon's ITN GraphQL server, for both ends.
//!
//! - **Clients** ask a node with a [`Client`]: typed operations, each request signed over exactly
//!   the bytes that are sent, one in flight at a time, with a limit on everything the node
//!   answers. A failed request says with [`Error::class`] whether trying again can help.
//! - **Servers** hand header and body of each request to a [`Verifier`], which decides as the
//!   daemon does and keeps the sequence numbers.
//!
//! The deciding parts, [`Verifier`], [`sequence`] and [`authorization`], do no input or output.
//! Protocol: MinaProtocol/mina, `src/lib/mina_graphql` and `src/lib/itn_crypto`; contract of the
//! clients: `spec/ITN.md` of the protocol makers' own SDK, the crate `mina-sdk`. Schema and
//! operations lie beside the source in `schema` and `operations`; tests check each operation and
//! each type against the schema.

#![warn(clippy::missing_errors_doc)]

mod address;
mod address_policy;
mod answers;
pub mod authorization;
mod bounded;
mod client;
mod connector;
mod error;
mod excerpt;
mod guard;
mod inputs;
mod internal_logs;
mod keys;
mod operations;
mod reply;
mod scalars;
#[cfg(test)]
mod schema_check;
pub mod sequence;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod transport;
mod uuid;
mod verifier;

pub use address::{Endpoint, EndpointError};
pub use address_policy::{AddressPolicy, AddressRefusal, Reach, Refused, parse_network};
pub use answers::{Auth, CreatedAccount, CreatedAccounts};
pub use client::Client;
pub use error::{ConnectFailure, Error, ErrorClass, Malformed, TransportFailure};
pub use excerpt::Excerpt;
pub use guard::{AddressGuard, PortRange, PortRangeError};
pub use inputs::{
    CreateAccountsDetails, GatingUpdate, NetworkPeer, PaymentsDetails, ZkappCommandsDetails,
};
pub use internal_logs::{InternalLog, InternalLogs};
pub use keys::{KeyError, SigningKey, VerifyingKey};
pub use transport::{Limits, Transport};
pub use uuid::{Uuid, UuidError};
pub use verifier::{Authenticated, MissingSequenceInformation, Refusal, Verifier};

/// The schema of the server, in SDL. What only the newest daemons have is marked `@newest`.
pub const SCHEMA: &str = include_str!("../schema/itn.graphql");

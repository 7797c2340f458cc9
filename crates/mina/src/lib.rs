//! The Mina protocol's everyday values, and nothing that performs I/O: keys, signatures,
//! encrypted key files, hashes, amounts and memos.
//!
//! What the crate promises:
//!
//! - **Strict texts.** Every base58check text is accepted in exactly one form: right version
//!   byte, right length, numbers below their modulus, points on the curve.
//! - **Agreement with the protocol.** The signature scheme is the *legacy* one (Poseidon with
//!   63 full rounds), checked against published signatures of payments and uptime submissions.
//! - **Careful secrets.** Private keys are wiped when dropped and never printed; signing takes
//!   the same time whatever the key.
//! - **Purity.** No files, sockets, clocks or random generators: random bytes and times are
//!   arguments.

mod amount;
mod base58check;
mod blake2b;
mod curve;
mod key_file;
mod memo;
mod network;
mod poseidon;
mod private_key;
mod public_key;
mod random_oracle;
pub mod schnorr;
mod signature;
mod state_hash;
mod text_form;
mod uptime_block_hash;
mod uptime_payload;

pub use amount::{Amount, ParseAmountError};
pub use base58check::DecodeError;
pub use key_file::{KeyFile, KeyFileError, PasswordCost};
pub use memo::{Memo, MemoTooLong};
pub use network::NetworkId;
pub use private_key::PrivateKey;
pub use public_key::PublicKey;
pub use random_oracle::BitOrder;
pub use signature::Signature;
pub use state_hash::StateHash;
pub use uptime_block_hash::UptimeBlockHash;
pub use uptime_payload::{CreatedAtOutOfRange, UptimePayload};

//! Inputs of the mutations.

use async_graphql::InputObject;

use super::scalars::{PublicKey, UInt32, UInt64};

/// An account to unlock.
#[derive(Debug, InputObject)]
pub(super) struct UnlockInput {
    /// Password of the account's key file.
    pub(super) password: String,
    /// The account.
    pub(super) public_key: PublicKey,
}

/// A payment to send.
#[derive(Debug, InputObject)]
pub(super) struct SendPaymentInput {
    /// The sender's next nonce if left out.
    pub(super) nonce: Option<UInt32>,
    /// At most 32 bytes.
    pub(super) memo: Option<String>,
    /// The last slot in which it may be included.
    pub(super) valid_until: Option<UInt32>,
    /// In nanomina.
    pub(super) fee: UInt64,
    /// In nanomina.
    pub(super) amount: UInt64,
    /// The receiver.
    pub(super) to: PublicKey,
    /// The sender.
    pub(super) from: PublicKey,
}

//! What a zkApp command does to an account.

use mina::{Amount, PublicKey};

/// An update of an account by a zkApp command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZkappUpdate {
    /// Whose.
    pub public_key: PublicKey,
    /// What is added to the account, or taken from it.
    pub amount: Amount,
    /// Whether it is taken.
    pub is_debit: bool,
    /// Whether a proof authorises it, and no signature.
    pub is_proved: bool,
    /// Whether the fee for a new account is taken from the amount, and not paid by others.
    pub pays_creation: bool,
}

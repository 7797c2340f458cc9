//! What is left of the money at the end of a run.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is left on all accounts that a run has made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemainingFunds {
    /// What the given keys have paid for accounts, in MINA; what these pass on is counted once.
    pub funded_mina: String,
    /// What is left by arithmetic: fees at their mean, only what nodes accepted counts as spent.
    pub expected_mina: String,
    /// What nodes say is left, of those accounts that they know; nothing if none was asked.
    pub measured_mina: Option<String>,
    /// Accounts that were made.
    pub accounts: u64,
    /// Accounts whose balances are known.
    pub measured_accounts: u64,
    /// Each command that made accounts.
    pub commands: Vec<CommandRemainingFunds>,
}

/// What is left on the accounts of one command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommandRemainingFunds {
    /// The step.
    pub step: u32,
    /// What the paths of the key files begin with.
    pub prefix: String,
    /// What the accounts were given, in MINA.
    pub funded_mina: String,
    /// What is left by arithmetic.
    pub expected_mina: String,
    /// What nodes say is left.
    pub measured_mina: Option<String>,
    /// Accounts that were made.
    pub accounts: u64,
    /// Accounts whose balances are known.
    pub measured_accounts: u64,
}

impl RemainingFunds {
    /// One sentence for logs.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self {
            funded_mina,
            expected_mina,
            accounts,
            measured_accounts,
            ..
        } = self;
        let measured = self
            .measured_mina
            .as_ref()
            .map(|measured| format!("; nodes say {measured} MINA on {measured_accounts} of them"));
        format!(
            "of {funded_mina} MINA given to {accounts} accounts, some {expected_mina} MINA should \
             be left{}",
            measured.unwrap_or_default()
        )
    }
}

//! `fund-keys`: which key pays for how many accounts, and which commands may run together.

use std::collections::HashSet;

use mina::Amount;

use super::decode::params;

params! {
    /// Parameters of `fund-keys`.
    FundKeys {
        /// What all accounts get together.
        amount: Amount = "amount",
        /// Fee of each transaction.
        fee: Amount = "fee",
        /// What the paths of the new key files begin with.
        prefix: String = "prefix",
        /// How many accounts.
        num: u64 = "num",
        /// Key files that pay.
        privkeys: Vec<String> = "privkeys",
        /// Name of the environment variable with their password.
        password_env: String = "passwordEnv",
    }
}

/// What accounts get would not even pay the fee of making them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "insufficient funds per account: each account would get {} nanomina but fee is {} nanomina \
     (need at least {} nanomina total for {accounts} accounts)",
    share.nanomina(), fee.nanomina(), u128::from(fee.nanomina()) * u128::from(*accounts)
)]
pub struct InsufficientFunds {
    /// What each account would get.
    pub share: Amount,
    /// The fee.
    pub fee: Amount,
    /// How many accounts.
    pub accounts: u64,
}

impl InsufficientFunds {
    /// Whether the share of each account is at least the fee.
    pub(crate) fn check(amount: Amount, fee: Amount, accounts: u64) -> Result<(), Self> {
        let share = share(amount, accounts);
        if share < fee {
            return Err(Self {
                share,
                fee,
                accounts,
            });
        }
        Ok(())
    }
}

fn share(amount: Amount, accounts: u64) -> Amount {
    let nanomina = amount.nanomina().checked_div(accounts).unwrap_or(0);
    Amount::from_nanomina(nanomina)
}

/// Why a funding command cannot run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FundKeysError {
    /// No accounts to make.
    #[error("num should be a positive number")]
    NoAccounts,
    /// Nobody pays.
    #[error("no private keys to fund from")]
    NoKeys,
    /// A key twice in one command.
    #[error("the private key {key} is listed twice")]
    KeyTwice {
        /// The path of its file.
        key: String,
    },
    /// No place for the new keys.
    #[error("prefix should not be empty")]
    NoPrefix,
    /// The directory of the new keys is there already.
    #[error(
        "path '{directory}' already exists. Please re-generate script using unique experiment \
         name or different '-fund-keys-dir' CLI argument value"
    )]
    DirectoryExists {
        /// The directory.
        directory: String,
    },
    /// Shares below the fee.
    #[error(transparent)]
    InsufficientFunds(#[from] InsufficientFunds),
}

/// What one key pays for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayingKey {
    /// The path of its file.
    pub key_file: String,
    /// How many accounts it makes; may be 0 when there are more keys than accounts.
    pub accounts: u64,
    /// What they get together.
    pub amount: Amount,
    /// What the paths of the new key files begin with: `<prefix>-<index of the key>`.
    pub prefix: String,
}

impl FundKeys {
    /// Checks the command when it is read. `directory_exists` says something about the directory of the
    /// new keys.
    ///
    /// # Errors
    ///
    /// The parameters do not fit together, or the directory of the new keys exists already.
    pub fn check(&self, directory_exists: impl Fn(&str) -> bool) -> Result<(), FundKeysError> {
        if self.num == 0 {
            return Err(FundKeysError::NoAccounts);
        }
        if self.prefix.is_empty() {
            return Err(FundKeysError::NoPrefix);
        }
        if self.privkeys.is_empty() {
            return Err(FundKeysError::NoKeys);
        }
        let mut seen = HashSet::new();
        if let Some(key) = self.privkeys.iter().find(|key| !seen.insert(*key)) {
            return Err(FundKeysError::KeyTwice { key: key.clone() });
        }
        let directory = self.directory();
        if directory_exists(directory) {
            return Err(FundKeysError::DirectoryExists {
                directory: directory.to_owned(),
            });
        }
        InsufficientFunds::check(self.amount, self.fee, self.num)?;
        Ok(())
    }

    /// The directory of the new keys.
    #[must_use]
    pub fn directory(&self) -> &str {
        self.prefix
            .rsplit_once('/')
            .map_or(".", |(directory, _)| directory)
    }

    /// What each key pays for: the accounts are dealt out evenly, the first keys get the rest.
    #[must_use]
    pub fn shares(&self) -> Vec<PayingKey> {
        let keys = self.privkeys.len() as u64;
        let share = share(self.amount, self.num);
        (0..keys)
            .zip(&self.privkeys)
            .map(|(index, key_file)| {
                let rest = u64::from(index < self.num % keys);
                let accounts = self.num / keys + rest;
                PayingKey {
                    key_file: key_file.clone(),
                    accounts,
                    // a share is at most amount / num, so that this does not exceed the amount
                    amount: share.checked_mul(accounts).unwrap_or(self.amount),
                    prefix: format!("{}-{index}", self.prefix),
                }
            })
            .collect()
    }
}

/// Commands of a batch that run at the same time, because no two of them share a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together {
    /// Indexes into the batch.
    pub commands: std::ops::Range<usize>,
}

impl Together {
    /// The groups of a batch, in the order in which they run. The group that begins at index i
    /// begins with daemon i of the configured ones, cyclic.
    #[must_use]
    pub fn groups(batch: &[FundKeys]) -> Vec<Self> {
        let mut groups = Vec::new();
        let mut begin = 0;
        let mut busy: HashSet<&str> = HashSet::new();
        for (index, command) in batch.iter().enumerate() {
            if command
                .privkeys
                .iter()
                .any(|key| busy.contains(key.as_str()))
            {
                groups.push(Self {
                    commands: begin..index,
                });
                begin = index;
                busy.clear();
            }
            busy.extend(command.privkeys.iter().map(String::as_str));
        }
        if begin < batch.len() {
            groups.push(Self {
                commands: begin..batch.len(),
            });
        }
        groups
    }
}

/// Minutes of the pauses between attempts of one command; each attempt uses the next daemon.
pub const RETRY_PAUSES_MIN: [u64; 4] = [1, 2, 4, 8];

#[cfg(test)]
mod tests {
    use super::*;

    fn command(num: u64, keys: &[&str]) -> FundKeys {
        FundKeys {
            amount: Amount::from_nanomina(1_000_000_000 * num + 7),
            fee: Amount::from_nanomina(1_000_000_000),
            prefix: "./keys/exp/round-0/payments/key".to_owned(),
            num,
            privkeys: keys.iter().map(|key| (*key).to_owned()).collect(),
            password_env: String::new(),
        }
    }

    #[test]
    fn accounts_are_dealt_out_evenly() {
        let shares = command(115, &["a", "b"]).shares();
        let accounts: Vec<u64> = shares.iter().map(|share| share.accounts).collect();
        assert_eq!(accounts, [58, 57]);
        assert_eq!(shares[0].amount.nanomina(), 58_000_000_000);
        assert_eq!(shares[1].prefix, "./keys/exp/round-0/payments/key-1");
        let few = command(1, &["a", "b"]).shares();
        assert_eq!(few[1].accounts, 0);
    }

    #[test]
    fn commands_that_share_no_key_run_together() {
        let batch = [
            command(1, &["a", "b"]),
            command(1, &["c"]),
            command(1, &["b"]),
            command(1, &["b"]),
            command(1, &["a"]),
        ];
        let groups: Vec<_> = Together::groups(&batch)
            .into_iter()
            .map(|group| group.commands)
            .collect();
        assert_eq!(groups, [0..2, 2..3, 3..5]);
        assert!(Together::groups(&[]).is_empty());
    }

    #[track_caller]
    fn check_refused(command: &FundKeys, expected: &str) {
        let error = command.check(|_| false).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn commands_that_cannot_end_well_are_refused() {
        command(3, &["a"]).check(|_| false).unwrap();
        check_refused(&command(0, &["a"]), "num should be a positive number");
        check_refused(&command(3, &[]), "no private keys to fund from");
        check_refused(
            &command(3, &["a", "b", "a"]),
            "the private key a is listed twice",
        );
        let poor = FundKeys {
            amount: Amount::from_nanomina(2_999_999_999),
            ..command(3, &["a"])
        };
        check_refused(
            &poor,
            "insufficient funds per account: each account would get 999999999 nanomina but fee is \
             1000000000 nanomina (need at least 3000000000 nanomina total for 3 accounts)",
        );
        let error = command(3, &["a"]).check(|path| path == "./keys/exp/round-0/payments");
        assert_eq!(
            error.unwrap_err().to_string(),
            "path './keys/exp/round-0/payments' already exists. Please re-generate script using \
             unique experiment name or different '-fund-keys-dir' CLI argument value"
        );
    }
}

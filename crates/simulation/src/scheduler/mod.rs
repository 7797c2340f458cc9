//! The orders of a node's transaction schedulers, and what they remember.

mod handle;
mod ticks;
mod truth;

pub use handle::{Handle, NotAHandle};
pub(crate) use ticks::{Ticks, wait};
pub(crate) use truth::EndedRuns;
pub use truth::{RunEnd, RunKind, SchedulerRun};

use std::collections::VecDeque;

use mina::{Amount, PrivateKey, PublicKey};

use crate::ids::AccountId;
use crate::time::{SimTime, Span};

/// A run of payments. Rates and times are taken as they are; only fees and the memo are checked,
/// as the daemon does.
#[derive(Debug, Clone)]
pub struct PaymentsDetails {
    /// Who pays, in turn.
    pub senders: Vec<PublicKey>,
    /// Who is paid.
    pub receiver: PublicKey,
    /// What each payment sends.
    pub amount: Amount,
    /// Least fee.
    pub min_fee: Amount,
    /// Greatest fee.
    pub max_fee: Amount,
    /// What memos begin with; `-` and a number follow.
    pub memo_prefix: String,
    /// Payments a second.
    pub tps: f64,
    /// How long it runs, in minutes.
    pub duration_min: i32,
}

/// A run of zkApp commands.
#[derive(Debug, Clone)]
pub struct ZkappCommandsDetails {
    /// Who pays fees and accounts, in turn.
    pub fee_payers: Vec<PublicKey>,
    /// zkApps deployed at the start.
    pub num_zkapps_to_deploy: u32,
    /// Accounts made on the way.
    pub num_new_accounts: u32,
    /// Commands a second.
    pub tps: f64,
    /// How long it runs, deployment included, in minutes.
    pub duration_min: i32,
    /// What memos begin with; `-` and a number follow.
    pub memo_prefix: String,
    /// Least change of a balance.
    pub min_balance_change: Amount,
    /// Greatest change of a balance.
    pub max_balance_change: Amount,
    /// Least balance of an account made on the way.
    pub min_new_zkapp_balance: Amount,
    /// Greatest balance of an account made on the way.
    pub max_new_zkapp_balance: Amount,
    /// What a deployed zkApp begins with.
    pub init_balance: Amount,
    /// Least fee.
    pub min_fee: Amount,
    /// Greatest fee.
    pub max_fee: Amount,
    /// Fee of each command that deploys a zkApp.
    pub deployment_fee: Amount,
    /// How many recently used accounts rest before they are used again.
    pub account_queue_size: u32,
    /// Whether commands are as costly as they can be.
    pub max_cost: bool,
    /// n for commands of 2n + 2 account updates, fee payer and balancing included.
    pub max_account_updates: Option<u32>,
}

/// Accounts to make and fund.
#[derive(Debug, Clone)]
pub struct CreateAccountsDetails {
    /// Who funds them.
    pub fee_payer: PublicKey,
    /// How many.
    pub num_accounts: u32,
    /// What all of them get together; each pays its creation fee from its share.
    pub amount: Amount,
    /// Fee of each command that makes accounts.
    pub fee: Amount,
}

/// Accounts that are being funded.
#[derive(Debug, Clone)]
pub struct CreatedAccounts {
    /// Names the job that funds them.
    pub handle: Handle,
    /// Their keys.
    pub accounts: Vec<PrivateKey>,
}

/// Accounts that one request may make at most.
pub const CREATED_ACCOUNTS_MAX: u32 = 10_000;

/// Why nothing was scheduled, in the words of the ITN server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Payments of nobody.
    #[error("Empty list of senders")]
    NoSenders,
    /// zkApp commands of nobody.
    #[error("Empty list of fee payers")]
    NoFeePayers,
    /// The prefix alone does not fit into a memo.
    #[error("Memo too long, limited to 32 characters")]
    MemoTooLong,
    /// Fees in the wrong order.
    #[error("Maximum fee less than minimum fee")]
    FeeOrder,
    /// The node is not in step with the network yet.
    #[error("Could not get best tip ledger")]
    NoBestTip,
    /// Senders without accounts.
    #[error("Could not get nonces for accounts: {0}")]
    NoNonces(String),
    /// A fee payer without an account.
    #[error("fee payer not in the ledger")]
    NoFeePayer,
    /// No account, or too many.
    #[error("numAccounts must be 1 to {CREATED_ACCOUNTS_MAX}, not {0}")]
    AccountCount(u32),
    /// The amount does not pay for the accounts.
    #[error("amount too small: each account's share must exceed the account creation fee")]
    AmountTooSmall,
    /// The fee payer does not have what it is to give.
    #[error("fee payer has insufficient funds")]
    InsufficientFunds,
}

/// Why nothing was stopped, in the words of the ITN server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StopError {
    /// No UUID.
    #[error("Not a valid scheduled transactions handle: {0}")]
    NotAHandle(String),
    /// Nothing of that name is running.
    #[error("Could not find scheduled transactions with handle {0}")]
    NotFound(String),
}

/// A run in memory, with what all kinds share.
#[derive(Debug)]
pub(crate) struct Scheduler {
    /// Its ground truth.
    pub(crate) truth: SchedulerRun,
    pub(crate) stop_requested: bool,
    pub(crate) end: SimTime,
    pub(crate) ticks: Ticks,
    /// Number of the next transaction.
    pub(crate) counter: u32,
    /// Whether the tick that is due was put off because the node was busy.
    pub(crate) deferred: bool,
    pub(crate) job: Job,
}

#[derive(Debug)]
pub(crate) enum Job {
    Payments(PaymentsJob),
    Zkapps(Box<ZkappsJob>),
    Accounts(AccountsJob),
    /// Ended with an error: only the handle is left.
    Dead,
}

/// An account that pays, with the nonce that its next transaction gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Payer {
    pub(crate) account: AccountId,
    pub(crate) nonce: u32,
}

#[derive(Debug)]
pub(crate) struct PaymentsJob {
    pub(crate) senders: Vec<Payer>,
    pub(crate) receiver: AccountId,
    pub(crate) amount: u64,
    pub(crate) fees: (u64, u64),
    pub(crate) memo_prefix: String,
}

#[derive(Debug)]
pub(crate) struct ZkappsJob {
    pub(crate) fee_payers: Vec<Payer>,
    pub(crate) details: ZkappCommandsDetails,
    pub(crate) stage: ZkappStage,
    pub(crate) wait: Span,
    /// Accounts that may be used now.
    pub(crate) usable: Vec<AccountId>,
    /// Recently used ones, oldest first.
    pub(crate) resting: VecDeque<AccountId>,
    pub(crate) new_accounts: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ZkappStage {
    Deploying,
    AwaitingAccounts,
    Loading,
}

#[derive(Debug)]
pub(crate) struct AccountsJob {
    pub(crate) payer: Payer,
    pub(crate) keys: Vec<PrivateKey>,
    pub(crate) accounts: Vec<AccountId>,
    /// What each gets.
    pub(crate) share: u64,
    pub(crate) fee: u64,
    /// Accounts that were funded, and those of them that are in the ledger.
    pub(crate) funded: usize,
    pub(crate) confirmed: usize,
}

//! The simulated Mina chain, without any input or output of its own: slots and epochs, block
//! producers elected by stake, gossip, pools, ledgers, SNARK work, transaction schedulers, and
//! what every node writes into its internal log.
//!
//! A [`Network`] is made from a [`NetworkConfig`] and a seed. Its time passes only when it is
//! told to ([`Network::advance_to`]); what the nodes wrote until then is taken from it
//! ([`Network::take_entries`]) as [`LogEntry`]s, which become JSON when asked. The same seed gives
//! the same chain and the same entries on every machine: chance comes from integer arithmetic
//! only, and nothing depends on the order of a hash table.
//!
//! What the simulation does not do: prove, verify or sign anything. Signatures, proofs and state
//! hashes are well formed and unique, but belong to nothing.

mod block;
mod chain;
mod config;
mod derived;
mod duration;
mod durations;
mod entry;
mod ids;
mod ledger;
mod log;
mod network;
mod pool;
mod process_calls;
mod random;
mod scheduler;
mod slowed;
mod stake;
mod steps;
mod time;
mod transaction;

pub use config::{
    ConfigError, Generation, GenesisAccount, NODES_MAX, NetworkConfig, NodeConfig, ProofLevel,
    key_from_seed,
};
pub use derived::{HashKind, derived_bytes, hash_text};
pub use entry::{COMMIT_ID, LogEntry};
pub use ids::NodeId;
pub use ledger::Account;
pub use network::{
    AccountDetails, Activity, BlockDetails, BlockName, BlockSummary, CommandBody, CommandDetails,
    CommandOrder, CommandSummary, DaemonStatus, GatingDetails, GatingError, GatingUpdate,
    LifecycleChange, LifecycleEvent, Network, NodeSnapshot, NodeTruth, OrderBody, PaymentError,
    Peer, RepeatedOrders, SlotsWonError, Snapshot, SnarkWorker, StopDaemonError, Supply,
    SyncStatus, Tip, WorkDetails, ZkappBody, ZkappOrder, ZkappUpdate,
};
pub use pool::PoolError;
pub use random::Random;
pub use scheduler::{
    CREATED_ACCOUNTS_MAX, CreateAccountsDetails, CreatedAccounts, Handle, NotAHandle,
    PaymentsDetails, RunEnd, RunKind, ScheduleError, SchedulerRun, StopError, ZkappCommandsDetails,
};
pub use slowed::{Slowed, SlowedError};
pub use time::{SimTime, Span};

//! Inputs of mutations, for those who send and those who take them.
//!
//! Members and their order are those of the daemon's schema. A daemon checks little of them:
//! limits of rates, times and memos are the caller's business.

use mina::{Amount, PrivateKey, PublicKey};
use serde::{Deserialize, Serialize};

use crate::scalars::{nanomina, private_key, private_keys};

/// A run of payments.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentsDetails {
    /// How long it runs, in minutes.
    pub duration_min: u32,
    /// Payments a second; more than 0.
    pub tps: f64,
    /// What memos begin with; `-` and a number follow. A memo has at most 32 bytes.
    pub memo_prefix: String,
    /// Greatest fee.
    #[serde(with = "nanomina")]
    pub max_fee: Amount,
    /// Least fee.
    #[serde(with = "nanomina")]
    pub min_fee: Amount,
    /// What each payment sends.
    #[serde(with = "nanomina")]
    pub amount: Amount,
    /// Who is paid.
    pub receiver: PublicKey,
    /// Who pays, in turn.
    #[serde(with = "private_keys")]
    pub senders: Vec<PrivateKey>,
}

/// A run of zkApp commands.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ZkappCommandsDetails {
    /// n for commands of 2n + 2 account updates, fee payer and balancing included.
    pub max_account_updates: Option<u32>,
    /// Whether commands are as costly as they can be.
    pub max_cost: bool,
    /// How many recently used accounts rest before they are used again.
    pub account_queue_size: u32,
    /// Fee of each command that deploys a zkApp.
    #[serde(with = "nanomina")]
    pub deployment_fee: Amount,
    /// Greatest fee.
    #[serde(with = "nanomina")]
    pub max_fee: Amount,
    /// Least fee.
    #[serde(with = "nanomina")]
    pub min_fee: Amount,
    /// What a deployed zkApp begins with.
    #[serde(with = "nanomina")]
    pub init_balance: Amount,
    /// Greatest balance of an account made on the way.
    #[serde(with = "nanomina")]
    pub max_new_zkapp_balance: Amount,
    /// Least balance of an account made on the way.
    #[serde(with = "nanomina")]
    pub min_new_zkapp_balance: Amount,
    /// Greatest change of a balance.
    #[serde(with = "nanomina")]
    pub max_balance_change: Amount,
    /// Least change of a balance.
    #[serde(with = "nanomina")]
    pub min_balance_change: Amount,
    /// Whether commands come without preconditions.
    pub no_precondition: bool,
    /// What memos begin with; `-` and a number follow. A memo has at most 32 bytes.
    pub memo_prefix: String,
    /// How long it runs, deployment included, in minutes.
    pub duration_min: u32,
    /// Commands a second; more than 0.
    pub tps: f64,
    /// Accounts made on the way.
    pub num_new_accounts: u32,
    /// zkApps deployed at the start.
    pub num_zkapps_to_deploy: u32,
    /// Who pays fees and accounts, in turn.
    #[serde(with = "private_keys")]
    pub fee_payers: Vec<PrivateKey>,
    /// Whether a token of its own is used. Known to an unreleased branch of the daemon only;
    /// others ignore it. Sent only when true.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub non_default_token: bool,
}

/// The peers a node may talk to, in place of those before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatingUpdate {
    /// Peers to connect to now.
    pub added_peers: Vec<NetworkPeer>,
    /// Whether to forget all peers added before, those from the start included.
    pub clean_added_peers: bool,
    /// Whether only trusted peers may connect, in both directions.
    pub isolate: bool,
    /// Peers never connected, unless trusted.
    pub banned_peers: Vec<NetworkPeer>,
    /// Peers always permitted.
    pub trusted_peers: Vec<NetworkPeer>,
}

/// A peer of the gossip network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkPeer {
    /// Its libp2p port.
    #[serde(rename = "libp2pPort")]
    pub libp2p_port: u16,
    /// The text of its IP address.
    pub host: String,
    /// Its name in the network, `12D3KooW…`.
    pub peer_id: String,
}

/// Accounts to make and fund.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateAccountsDetails {
    /// Who funds them.
    #[serde(with = "private_key")]
    pub fee_payer: PrivateKey,
    /// How many.
    pub num_accounts: u32,
    /// Fee of each command that makes accounts.
    #[serde(with = "nanomina")]
    pub fee: Amount,
    /// What all of them get together. Each pays its creation fee from its share.
    #[serde(with = "nanomina")]
    pub amount: Amount,
}

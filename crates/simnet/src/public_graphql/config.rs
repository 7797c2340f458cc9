//! What the network is made of, for all who ask: constants, and configurations as daemons take
//! them.

use mina::{Amount, NetworkId};
use serde_json::{Value as Json, json};
use simulation::{BlockName, NetworkConfig, SimTime};

use super::hashes;
use crate::node::Node;

/// The network's constants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Constants {
    pub(super) genesis: SimTime,
    /// Milliseconds.
    pub(super) slot_ms: i64,
    pub(super) slots_per_epoch: u32,
    pub(super) k: u32,
    pub(super) coinbase: Amount,
    pub(super) account_creation_fee: Amount,
    /// In nanomina.
    pub(super) total_at_genesis: u64,
}

/// Slots by which a block may be late.
pub(super) const DELTA: u32 = 0;

impl Constants {
    pub(super) fn of(node: &Node) -> Self {
        node.chain().now(|chain| Self::from_config(chain.config()))
    }

    fn from_config(config: &NetworkConfig) -> Self {
        let nodes = config.nodes.iter().map(|node| node.balance);
        let accounts = config.accounts.iter().map(|account| account.balance);
        Self {
            genesis: config.genesis,
            slot_ms: config.slot.micros() / 1_000,
            slots_per_epoch: config.slots_per_epoch,
            k: config.k,
            coinbase: config.coinbase,
            account_creation_fee: config.account_creation_fee,
            total_at_genesis: nodes.chain(accounts).map(Amount::nanomina).sum(),
        }
    }

    /// When a slot begins, in milliseconds since 1970.
    pub(super) fn slot_start_ms(&self, slot: u32) -> i64 {
        self.genesis.unix_micros() / 1_000 + self.slot_ms * i64::from(slot)
    }

    /// A slot as a `ConsensusTime`.
    pub(super) fn consensus_time(&self, slot: u32) -> Json {
        json!({
            "epoch": (slot / self.slots_per_epoch).to_string(),
            "slot": (slot % self.slots_per_epoch).to_string(),
            "globalSlot": slot.to_string(),
            "startTime": self.slot_start_ms(slot).to_string(),
            "endTime": self.slot_start_ms(slot.saturating_add(1)).to_string(),
        })
    }

    /// `2024-06-05T00:00:00.000000Z`.
    pub(super) fn genesis_text(&self) -> String {
        let time = jiff::Timestamp::from_microsecond(self.genesis.unix_micros());
        time.unwrap_or_default()
            .strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
            .to_string()
    }
}

/// `testnet` or `mainnet`.
pub(super) fn network_name(node: &Node) -> &'static str {
    match node.common().network_id {
        NetworkId::Testnet => "testnet",
        NetworkId::Mainnet => "mainnet",
    }
}

/// What a daemon of this network is started with.
pub(super) fn runtime(node: &Node) -> Json {
    let constants = Constants::of(node);
    let accounts = node.chain().now(|chain| {
        let config = chain.config();
        let nodes = config.nodes.iter();
        let nodes = nodes.map(|node| (node.private_key.public_key(), node.balance));
        let funded = config.accounts.iter();
        let funded = funded.map(|account| (account.public_key, account.balance));
        nodes.chain(funded).collect::<Vec<_>>()
    });
    let accounts: Vec<Json> = accounts
        .iter()
        .map(|(key, balance)| json!({ "pk": key.to_string(), "balance": balance.to_string() }))
        .collect();
    json!({
        "genesis": genesis(&constants),
        "proof": proof(&constants),
        "ledger": { "accounts": accounts, "add_genesis_winner": false },
    })
}

/// The configuration of a network that continues from a block of this one, by default from the best
/// tip; always with the ledger of the best tip.
pub(super) fn fork(node: &Node, name: Option<BlockName<'_>>) -> Result<Json, String> {
    let id = node.id();
    let constants = Constants::of(node);
    let (block, accounts) = node.chain().now(|chain| {
        let block = match name {
            Some(name) => chain.block_details(id, name),
            None => chain.best_chain_details(id, 1).pop(),
        };
        let keys = chain.account_keys(id).unwrap_or_default();
        let accounts = keys.iter().filter_map(|key| chain.account_details(id, key));
        (block, accounts.collect::<Vec<_>>())
    });
    let block = block.ok_or("Could not find the block in the transition frontier")?;
    let accounts: Vec<Json> = accounts
        .iter()
        .map(|account| {
            json!({
                "pk": account.public_key.to_string(),
                "balance": account.balance.to_string(),
                "nonce": account.nonce.to_string(),
                "delegate": account.delegate.to_string(),
            })
        })
        .collect();
    let mut proof = proof(&constants);
    proof["fork"] = json!({
        "state_hash": block.state_hash,
        "blockchain_length": block.blockchain_length,
        "global_slot_since_genesis": block.slot,
    });
    let ledger = hashes::ledger(&format!("staged {}", block.state_hash));
    Ok(json!({
        "genesis": genesis(&constants),
        "proof": proof,
        "ledger": { "hash": ledger, "accounts": accounts, "add_genesis_winner": false },
    }))
}

fn genesis(constants: &Constants) -> Json {
    json!({
        "genesis_state_timestamp": constants.genesis_text(),
        "k": constants.k,
        "delta": DELTA,
        "slots_per_epoch": constants.slots_per_epoch,
    })
}

fn proof(constants: &Constants) -> Json {
    json!({
        "level": "full",
        "block_window_duration_ms": constants.slot_ms,
        "coinbase_amount": constants.coinbase.to_string(),
        "account_creation_fee": constants.account_creation_fee.to_string(),
    })
}

//! The daemon itself and its peers.

use serde_json::{Value as Json, json};
use simulation::{DaemonStatus, GatingUpdate, NodeId, Peer, SyncStatus};

use super::config::{Constants, DELTA, network_name};
use super::hashes;
use crate::graphql::Arguments;
use crate::identity::{CONFIG_FOLDER, LIBP2P_PORT};
use crate::node::Node;

/// Where daemons take requests of their command line. Nothing listens there.
const CLIENT_PORT: u16 = 8301;

/// The status in the names of the schema. A process that is just ending is not in step either.
pub(super) fn sync_status(status: Option<SyncStatus>) -> &'static str {
    status.map_or("CONNECTING", SyncStatus::name)
}

/// A `DaemonStatus`.
pub(super) fn status(node: &Node) -> Json {
    let id = node.id();
    let constants = Constants::of(node);
    let (status, accounts, now, worker, fee, receiver) = node.chain().now(|chain| {
        (
            chain.daemon_status(id),
            chain.account_keys(id).map(|keys| keys.len()),
            chain.now(),
            chain.snark_worker(id),
            chain.snark_work_fee(id),
            chain.coinbase_receiver(id),
        )
    });
    let identity = node.identity();
    let uptime = now.since(status.activity.started).micros() / 1_000_000;
    let slot = slot_at(&constants, now.unix_micros());
    let tip = status.tip.as_ref();
    let producer_keys: Vec<&str> = identity
        .is_block_producer
        .then_some(identity.submitter.as_str())
        .into_iter()
        .collect();
    json!({
        "numAccounts": accounts,
        "blockchainLength": tip.map(|tip| tip.blockchain_length),
        "highestBlockLengthReceived": status.highest_received,
        "highestUnvalidatedBlockLengthReceived": status.highest_unvalidated,
        "uptimeSecs": uptime.min(i64::from(i32::MAX)),
        "ledgerMerkleRoot": tip
            .map(|tip| hashes::ledger(&format!("staged {}", tip.state_hash))),
        "stateHash": tip.map(|tip| &tip.state_hash),
        "chainId": chain_id(node, &constants),
        "commitId": simulation::COMMIT_ID,
        "confDir": CONFIG_FOLDER,
        "peers": peers(node, &status.peers),
        "userCommandsSent": status.activity.transactions_submitted,
        "snarkWorker": worker.map(|worker| worker.public_key.to_string()),
        "snarkWorkFee": i32::try_from(fee.nanomina()).unwrap_or(i32::MAX),
        "syncStatus": sync_status(status.sync_status),
        "blockProductionKeys": producer_keys,
        "coinbaseReceiver": receiver.map(|key| key.to_string()),
        "consensusTimeBestTip": tip.map(|tip| constants.consensus_time(tip.slot)),
        "globalSlotSinceGenesisBestTip": tip.map(|tip| tip.slot),
        "nextBlockProduction": status.next_slot.map(|next| {
            json!({
                "times": [constants.consensus_time(next)],
                "globalSlotSinceGenesis": [next.to_string()],
                "generatedFromConsensusAt": {
                    "consensusTime": constants.consensus_time(slot),
                    "globalSlotSinceGenesis": slot.to_string(),
                },
            })
        }),
        "consensusTimeNow": constants.consensus_time(slot),
        "consensusMechanism": "proof_of_stake",
        "consensusConfiguration": consensus_configuration(&constants),
        "addrsAndPorts": addresses(node),
        "metrics": metrics(&status),
    })
}

fn slot_at(constants: &Constants, unix_micros: i64) -> u32 {
    let since = unix_micros / 1_000 - constants.slot_start_ms(0);
    u32::try_from(since.max(0) / constants.slot_ms.max(1)).unwrap_or(u32::MAX)
}

/// Names the network, from its genesis on.
fn chain_id(node: &Node, constants: &Constants) -> String {
    let genesis = constants.genesis.unix_micros();
    hashes::hexadecimal(&format!("{} {genesis}", network_name(node)))
}

fn consensus_configuration(constants: &Constants) -> Json {
    let epoch_ms = constants
        .slot_ms
        .saturating_mul(i64::from(constants.slots_per_epoch));
    json!({
        "delta": DELTA,
        "k": constants.k,
        "slotsPerEpoch": constants.slots_per_epoch,
        "slotDuration": constants.slot_ms,
        "epochDuration": epoch_ms.min(i64::from(i32::MAX)),
        "genesisStateTimestamp": constants.genesis_text(),
        "acceptableNetworkDelay": constants.slot_ms,
    })
}

fn addresses(node: &Node) -> Json {
    let (address, peer_id) = node.chain().now(|chain| {
        let config = &chain.config().nodes[node.id().index()];
        (config.address.to_string(), config.peer_id.clone())
    });
    json!({
        "externalIp": address,
        "bindIp": "0.0.0.0",
        "peer": { "host": address, "libp2pPort": LIBP2P_PORT, "peerId": peer_id },
        "libp2pPort": LIBP2P_PORT,
        "clientPort": CLIENT_PORT,
    })
}

fn metrics(status: &DaemonStatus) -> Json {
    let activity = &status.activity;
    json!({
        "blockProductionDelay": [],
        "transactionPoolDiffReceived": activity.transactions_received,
        "transactionPoolDiffBroadcasted": activity.transactions_broadcast,
        "transactionsAddedToPool": activity.transactions_added,
        "transactionPoolSize": status.pool_size,
        "snarkPoolDiffReceived": activity.works_received,
        "snarkPoolDiffBroadcasted": activity.works_broadcast,
        "pendingSnarkWork": status.pending_snark_work,
        "snarkPoolSize": status.snark_pool_size,
    })
}

/// The peers that a node is connected with.
pub(super) fn connected_peers(node: &Node) -> Json {
    let id = node.id();
    let status = node.chain().now(|chain| chain.daemon_status(id));
    peers(node, &status.peers)
}

fn peers(node: &Node, ids: &[NodeId]) -> Json {
    node.chain().now(|chain| {
        let nodes = &chain.config().nodes;
        let known = ids.iter().filter_map(|id| nodes.get(id.index()));
        let peers = known.map(|peer| {
            json!({
                "host": peer.address.to_string(),
                "libp2pPort": LIBP2P_PORT,
                "peerId": peer.peer_id,
            })
        });
        peers.collect()
    })
}

/// The rules of whom a node may be connected with.
pub(super) fn gating(node: &Node) -> Json {
    let id = node.id();
    let gating = node.chain().now(|chain| chain.gating(id));
    json!({
        "trustedPeers": peers(node, &gating.trusted),
        "bannedPeers": peers(node, &gating.banned),
        "isolate": gating.isolate,
    })
}

/// Replaces these rules.
pub(super) fn set_gating(node: &Node, arguments: &Arguments) -> Result<Json, String> {
    let id = node.id();
    let input = arguments.value("input");
    let update = GatingUpdate {
        added_peers: Vec::new(),
        isolate: input["isolate"] == true,
        banned_peers: peers_of(&input["bannedPeers"]),
        trusted_peers: peers_of(&input["trustedPeers"]),
    };
    let updated = node.chain().now(|chain| chain.update_gating(id, &update));
    updated.map_err(|error| error.to_string())?;
    Ok(gating(node))
}

/// Connects a node with peers.
pub(super) fn add_peers(node: &Node, arguments: &Arguments) -> Result<Json, String> {
    let given = arguments.value("peers");
    let added = node.chain().now(|chain| chain.add_peers(&peers_of(given)));
    added.map_err(|error| error.to_string())?;
    Ok(given.clone())
}

fn peers_of(list: &Json) -> Vec<Peer> {
    let peers = list.as_array().into_iter().flatten();
    let ids = peers.filter_map(|peer| peer["peerId"].as_str());
    ids.map(|peer_id| Peer {
        peer_id: peer_id.to_owned(),
    })
    .collect()
}

//! `isolate` and `reset-gating`: who may talk to whom.

use std::collections::BTreeMap;
use std::sync::Arc;

use experiment::action::ResetGating;
use experiment::action::isolation::{host_of, random_peers};
use experiment::script::outputs::Output;
use itn::{GatingUpdate, NetworkPeer};

use super::tools::chance;
use crate::nodes::NodeClient;
use crate::run::{Asked, NodeRequest, Run, StepError, open_gating};

/// Lets the nodes talk to each other only.
pub(super) async fn isolate(
    run: &Run<'_>,
    step: u32,
    nodes: &[String],
) -> Result<Vec<Output>, StepError> {
    let peers = peers(run, nodes).await?;
    let updates = nodes
        .iter()
        .map(|node| {
            let others: Vec<NetworkPeer> = nodes
                .iter()
                .filter(|other| *other != node)
                .filter_map(|other| peers.get(other).cloned())
                .collect();
            let update = GatingUpdate {
                trusted_peers: others.clone(),
                banned_peers: Vec::new(),
                added_peers: others,
                isolate: true,
                clean_added_peers: true,
            };
            (node.clone(), update)
        })
        .collect();
    update(run, step, 0, "gating", updates).await?;
    Ok(Vec::new())
}

/// Lets everybody talk to everybody, and gives each node some peers to begin with.
pub(super) async fn reset(
    run: &Run<'_>,
    step: u32,
    params: &ResetGating,
) -> Result<Vec<Output>, StepError> {
    let open = params
        .nodes
        .iter()
        .map(|node| (node.clone(), open_gating()))
        .collect();
    let first = update(run, step, 0, "gating-reset", open).await?;
    let known = run.means.nodes.addresses();
    let peers = peers(run, &known).await?;
    let mut chance = chance(run, step);
    let updates = params
        .nodes
        .iter()
        .map(|node| {
            let chosen = random_peers(&known, node, params.add_random_peers, &mut chance);
            let added_peers = chosen
                .into_iter()
                .filter_map(|index| known.get(index))
                .filter_map(|address| peers.get(address).cloned())
                .collect();
            let update = GatingUpdate {
                added_peers,
                ..open_gating()
            };
            (node.clone(), update)
        })
        .collect();
    update(run, step, first, "gating-reset", updates).await?;
    Ok(Vec::new())
}

/// How nodes are known in the gossip network.
async fn peers(
    run: &Run<'_>,
    addresses: &[String],
) -> Result<BTreeMap<String, NetworkPeer>, StepError> {
    let mut peers = BTreeMap::new();
    for address in addresses {
        let node = run.means.nodes.get(address).await.map_err(|error| {
            StepError::Failed(format!("failed to authenticate peer {address}: {error}"))
        })?;
        let facts = node.facts();
        let (Some(libp2p_port), Some(peer_id)) = (facts.libp2p_port, facts.peer_id) else {
            return Err(StepError::Failed(format!(
                "failed to authenticate peer {address}: it has no name in the gossip network yet"
            )));
        };
        let peer = NetworkPeer {
            libp2p_port,
            host: host_of(address).to_owned(),
            peer_id,
        };
        peers.insert(address.clone(), peer);
    }
    Ok(peers)
}

/// Sends updates, written down first, so that they can be undone. The first failure fails. Gives
/// the number after the last request.
async fn update(
    run: &Run<'_>,
    step: u32,
    first: u32,
    kind: &'static str,
    updates: Vec<(String, GatingUpdate)>,
) -> Result<u32, StepError> {
    let numbered: BTreeMap<u32, (String, GatingUpdate)> = (first..).zip(updates).collect();
    let next = first + u32::try_from(numbered.len()).unwrap_or(0);
    let requests = numbered
        .iter()
        .map(|(number, (node, _))| NodeRequest {
            number: *number,
            node: node.clone(),
            kind,
            load: None,
            runs_seconds: None,
            takes_handle: false,
            is_idempotent: true,
        })
        .collect();
    let asked = Asked {
        step,
        journal: run.journal,
        means: run.means,
        past: run.past,
    };
    let numbered = Arc::new(numbered);
    let by_number = Arc::clone(&numbered);
    let send = move |request: NodeRequest, _, mut client: NodeClient| {
        let numbered = Arc::clone(&numbered);
        async move {
            let Some((_, update)) = numbered.get(&request.number) else {
                return (Ok(None), client);
            };
            let answer = client
                .ask(async |client| client.update_gating(update).await)
                .await;
            (answer.map(|_| None), client)
        }
    };
    let outcomes = asked.ask(requests, send, |_, _| None).await?;
    for (number, outcome) in outcomes {
        if outcome.status.is_failure()
            && let Some((node, _)) = by_number.get(&number)
        {
            return Err(StepError::Failed(format!(
                "failed to update gating for {node}: {}",
                outcome.error.unwrap_or_default()
            )));
        }
    }
    Ok(next)
}

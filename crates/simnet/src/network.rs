//! The nodes of a network and their addresses, and how faults reach them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use simulation::{NodeId, Span};

use crate::faults::{Fault, FaultError};
use crate::node::Node;
use crate::place::Place;

/// Everything that runs.
#[derive(Debug)]
pub(crate) struct LiveNetwork {
    nodes: Vec<Arc<Node>>,
    by_name: HashMap<String, usize>,
    /// The ITN and the public address of each node.
    places: Vec<[Arc<Place>; 2]>,
    /// Which pair of places a node has now.
    place_of: Mutex<Vec<usize>>,
    /// Held while something changes, so that a start cannot overtake a stop.
    changing: tokio::sync::Mutex<()>,
}

/// A node, for those who want to talk to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeInfo {
    /// Its name.
    pub name: String,
    /// Where its ITN server listens.
    pub itn: SocketAddr,
    /// Where its public GraphQL listens.
    pub public_graphql: SocketAddr,
    /// The public key it submits with.
    pub submitter: String,
    /// Its name in the gossip network.
    pub peer_id: String,
    /// Whether it has a key that produces blocks.
    pub is_block_producer: bool,
    /// Whether it is running.
    pub is_running: bool,
}

impl LiveNetwork {
    pub(crate) fn new(nodes: Vec<Arc<Node>>, places: Vec<[Arc<Place>; 2]>) -> Self {
        let by_name = nodes
            .iter()
            .map(|node| (node.identity().name.clone(), node.identity().index()))
            .collect();
        Self {
            place_of: Mutex::new((0..nodes.len()).collect()),
            changing: tokio::sync::Mutex::new(()),
            nodes,
            by_name,
            places,
        }
    }

    pub(crate) fn nodes(&self) -> &[Arc<Node>] {
        &self.nodes
    }

    pub(crate) fn node(&self, name: &str) -> Result<&Arc<Node>, FaultError> {
        self.by_name
            .get(name)
            .and_then(|index| self.nodes.get(*index))
            .ok_or_else(|| FaultError::UnknownNode(name.to_owned()))
    }

    /// The ITN and the public address that a node has now.
    pub(crate) fn addresses(&self, node: &Node) -> [SocketAddr; 2] {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        self.places_of(node).map_or([any; 2], |places| {
            places.each_ref().map(|place| place.address())
        })
    }

    pub(crate) fn info(&self, node: &Node) -> NodeInfo {
        let [itn, public_graphql] = self.addresses(node);
        let identity = node.identity();
        NodeInfo {
            name: identity.name.clone(),
            itn,
            public_graphql,
            submitter: identity.submitter.clone(),
            peer_id: identity.peer_id.clone(),
            is_block_producer: identity.is_block_producer,
            is_running: node.is_running(),
        }
    }

    /// Lets all nodes accept connections; the node and the address that cannot be opened, if any.
    pub(crate) fn open(&self) -> Result<(), (String, SocketAddr, std::io::Error)> {
        for place in self.places.iter().flatten() {
            place.open().map_err(|error| {
                let node = place.occupant().identity().name.clone();
                (node, place.address(), error)
            })?;
        }
        Ok(())
    }

    /// Closes all ports and cuts all connections.
    pub(crate) async fn close(&self) {
        for place in self.places.iter().flatten() {
            place.close().await;
        }
    }

    /// Closes all ports soon, without waiting.
    pub(crate) fn abandon(&self) {
        for place in self.places.iter().flatten() {
            place.abandon();
        }
    }

    /// Whether `fault` can happen to `node`.
    pub(crate) fn check(&self, node: Option<&str>, fault: &Fault) -> Result<(), FaultError> {
        if let Some(name) = node {
            self.node(name)?;
        }
        match fault {
            Fault::SwapAddress(other) => self.node(other).map(|_| ()),
            Fault::Partition(groups) => groups
                .iter()
                .flatten()
                .try_for_each(|name| self.node(name).map(|_| ())),
            _ => Ok(()),
        }
    }

    /// Makes something happen; done when this returns.
    pub(crate) async fn apply(&self, node: Option<&str>, fault: &Fault) -> Result<(), FaultError> {
        self.check(node, fault)?;
        let _changing = self.changing.lock().await;
        if let Some(name) = node {
            let node = Arc::clone(self.node(name)?);
            tracing::info!(node.name = name, ?fault, "fault at node `{name}`");
            self.apply_to(&node, fault).await
        } else {
            tracing::info!(?fault, "fault in the network");
            self.apply_to_all(fault)
        }
    }

    async fn apply_to(&self, node: &Arc<Node>, fault: &Fault) -> Result<(), FaultError> {
        let id = node.id();
        match fault {
            Fault::Stop => {
                node.set_stopped_by_fault(true);
                node.chain().now(|chain| chain.stop(id));
                self.settle(node).await
            }
            Fault::Start => {
                node.set_stopped_by_fault(false);
                node.chain().now(|chain| chain.start(id));
                self.settle(node).await
            }
            Fault::Restart => {
                node.set_stopped_by_fault(true);
                node.chain().now(|chain| chain.stop(id));
                self.settle(node).await?;
                node.set_stopped_by_fault(false);
                node.chain().now(|chain| chain.start(id));
                self.settle(node).await
            }
            Fault::Answers(answers) => {
                node.set_answer_fault(Some(*answers));
                Ok(())
            }
            Fault::LoseSequence => {
                node.lose_sequence();
                Ok(())
            }
            Fault::SkewClock(seconds) => {
                #[expect(clippy::cast_possible_truncation, reason = "at most a day")]
                skew_clock(node, (seconds * 1e6) as i64);
                Ok(())
            }
            Fault::SwapAddress(other) => self.swap(node, other).await,
            Fault::Burst(entries) => {
                node.burst(u64::from(*entries));
                Ok(())
            }
            Fault::Clear => {
                node.set_answer_fault(None);
                skew_clock(node, 0);
                Ok(())
            }
            Fault::Partition(_) | Fault::Heal => Err(FaultError::NodeGiven),
        }
    }

    fn apply_to_all(&self, fault: &Fault) -> Result<(), FaultError> {
        let Some(chain) = self.nodes.first().map(|node| node.chain()) else {
            return Ok(());
        };
        match fault {
            Fault::Partition(groups) => {
                let groups: Vec<Vec<NodeId>> = groups
                    .iter()
                    .map(|names| {
                        let nodes = names.iter().filter_map(|name| self.node(name).ok());
                        nodes.map(|node| node.id()).collect()
                    })
                    .collect();
                chain.now(|chain| chain.partition(&groups));
                Ok(())
            }
            Fault::Heal => {
                chain.now(simulation::Network::heal);
                Ok(())
            }
            _ => Err(FaultError::NodeMissing),
        }
    }

    /// Opens or closes the ports of a node whose process began or ended by itself.
    pub(crate) async fn follow(&self, index: usize) {
        let _changing = self.changing.lock().await;
        if let Some(node) = self.nodes.get(index)
            && let Err(error) = self.settle(node).await
        {
            tracing::warn!(%error, "{error}");
        }
    }

    /// Lets the ports of a node be as its process is: open if it runs.
    async fn settle(&self, node: &Node) -> Result<(), FaultError> {
        let places = self.places_of(node);
        for place in places.iter().flatten() {
            if !node.is_running() {
                place.close().await;
            } else if let Err(error) = place.open() {
                let name = &node.identity().name;
                tracing::warn!(node.name = %name, %error, "node `{name}` cannot listen");
                return Err(FaultError::Address(name.clone()));
            }
        }
        Ok(())
    }

    /// Both nodes change their addresses as processes that were moved: connections are cut.
    async fn swap(&self, node: &Arc<Node>, other: &str) -> Result<(), FaultError> {
        let other = Arc::clone(self.node(other)?);
        let (Some(first), Some(second)) = (self.places_of(node), self.places_of(&other)) else {
            return Ok(());
        };
        for place in first.iter().chain(&second) {
            place.close().await;
        }
        self.place_of
            .lock()
            .swap(node.identity().index(), other.identity().index());
        for node in [node, &other] {
            for place in self.places_of(node).iter().flatten() {
                place.set_occupant(Arc::clone(node));
            }
            self.settle(node).await?;
        }
        Ok(())
    }

    fn places_of(&self, node: &Node) -> Option<[Arc<Place>; 2]> {
        let place_of = self.place_of.lock();
        let index = place_of.get(node.identity().index())?;
        self.places.get(*index).cloned()
    }
}

fn skew_clock(node: &Node, micros: i64) {
    let id = node.id();
    node.set_skew_micros(micros);
    node.chain()
        .now(|chain| chain.set_clock_skew(id, Span::from_micros(micros)));
}

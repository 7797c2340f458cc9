//! Discovers again and again and stores what was found in the database. Without an
//! answer, or with an empty one, the nodes that are known stay.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use itn::AddressPolicy;
use metrics::{counter, gauge};
use store::Database;
use store::fetch::NewNode;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::discovery::{Discovered, Discovery};
use service::error_chain;

/// How long nodes may take to announce themselves to a fetcher that knows none, before that is a
/// problem: a node makes its first submission within some minutes of its start.
const FIRST_NODE_TIME: Duration = Duration::from_mins(5);

pub(crate) struct DiscoveryTask {
    pub(crate) database: Database,
    pub(crate) discovery: Discovery,
    pub(crate) allowed: AddressPolicy,
    pub(crate) interval: Duration,
    pub(crate) grace: Duration,
    pub(crate) nodes_max: usize,
    pub(crate) trace_ports: RangeInclusive<u16>,
    pub(crate) found: mpsc::Sender<()>,
}

/// What was said last, so that it is said once.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Nothing,
    /// No node has been heard of yet.
    NoNodeYet,
    Nodes(usize),
    Problem(String),
}

impl DiscoveryTask {
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let mut tick = tokio::time::interval(self.interval);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut said = Said::Nothing;
        let begun = Instant::now();
        let mut passed_over = 0;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = tick.tick() => {}
            }
            let discovered = tokio::select! {
                () = shutdown.cancelled() => return,
                discovered = self.discovery.discover() => discovered,
            };
            let now = match discovered {
                Ok(found) if found.nodes.is_empty() => {
                    let is_early = begun.elapsed() < FIRST_NODE_TIME;
                    if is_early && !matches!(said, Said::Nodes(_)) && !self.knows_nodes().await {
                        Said::NoNodeYet
                    } else {
                        Said::Problem("discovery lists no node at all".to_owned())
                    }
                }
                Ok(found) => {
                    let nodes = self.choose(&found, &mut passed_over);
                    let count = nodes.len();
                    let recording =
                        self.database
                            .record_listed_nodes(&nodes, self.grace, &self.trace_ports);
                    if recording.await.is_err() {
                        // The reconciler says that the database is away.
                        continue;
                    }
                    let _ = self.found.try_send(());
                    counter!("log_fetcher_discoveries_total", "outcome" => "listed").increment(1);
                    Said::Nodes(count)
                }
                Err(error) => Said::Problem(error_chain(&error)),
            };
            if matches!(now, Said::Problem(_)) {
                counter!("log_fetcher_discoveries_total", "outcome" => "failed").increment(1);
                // Nodes do not disappear because no source lists them at the moment.
                let _ = self.database.keep_listed_nodes().await;
            }
            gauge!("log_fetcher_discovery_failing")
                .set(f64::from(u8::from(matches!(now, Said::Problem(_)))));
            self.say(&said, &now).await;
            said = now;
        }
    }

    async fn knows_nodes(&self) -> bool {
        let known = self.database.fetched_nodes().await;
        known.is_ok_and(|nodes| !nodes.is_empty())
    }

    async fn say(&self, before: &Said, now: &Said) {
        if before == now {
            return;
        }
        match now {
            Said::Problem(problem) => {
                let known = self
                    .database
                    .fetched_nodes()
                    .await
                    .map_or(0, |nodes| nodes.len());
                tracing::warn!(
                    ?problem,
                    known,
                    "discovery does not work: the known nodes are kept"
                );
            }
            Said::Nodes(nodes) if !matches!(before, Said::Nodes(_)) => {
                tracing::info!(nodes, "nodes were discovered");
            }
            Said::Nodes(nodes) => tracing::debug!(nodes, "the list of nodes has changed"),
            Said::NoNodeYet => tracing::info!("no node has been heard of yet"),
            Said::Nothing => {}
        }
    }

    /// Leaves out ports that nodes may not have, and what is too many.
    fn choose(&self, found: &Discovered, passed_over: &mut u64) -> Vec<NewNode> {
        let total = found.nodes.len();
        let mut nodes: Vec<NewNode> = found
            .nodes
            .iter()
            .filter(|node| {
                self.discovery.is_fixed() || self.allowed.permits_port(node.graphql_port)
            })
            .map(crate::node::Node::to_new)
            .collect();
        let refused_ports = (total - nodes.len()) as u64;
        let too_many = nodes.len().saturating_sub(self.nodes_max) as u64;
        nodes.truncate(self.nodes_max);
        let now = found.malformed + refused_ports + too_many;
        if now != *passed_over {
            *passed_over = now;
            if now > 0 {
                tracing::warn!(
                    malformed = found.malformed,
                    refused_ports,
                    too_many,
                    "some submissions lead to no node: no key, address or permitted port, or \
                     more than --nodes-max"
                );
            }
        }
        nodes
    }
}

//! Nodes: whether they are found, and whether each lets us in.

use std::sync::Arc;
use std::time::Duration;

use itn::{AddressPolicy, Client, Endpoint, Error, Limits, Transport};
use log_fetcher::discovery::{Discovery, DiscoverySource};
use log_fetcher::{Config, Node};
use store::{Database, StoreError};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::database::failed;
use super::finding::{Check, Finding};

/// A node submits every three minutes or so, and is online for twenty.
const SUBMISSION_WARNING: Duration = Duration::from_mins(20);
/// Nodes that are asked at the same time.
const AT_ONCE: usize = 64;

/// When a node was heard of last.
pub(super) async fn last_submission(database: &Database) -> Vec<Finding> {
    match database.last_submission_age().await {
        Ok(None) => vec![Finding::ok(
            Check::Discovery,
            "no submission has come to an uptime backend on this database",
        )],
        Ok(Some(age)) => {
            let message = format!("the last submission came {} s ago", age.as_secs());
            vec![if age > SUBMISSION_WARNING {
                Finding::warning(
                    Check::Discovery,
                    message,
                    "see that the uptime backend runs, that nodes reach it (--uptime-url of the \
                     daemon), and that their keys are on the whitelist",
                )
            } else {
                Finding::ok(Check::Discovery, message)
            }]
        }
        Err(StoreError::NotMigrated) => Vec::new(),
        Err(error) => vec![failed(&error)],
    }
}

/// The nodes that the log fetcher would find.
pub(super) async fn discover(config: &Config) -> (Vec<Node>, Finding) {
    let source = match &config.discovery {
        DiscoverySource::Online(url) => {
            format!("the online list {}", service::shown_url(url))
        }
        DiscoverySource::Bucket { prefix, .. } => format!("the submissions below {prefix}"),
        DiscoverySource::Fixed(node) => format!("the node {}", node.name()),
    };
    let advice = "see that the uptime backend runs and ONLINE_URL leads to its list \
                  (…/v1/online)";
    let discovered = match Discovery::new(&config.discovery, config.host_overrides.clone()) {
        Ok(mut discovery) => discovery.discover().await,
        Err(error) => Err(error),
    };
    match discovered {
        Err(error) => {
            let why = service::error_chain(&error);
            let message = format!("{source} cannot be read: {why}");
            (
                Vec::new(),
                Finding::error(Check::Discovery, message, advice),
            )
        }
        Ok(found) if found.nodes.is_empty() => {
            let message = format!("{source} names no node with an ITN server");
            let advice = "nodes submit their ITN port if they run with --itn-graphql-port; wait \
                          up to 15 minutes after a start";
            (
                Vec::new(),
                Finding::warning(Check::Discovery, message, advice),
            )
        }
        Ok(found) => {
            let count = found.nodes.len();
            let finding = if found.malformed > 0 {
                Finding::warning(
                    Check::Discovery,
                    format!(
                        "{source} names {count} nodes, and {} malformed entries",
                        found.malformed
                    ),
                    "look at the list: each entry needs remote_addr, submitter and \
                     graphql_control_port",
                )
            } else {
                Finding::ok(Check::Discovery, format!("{source} names {count} nodes"))
            };
            (found.nodes, finding)
        }
    }
}

/// Asks each node with the key of the log fetcher. Authenticating uses up no sequence number, so it
/// does not disturb a fetcher that runs.
pub(super) async fn reach(
    config: &Config,
    nodes: Vec<Node>,
    nodes_max: usize,
    end: Instant,
) -> Vec<Finding> {
    let policy = match &config.discovery {
        DiscoverySource::Fixed(_) => AddressPolicy::any(),
        _ => config.allowed.clone(),
    };
    let limits = Limits {
        connect: Duration::from_secs(3),
        idle: Duration::from_secs(5),
        total: Duration::from_secs(8),
        ..Limits::default()
    };
    let transport = Transport::new(limits, policy);
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut asking = JoinSet::new();
    let total = nodes.len();
    for node in nodes.into_iter().take(nodes_max) {
        let (transport, key) = (transport.clone(), Arc::clone(&config.key));
        let permits = Arc::clone(&permits);
        asking.spawn(async move {
            let answer = async {
                let _permit = permits.acquire().await;
                let endpoint = Endpoint::new(&node.host, node.graphql_port).ok()?;
                Some(Client::new(transport, endpoint, key).auth().await)
            };
            let finding = match timeout_at(end, answer).await {
                Ok(Some(answer)) => judge(answer.map(drop)),
                Ok(None) => Finding::error(
                    Check::Nodes,
                    "its address is malformed",
                    "look at the online list",
                ),
                Err(_) => {
                    Finding::error(Check::Nodes, "was not asked in time", "give more --timeout")
                }
            };
            finding.of_node(node.name())
        });
    }
    let mut findings = asking.join_all().await;
    findings.sort_by(|one, other| one.node.cmp(&other.node));
    if total > nodes_max {
        let message = format!("{} nodes were not asked", total - nodes_max);
        findings.push(Finding::warning(
            Check::Nodes,
            message,
            "--nodes-max asks more of them",
        ));
    }
    findings
}

/// What an answer means.
fn judge(answer: Result<(), Error>) -> Finding {
    let Err(error) = answer else {
        return Finding::ok(Check::Nodes, "answers and permits the key");
    };
    let advice = match &error {
        Error::AddressRefused(_) => {
            "--allow-network and --allow-ports of the log fetcher permit further addresses"
        }
        Error::Connect(_) => {
            "see that the node runs with --itn-graphql-port, and that no firewall is between"
        }
        Error::TimedOut | Error::Transport(_) => "the node is overloaded or hangs; look at its log",
        Error::Unauthorized => {
            "start the node with the public key of the log fetcher among its --itn-keys"
        }
        _ => "see that the port is that of the ITN server, not of the usual GraphQL",
    };
    Finding::error(Check::Nodes, service::error_chain(&error), advice)
}

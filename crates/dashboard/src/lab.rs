//! What the dashboard itself knows of the lab: which services answer, the network's clock, and a
//! search over all services.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Url};
use serde::{Deserialize, Serialize};
use service::shown_url;
use tokio::time::Instant;

use crate::allowed::Service;
use crate::figures::{Figures, Looks};
use crate::upstreams::{self, AskError, Upstreams, with_path};

/// Time for a service to say whether it is up.
const UP: Duration = Duration::from_secs(3);
/// Most characters of a reason that are shown.
const REASON_CHARACTERS: usize = 300;
/// Fewest characters that transactions are searched by.
const TRANSACTION_FROM: usize = 4;
/// Characters that stay as they are in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Asks the services. Clones share their connections.
#[derive(Debug, Clone)]
pub(crate) struct Lab {
    client: Client,
    upstreams: Upstreams,
    /// Where the dashboard itself listens.
    own: SocketAddr,
    looks: Looks,
}

/// Whether one service is up.
#[derive(Debug, Serialize)]
pub(crate) struct ServiceState {
    name: &'static str,
    title: &'static str,
    address: String,
    healthy: bool,
    ready: bool,
    reason: Option<String>,
    #[serde(flatten)]
    figures: Figures,
}

/// The clocks of the lab and the network.
#[derive(Debug, Serialize)]
pub(crate) struct Clock {
    /// How many times faster than the wall clock the network's runs.
    scale: u32,
    network_now: Option<Timestamp>,
    lab_now: Timestamp,
    genesis: Option<Timestamp>,
    slot_seconds: Option<f64>,
    slot: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct FetchedNode {
    node_name: String,
    ip: String,
    graphql_port: u16,
    state: String,
}

#[derive(Debug, Deserialize)]
struct SimulatedNetwork {
    time_scale: u32,
    now_unix_ms: i64,
    genesis_unix_ms: i64,
    slot: i64,
}

#[derive(Debug, Deserialize)]
struct Run {
    name: String,
    status: String,
}

#[derive(Debug, Deserialize)]
struct Blocks {
    blocks: Vec<Block>,
}

#[derive(Debug, Deserialize)]
struct Block {
    hash: String,
    height: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Transactions {
    transactions: Vec<Transaction>,
}

#[derive(Debug, Deserialize)]
struct Transaction {
    hash: String,
    kind: String,
    memo: Option<String>,
}

/// Something that a search has found.
#[derive(Debug, Serialize)]
pub(crate) struct Hit {
    kind: &'static str,
    id: String,
    label: String,
    hint: String,
    href: String,
}

impl Lab {
    pub(crate) fn new(client: Client, upstreams: Upstreams, own: SocketAddr) -> Self {
        Self {
            client,
            upstreams,
            own,
            looks: Looks::default(),
        }
    }

    /// Asks an upstream's route as it is.
    pub(crate) async fn bytes(&self, service: Service, path: &str) -> Result<Vec<u8>, AskError> {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        upstreams::bytes(&self.client, self.upstreams.address(service, path, query)).await
    }

    /// The state of all services, asked at once, and of the dashboard itself.
    pub(crate) async fn services(&self) -> Vec<ServiceState> {
        let all = self.upstreams.all();
        let mut states = join_all(all.into_iter().map(async |(name, title, url)| {
            let figures = upstreams::bytes(&self.client, with_path(url, "/metrics", None));
            let (healthy, ready, figures) = tokio::join!(
                self.check(url, "/healthz"),
                self.check(url, "/readyz"),
                tokio::time::timeout(UP, figures)
            );
            let figures = figures.ok().and_then(Result::ok);
            ServiceState {
                name,
                title,
                address: shown_url(url),
                healthy: healthy.is_ok(),
                ready: ready.is_ok(),
                reason: healthy.err().or(ready.err()),
                figures: figures.map_or_else(Figures::default, |text| {
                    let text = String::from_utf8_lossy(&text);
                    self.looks.take(name, &text, Instant::now())
                }),
            }
        }))
        .await;
        states.push(self.itself());
        states
    }

    /// Who asks has reached the dashboard.
    fn itself(&self) -> ServiceState {
        let name = "dashboard";
        let text = service::metrics::render();
        ServiceState {
            name,
            title: "Dashboard",
            address: format!("http://{}", self.own),
            healthy: true,
            ready: true,
            reason: None,
            figures: text.map_or_else(Figures::default, |text| {
                self.looks.take(name, &text, Instant::now())
            }),
        }
    }

    async fn check(&self, base: &Url, path: &str) -> Result<(), String> {
        let url = with_path(base, path, None);
        let asking = async {
            let mut response = self
                .client
                .get(url)
                .send()
                .await
                .map_err(|_| "does not answer")?;
            if response.status().is_success() {
                return Ok(());
            }
            let first = response.chunk().await.ok().flatten().unwrap_or_default();
            Err(reason(&first).unwrap_or_else(|| format!("status {}", response.status())))
        };
        let answer: Result<Result<(), String>, _> = tokio::time::timeout(UP, asking).await;
        answer.unwrap_or_else(|_| Err(format!("no answer in {} s", UP.as_secs())))
    }

    /// The clocks; the network's are those of a simulated network.
    pub(crate) async fn clock(&self) -> Clock {
        let network = match &self.upstreams.simnet {
            None => None,
            Some(base) => {
                let url = with_path(base, "/api/v1/network", None);
                upstreams::json::<SimulatedNetwork>(&self.client, url)
                    .await
                    .ok()
            }
        };
        Clock {
            scale: network.as_ref().map_or(1, |network| network.time_scale),
            network_now: network
                .as_ref()
                .and_then(|network| moment(network.now_unix_ms)),
            lab_now: Timestamp::now(),
            genesis: network
                .as_ref()
                .and_then(|network| moment(network.genesis_unix_ms)),
            // No service says it.
            slot_seconds: None,
            slot: network.as_ref().map(|network| network.slot),
        }
    }

    async fn nodes(&self) -> Result<Vec<FetchedNode>, AskError> {
        let url = self.upstreams.address(Service::Fetcher, "/nodes", None);
        upstreams::json(&self.client, url).await
    }

    /// Nodes, runs, blocks and transactions whose name contains, or whose hash begins with, a text.
    /// What cannot be asked is left out: the page says elsewhere which services are away.
    pub(crate) async fn search(&self, wanted: &str, limit: usize) -> Vec<Hit> {
        let lower = wanted.to_lowercase();
        let text = utf8_percent_encode(wanted, SEGMENT);
        let query = format!("q={text}&limit={limit}");
        let address = |service, path| self.upstreams.address(service, path, Some(&query));
        let runs = address(Service::Runs, "/api/v1/experiments");
        let blocks = address(Service::Results, "/api/v1/blocks");
        let (nodes, runs, blocks, transactions) = tokio::join!(
            self.nodes(),
            upstreams::json::<Vec<Run>>(&self.client, runs),
            upstreams::json::<Blocks>(&self.client, blocks),
            self.transactions(wanted, limit),
        );
        let nodes = nodes.unwrap_or_default().into_iter();
        let nodes = nodes
            .filter(|node| node.node_name.to_lowercase().contains(&lower))
            .map(|node| Hit {
                kind: "node",
                href: href("nodes", &node.node_name),
                hint: format!("{} · {}:{}", node.state, node.ip, node.graphql_port),
                label: node.node_name.clone(),
                id: node.node_name,
            });
        let runs = runs.unwrap_or_default().into_iter();
        let runs = runs.map(|run| Hit {
            kind: "run",
            href: href("experiments", &run.name),
            hint: run.status,
            label: run.name.clone(),
            id: run.name,
        });
        let blocks = blocks.map_or_else(|_| Vec::new(), |found| found.blocks);
        let blocks = blocks.into_iter().map(|block| Hit {
            kind: "block",
            href: href("blocks", &block.hash),
            hint: block
                .height
                .map_or_else(String::new, |height| format!("height {height}")),
            label: block.hash.clone(),
            id: block.hash,
        });
        let transactions = transactions.into_iter().map(|transaction| Hit {
            kind: "transaction",
            href: href("transactions", &transaction.hash),
            hint: match transaction.memo {
                Some(memo) => format!("{} · {memo}", transaction.kind),
                None => transaction.kind,
            },
            label: transaction.hash.clone(),
            id: transaction.hash,
        });
        let part = limit.div_ceil(4).max(1);
        let found = blocks
            .take(part)
            .chain(nodes.take(part))
            .chain(runs.take(part))
            .chain(transactions.take(part));
        found.take(limit).collect()
    }

    /// Transactions by the beginning of their hash or memo. Shorter texts fit too many to help.
    async fn transactions(&self, wanted: &str, limit: usize) -> Vec<Transaction> {
        if wanted.chars().count() < TRANSACTION_FROM {
            return Vec::new();
        }
        let text = utf8_percent_encode(wanted, SEGMENT);
        let url = self.upstreams.address(
            Service::Results,
            "/api/v1/transactions",
            Some(&format!("q={text}&limit={limit}")),
        );
        upstreams::json::<Transactions>(&self.client, url)
            .await
            .map_or_else(|_| Vec::new(), |found| found.transactions)
    }
}

fn moment(unix_ms: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(unix_ms).ok()
}

fn href(page: &str, name: &str) -> String {
    format!("/{page}/{}", utf8_percent_encode(name, SEGMENT))
}

/// The message of an error body.
fn reason(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        error: Content,
    }
    #[derive(Deserialize)]
    struct Content {
        message: String,
    }
    let body: Body = serde_json::from_slice(body).ok()?;
    Some(body.error.message.chars().take(REASON_CHARACTERS).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_in_links() {
        assert_eq!(
            href("experiments", "a b%2F#ü"),
            "/experiments/a%20b%252F%23%C3%BC"
        );
    }
}

//! Clients of the log API, and how long they wait.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use hdrhistogram::Histogram;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::fleet::Fleet;

/// Fixed, so that each run asks for the same blocks.
const SEED: u64 = 2026;
/// The greatest latency that is told from others.
const LONGEST: Duration = Duration::from_mins(1);
/// Requests of each client before measuring, of each kind.
const WARM_UP: u64 = 20;

/// How many clients ask how often.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clients {
    pub(super) address: SocketAddr,
    pub(super) count: u32,
    /// Of each kind, of all clients together.
    pub(super) requests: u64,
}

/// Latencies in microseconds.
pub(super) type Latencies = Histogram<u64>;

impl Clients {
    /// Latencies of traces of blocks and of lists of a node's blocks.
    pub(super) async fn measure(self, fleet: &Fleet) -> anyhow::Result<(Latencies, Latencies)> {
        let mut running = JoinSet::new();
        for index in 0..self.count {
            let (each, more) = (
                self.requests / u64::from(self.count),
                self.requests % u64::from(self.count),
            );
            let asker = Asker {
                client: service::proxy::direct()
                    .timeout(LONGEST)
                    .build()
                    .context("cannot make an HTTP client")?,
                url: format!("http://{}/graphql", self.address),
                random: StdRng::seed_from_u64(SEED + u64::from(index)),
                fleet: fleet.clone(),
            };
            running.spawn(asker.ask(each + u64::from(u64::from(index) < more)));
        }
        let (mut blocks, mut lists) = (latencies()?, latencies()?);
        while let Some(asked) = running.join_next().await {
            let (of_blocks, of_lists) = asked??;
            blocks.add(of_blocks)?;
            lists.add(of_lists)?;
        }
        Ok((blocks, lists))
    }
}

fn latencies() -> anyhow::Result<Latencies> {
    let longest = u64::try_from(LONGEST.as_micros()).unwrap_or(u64::MAX);
    Ok(Histogram::new_with_max(longest, 3)?)
}

/// One client.
struct Asker {
    client: Client,
    url: String,
    random: StdRng,
    fleet: Fleet,
}

impl Asker {
    async fn ask(mut self, requests: u64) -> anyhow::Result<(Latencies, Latencies)> {
        let (mut blocks, mut lists) = (latencies()?, latencies()?);
        for request in 0..WARM_UP + requests {
            let (of_block, of_list) = (self.block().await?, self.list().await?);
            if request >= WARM_UP {
                blocks.saturating_record(micros(of_block));
                lists.saturating_record(micros(of_list));
            }
        }
        Ok((blocks, lists))
    }

    /// Asks for the checkpoints of a random block.
    async fn block(&mut self) -> anyhow::Result<Duration> {
        let node = self.random.random_range(0..self.fleet.nodes);
        let copy = self.random.random_range(self.fleet.copies_of(node));
        let block = self
            .random
            .random_range(0..self.fleet.template.block_count());
        let hash = self.fleet.template.block_hash(copy, block);
        let query = "query ($block: String!, $node: String!) {
            blockStructuredTrace(block_identifier: $block, node_name: $node) }";
        let variables = json!({"block": hash, "node": Fleet::node_name(node)});
        let (answer, latency) = self.answer(query, variables).await?;
        let sections = &answer["data"]["blockStructuredTrace"]["sections"];
        ensure!(
            sections
                .as_array()
                .is_some_and(|sections| !sections.is_empty()),
            "no trace of block {hash} of node {node}: {answer}"
        );
        Ok(latency)
    }

    /// Asks for the blocks of a random node.
    async fn list(&mut self) -> anyhow::Result<Duration> {
        let node = self.random.random_range(0..self.fleet.nodes);
        let query = "query ($node: String!) { blockTraces(node_name: $node) }";
        let variables = json!({"node": Fleet::node_name(node)});
        let (answer, latency) = self.answer(query, variables).await?;
        let traces = &answer["data"]["blockTraces"]["traces"];
        ensure!(
            traces.as_array().is_some_and(|traces| !traces.is_empty()),
            "no blocks of node {node}: {answer}"
        );
        Ok(latency)
    }

    /// The answer, and the time until it was read completely.
    async fn answer(&self, query: &str, variables: Value) -> anyhow::Result<(Value, Duration)> {
        let request = self
            .client
            .post(&self.url)
            .json(&json!({"query": query, "variables": variables}));
        let begun = Instant::now();
        let response = request.send().await?.error_for_status()?;
        let body = response.bytes().await?;
        let latency = begun.elapsed();
        Ok((serde_json::from_slice(&body)?, latency))
    }
}

fn micros(latency: Duration) -> u64 {
    u64::try_from(latency.as_micros()).unwrap_or(u64::MAX)
}

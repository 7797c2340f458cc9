//! Block traces as spans to an OpenTelemetry collector, a moment after their blocks were integrated.
//!
//! Nothing waits for the collector: what does not fit into the queue, or is refused again and again,
//! is counted and left out; the database has it, and `loadlab trace export` writes it later. Ids of
//! spans follow from what they name, so a block that is sent twice is the same block.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use metrics::counter;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use service::{Tasks, error_chain};
use store::Database;
use store::ingest::Session;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use trace::batch::Batch;
use trace::{BlockStatus, Compatibility};
use trace_export::BlockTrace;
use url::Url;

/// Blocks that wait to be sent.
const WAITING_MAX: usize = 4_096;
/// What follows the integration of a block, and what prover and verifier wrote, is waited for.
const SETTLE: Duration = Duration::from_secs(2);
/// Requests to the collector at once.
const REQUESTS: usize = 4;
/// How long one may take.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);
/// Attempts for a block, and the pause after the first; it doubles.
const ATTEMPTS: u32 = 4;
const PAUSE_FIRST: Duration = Duration::from_millis(500);
/// Blocks that are remembered, so that later entries of a block do not send it again.
const REMEMBERED: usize = 16_384;

/// A block that a node has integrated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Completed {
    deployment_id: i32,
    node: String,
    block: String,
}

/// Takes completed blocks without waiting. Clones share the queue.
#[derive(Debug, Clone)]
pub(crate) struct SpanExport {
    sender: mpsc::Sender<(Instant, Completed)>,
}

impl SpanExport {
    /// Starts sending to the collector at this address, to which `/v1/traces` is added.
    pub(crate) fn start(
        database: Database,
        collector: &Url,
        tasks: &mut Tasks,
    ) -> Result<Self, reqwest::Error> {
        let client = service::proxy::direct().timeout(REQUEST_TIME_MAX).build()?;
        let base = collector.as_str().trim_end_matches('/');
        let exporter = Exporter {
            database,
            client,
            url: format!("{base}/v1/traces"),
        };
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let stop = tasks.stop_token();
        tasks.spawn("span export", run(exporter, receiver, stop));
        Ok(Self { sender })
    }

    /// Takes the blocks that became complete with a batch of a session, which is stored.
    pub(crate) fn take(&self, session: &Session, batch: &Batch) {
        let complete = batch.traces.iter();
        for row in complete.filter(|row| row.status == BlockStatus::Success) {
            let completed = Completed {
                deployment_id: session.deployment_id(),
                node: session.node_name().to_owned(),
                block: batch.text(row.block_id).to_owned(),
            };
            if self.sender.try_send((Instant::now(), completed)).is_err() {
                count("dropped");
            }
        }
    }
}

fn count(outcome: &'static str) {
    counter!("log_fetcher_exported_blocks_total", "outcome" => outcome).increment(1);
}

/// Sends until `stop`, or until nobody can hand over anything any more.
async fn run(
    exporter: Exporter,
    mut receiver: mpsc::Receiver<(Instant, Completed)>,
    stop: CancellationToken,
) {
    let mut remembered = Remembered::default();
    let blocks = stream::poll_fn(|context| receiver.poll_recv(context));
    let fresh = blocks.filter(|(_, completed)| {
        let is_new = remembered.insert(completed);
        std::future::ready(is_new)
    });
    let sending = fresh.for_each_concurrent(REQUESTS, |(since, completed)| {
        let exporter = &exporter;
        async move {
            tokio::time::sleep_until(since + SETTLE).await;
            exporter.export(&completed).await;
        }
    });
    tokio::select! {
        () = stop.cancelled() => {}
        () = sending => {}
    }
}

/// The blocks that were taken last.
#[derive(Debug, Default)]
struct Remembered {
    known: HashSet<Completed>,
    order: VecDeque<Completed>,
}

impl Remembered {
    /// Whether the block was not known.
    fn insert(&mut self, completed: &Completed) -> bool {
        if !self.known.insert(completed.clone()) {
            return false;
        }
        self.order.push_back(completed.clone());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

struct Exporter {
    database: Database,
    client: Client,
    url: String,
}

impl Exporter {
    async fn export(&self, completed: &Completed) {
        let mut pause = PAUSE_FIRST;
        for attempt in 1..=ATTEMPTS {
            match self.send(completed).await {
                Ok(()) => return count("sent"),
                Err(error) if attempt == ATTEMPTS => {
                    tracing::warn!(
                        node = completed.node,
                        block = completed.block,
                        error,
                        "spans of a block were not taken"
                    );
                    count("failed");
                }
                Err(_) => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
            }
        }
    }

    async fn send(&self, completed: &Completed) -> Result<(), String> {
        let Completed {
            deployment_id,
            node,
            block,
        } = completed;
        let stored = self.database.block_trace(*deployment_id, node, block).await;
        let stored = stored.map_err(|error| error_chain(&error))?;
        // The deployment was dropped meanwhile.
        let Some(stored) = stored else { return Ok(()) };
        let body = BlockTrace::new(stored, Compatibility::Corrected).otlp_request();
        let request = self.client.post(&self.url).body(body);
        let answer = request
            .header(CONTENT_TYPE, "application/x-protobuf")
            .send()
            .await;
        let answer = answer.map_err(|error| error_chain(&error))?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(format!("the collector answers {}", answer.status()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_taken_once_and_memory_is_bounded() {
        let mut remembered = Remembered::default();
        let block = |number: usize| Completed {
            deployment_id: 1,
            node: "n".to_owned(),
            block: format!("3N{number}"),
        };
        for number in 0..REMEMBERED + 10 {
            assert!(remembered.insert(&block(number)));
            assert!(!remembered.insert(&block(number)));
        }
        assert_eq!(remembered.known.len(), REMEMBERED);
        assert!(remembered.insert(&block(0)), "the oldest are forgotten");
    }
}

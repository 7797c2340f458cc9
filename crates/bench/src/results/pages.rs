//! What the pages ask for: the matrix of blocks and nodes, a long trace, an attribution.

use std::net::SocketAddr;

use hdrhistogram::Histogram;
use store::Database;

use super::experiments::{latencies, micros, milliseconds};
use super::http_client::HttpClient;
use super::servers::Servers;
use crate::output::inform;
use crate::server::TemporaryServer;

/// Each is asked for so often after a first time, one request after the other, and then as often again.
const REQUESTS: u32 = 60;
/// The matrix of the goal.
const MATRIX: (u32, u32) = (1_000, 200);
/// Traces of the attribution: half of them are the set, half the base.
const ATTRIBUTION: (u32, u32) = (100, 100);
/// Checkpoints of each of them.
const ATTRIBUTION_CHECKPOINTS: u32 = 80;

/// What was measured.
pub(super) struct Pages {
    pub(super) matrix: Page,
    pub(super) trace: Page,
    pub(super) attribution: Page,
}

/// Answers of one kind. Each was made anew: a trace had changed since the one before, as they do while
/// nodes are read. Times are from the request until the last byte, of one client that waits for each
/// answer.
pub(super) struct Page {
    /// Of the first answer, for which nothing was in memory.
    pub(super) first_ms: f64,
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
    /// Of answers that are given again, as no row has changed.
    pub(super) kept_p95_ms: f64,
    /// Of one answer.
    pub(super) bytes: u64,
}

pub(super) async fn measure(
    server: &TemporaryServer,
    trace_checkpoints: u32,
) -> anyhow::Result<Pages> {
    let database = server.connect(2).await?;
    let (nodes, blocks) = MATRIX;
    let matrix = database.make_traces(nodes, blocks, 1).await?;
    let trace = database.make_traces(1, 1, trace_checkpoints).await?;
    let hash = database.made_block(trace).await?;
    let (nodes, all) = ATTRIBUTION;
    let attribution = database
        .make_traces(nodes, all, ATTRIBUTION_CHECKPOINTS)
        .await?;
    inform("     rows are made");
    let servers = Servers::start(server.url()).await?;
    let results = servers.experiments_api;
    let half = all / 2;
    let pages = Pages {
        matrix: ask(
            (&database, matrix),
            results,
            &format!("/api/v1/blocks/matrix?deployment={matrix}&metric=lag&blocks={blocks}"),
        )
        .await?,
        trace: ask(
            (&database, trace),
            servers.log_api,
            &format!("/api/v1/traces/{trace}/node-0000/{hash}"),
        )
        .await?,
        attribution: ask(
            (&database, attribution),
            results,
            &format!(
                "/api/v1/attribution?deployment={attribution}&set=blocks:{}..{all}&base=blocks:1..{half}",
                half + 1
            ),
        )
        .await?,
    };
    servers.stop().await?;
    database.close().await;
    Ok(pages)
}

async fn ask(
    (database, deployment_id): (&Database, i32),
    address: SocketAddr,
    path: &str,
) -> anyhow::Result<Page> {
    let mut client = HttpClient::connect(address, path).await?;
    let (first, bytes) = client
        .ask()
        .await
        .map_err(|error| error.context(path.to_owned()))?;
    inform(&format!("     {path}: first {first:.1?}, {bytes} bytes"));
    let mut made = latencies()?;
    for number in 0..REQUESTS {
        database.make_a_change(deployment_id, number).await?;
        record(&mut made, &mut client).await?;
    }
    let mut kept = latencies()?;
    for _ in 0..REQUESTS {
        record(&mut kept, &mut client).await?;
    }
    Ok(Page {
        first_ms: first.as_secs_f64() * 1000.0,
        p50_ms: milliseconds(&made, 0.5),
        p95_ms: milliseconds(&made, 0.95),
        kept_p95_ms: milliseconds(&kept, 0.95),
        bytes,
    })
}

async fn record(latencies: &mut Histogram<u64>, client: &mut HttpClient) -> anyhow::Result<()> {
    let (latency, _) = client.ask().await?;
    latencies.saturating_record(micros(latency));
    Ok(())
}

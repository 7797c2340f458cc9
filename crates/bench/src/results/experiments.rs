//! The view `experiments`, the original's formula, and the route that lists the rounds.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use store::Database;
use tokio::task::JoinSet;

use super::http_client::HttpClient;
use crate::output::{inform, per_second};

/// The view is asked so often; the median counts.
const REPETITIONS: usize = 5;
/// Parts of all transactions at which the original's formula is tried, the smallest first.
const REFERENCE_PARTS: [u32; 5] = [100, 30, 10, 3, 1];
/// The greatest latency that is told from others.
const LONGEST: Duration = Duration::from_mins(1);
/// The route.
const ROUTE: &str = "/api/experiments";

/// What was measured of the view.
pub(super) struct View {
    pub(super) transactions: u32,
    pub(super) rounds: u32,
    pub(super) seconds: f64,
    /// Seconds at a tenth of the transactions.
    pub(super) tenth_seconds: f64,
    /// Of the largest number for which the original's formula ended in time.
    pub(super) reference: Option<Reference>,
}

/// Both formulas on the same transactions.
pub(super) struct Reference {
    pub(super) transactions: u32,
    pub(super) original_seconds: f64,
    pub(super) seconds: f64,
}

impl View {
    /// Time at all transactions over ten times that at a tenth.
    pub(super) fn growth(&self) -> f64 {
        self.seconds / (10.0 * self.tenth_seconds)
    }
}

pub(super) async fn view(
    database: &Database,
    transactions: u32,
    rounds: u32,
    limit: Duration,
) -> anyhow::Result<View> {
    let mut reference = None;
    for part in REFERENCE_PARTS {
        let some = transactions / part;
        database.make_transactions(some, rounds).await?;
        let Ok(taken) = database.time_reference(limit).await? else {
            inform(&format!(
                "     {some} transactions take the original's formula too long"
            ));
            break;
        };
        inform(&format!(
            "     {some} transactions: the original's formula {taken:.1?}"
        ));
        reference = Some(Reference {
            transactions: some,
            original_seconds: taken.as_secs_f64(),
            seconds: median_seconds(database).await?,
        });
    }
    database
        .make_transactions(transactions / 10, rounds)
        .await?;
    let tenth_seconds = median_seconds(database).await?;
    database.make_transactions(transactions, rounds).await?;
    let seconds = median_seconds(database).await?;
    Ok(View {
        transactions,
        rounds,
        seconds,
        tenth_seconds,
        reference,
    })
}

async fn median_seconds(database: &Database) -> anyhow::Result<f64> {
    let mut times = Vec::with_capacity(REPETITIONS);
    for _ in 0..REPETITIONS {
        times.push(database.time_experiments().await?.as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[REPETITIONS / 2])
}

/// What was measured of the route.
pub(super) struct Requests {
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// Of one answer.
    pub(super) bytes: u64,
}

pub(super) async fn requests(
    address: SocketAddr,
    clients: u32,
    time: Duration,
) -> anyhow::Result<Requests> {
    // The first request makes what later ones may share.
    let (first, bytes) = HttpClient::connect(address, ROUTE).await?.ask().await?;
    inform(&format!(
        "     the first answer takes {first:.1?}: {bytes} bytes"
    ));
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..clients {
        running.spawn(async move {
            let mut client = HttpClient::connect(address, ROUTE).await?;
            let mut latencies = latencies()?;
            while begun.elapsed() < time {
                let (latency, _) = client.ask().await?;
                latencies.saturating_record(micros(latency));
            }
            anyhow::Ok(latencies)
        });
    }
    let mut all = latencies()?;
    while let Some(latencies) = running.join_next().await {
        all.add(latencies??)?;
    }
    Ok(Requests {
        per_second: per_second(all.len(), begun.elapsed().as_secs_f64()),
        p50_ms: milliseconds(&all, 0.5),
        p99_ms: milliseconds(&all, 0.99),
        bytes,
    })
}

/// Latencies in microseconds.
pub(super) fn latencies() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new_with_max(micros(LONGEST), 3)?)
}

pub(super) fn micros(latency: Duration) -> u64 {
    u64::try_from(latency.as_micros()).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "at most a minute")]
pub(super) fn milliseconds(latencies: &Histogram<u64>, quantile: f64) -> f64 {
    latencies.value_at_quantile(quantile) as f64 / 1000.0
}

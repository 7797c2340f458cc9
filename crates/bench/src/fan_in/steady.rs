//! The usual load: how late entries are stored and what that costs, first with
//! all nodes well, then with one in ten bad.

use std::sync::Arc;
use std::time::Duration;

use super::fleet::Fleet;
use super::lag::Watched;
use super::log::SharedLog;
use super::nodes::Behaviour;
use super::{Arguments, process};
use crate::output::inform;
use crate::template::Template;

/// One in this number of nodes is bad in the second phase.
pub(super) const BAD_SHARE: usize = 10;
/// Entries that a node's queue holds, by the daemon's default.
const QUEUE: u64 = 500;
/// Until every session is open.
const START_SECONDS: u64 = 5;
/// How long reading to the end may take, beyond two intervals.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(super) struct Figures {
    pub(super) completeness: f64,
    pub(super) p50_lag_seconds: f64,
    pub(super) p99_lag_seconds: f64,
    pub(super) p99_lag_seconds_with_faults: f64,
    pub(super) fetcher_memory_mib: f64,
    pub(super) database_connections: u64,
    pub(super) cpu_seconds_per_million_lines: f64,
}

pub(super) async fn measure(arguments: &Arguments, template: &Template) -> anyhow::Result<Figures> {
    inform(&format!(
        "1/3  {} nodes, {} lines/s each, for {} s",
        arguments.nodes, arguments.lines_per_second, arguments.seconds
    ));
    let phase = Duration::from_secs(arguments.seconds);
    let warm_up =
        Duration::from_millis(2 * arguments.interval_ms) + Duration::from_secs(START_SECONDS);
    let seconds = 2 * (2 * phase + 2 * warm_up + PATIENCE).as_secs();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a count"
    )]
    let total = (seconds as f64 * arguments.lines_per_second) as u64;
    let log = SharedLog::new(template, arguments.lines_per_second, 0, total)?;
    let fleet = Fleet::start(arguments.nodes, Arc::new(log), QUEUE).await?;
    let fetcher = fleet.fetch(arguments.interval_ms).await?;
    Watched::watch(&fleet, 0, warm_up).await?;

    let cpu_before = process::cpu_seconds(fetcher.pid)?;
    let lines_before = fleet.accounted().await?;
    let well = Watched::watch(&fleet, 0, phase).await?;
    let cpu = process::cpu_seconds(fetcher.pid)? - cpu_before;
    let lines = fleet.accounted().await? - lines_before;

    inform(&format!(
        "2/3  one node in {BAD_SHARE} dies, hangs, never ends its answer, or answers nonsense"
    ));
    let bad = arguments.nodes / BAD_SHARE;
    let kinds = [
        Behaviour::Dead,
        Behaviour::Hangs,
        Behaviour::NeverEnds,
        Behaviour::Nonsense,
    ];
    for (node, kind) in fleet.nodes[..bad].iter().zip(kinds.iter().cycle()) {
        node.behave(*kind);
    }
    let faulty = Watched::watch(&fleet, bad, phase).await?;
    let patience = Duration::from_millis(2 * arguments.interval_ms) + PATIENCE;
    let completeness = fleet.completeness(bad, patience).await?;
    let fetcher_memory_mib = process::peak_memory_mib(fetcher.pid)?;
    fetcher.stop().await?;
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let millions = lines as f64 / 1e6;
    Ok(Figures {
        completeness,
        p50_lag_seconds: well.quantile(0.5),
        p99_lag_seconds: well.quantile(0.99),
        p99_lag_seconds_with_faults: faulty.quantile(0.99),
        fetcher_memory_mib,
        database_connections: well.connections.max(faulty.connections),
        cpu_seconds_per_million_lines: cpu / millions,
    })
}

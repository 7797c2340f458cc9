//! After an outage: how fast nodes with large queues are drained, and what the
//! other parts of the way could do alone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use itn::{AddressPolicy, Client, Limits, Transport};
use serde::Serialize;
use tokio::task::JoinSet;

use super::fleet::Fleet;
use super::log::SharedLog;
use super::nodes::key;
use super::{Arguments, process};
use crate::output::{inform, per_second};
use crate::template::Template;

/// How long nobody asked.
const OUTAGE_SECONDS: f64 = 3_600.0;
/// Draining at a fiftieth of the aim is called off.
const PATIENCE: Duration = Duration::from_mins(3);
/// Requests and connections at once when a part is measured alone, as many as
/// the fetcher has.
const AT_ONCE: usize = 2;

#[derive(Debug)]
pub(super) struct Figures {
    pub(super) lines_per_second: f64,
    pub(super) memory_mib: f64,
    /// What the nodes give to a reader that drops it.
    pub(super) nodes_alone: f64,
    /// What the database takes of the same rows by plain `COPY`.
    pub(super) copy_alone: f64,
    pub(super) processors: Processors,
}

/// Processors that each was using on average while the backlog was drained.
#[derive(Debug, Serialize)]
pub(super) struct Processors {
    pub(super) fetcher: f64,
    pub(super) nodes: f64,
    /// Whatever else was running, the database server above all.
    pub(super) database: f64,
}

impl Processors {
    /// Who used the most.
    pub(super) fn busiest(&self) -> &'static str {
        if self.database >= self.fetcher && self.database >= self.nodes {
            "database"
        } else if self.nodes >= self.fetcher {
            "simulated nodes"
        } else {
            "fetcher"
        }
    }
}

pub(super) async fn measure(arguments: &Arguments, template: &Template) -> anyhow::Result<Figures> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count"
    )]
    let backlog = (OUTAGE_SECONDS * arguments.lines_per_second) as u64;
    let nodes = arguments.catch_up_nodes;
    let total = backlog * nodes as u64;
    inform(&format!(
        "3/3  {nodes} nodes with a backlog of {backlog} lines each"
    ));
    let log = SharedLog::new(template, arguments.lines_per_second, backlog, backlog)?;
    let fleet = Fleet::start(nodes, Arc::new(log), backlog).await?;
    let nodes_alone = per_second(total, fetch_only(&fleet, total).await?);

    let fetcher = fleet.fetch(arguments.interval_ms).await?;
    fleet.wait_for(1, PATIENCE).await?;
    let begun = *fleet.first_asked.get().context("nobody asked any node")?;
    let busy = |pid| anyhow::Ok((process::cpu_seconds(pid)?, Instant::now()));
    let own = process::cpu_seconds(std::process::id())?;
    let machine = process::machine_cpu_seconds()?;
    let (fetcher_before, since) = busy(fetcher.pid)?;
    fleet.wait_for(total, PATIENCE).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let (fetcher_after, until) = busy(fetcher.pid)?;
    let while_busy = (until - since).as_secs_f64().max(1e-9);
    let used = |now: f64, before: f64| (now - before) / while_busy;
    let fetcher_used = used(fetcher_after, fetcher_before);
    let own = used(process::cpu_seconds(std::process::id())?, own);
    let machine = used(process::machine_cpu_seconds()?, machine);
    let memory_mib = process::peak_memory_mib(fetcher.pid)?;
    let completeness = fleet.completeness(0, PATIENCE).await?;
    ensure!(
        (completeness - 1.0).abs() < 1e-12,
        "only {completeness} of the backlog is stored"
    );
    fetcher.stop().await?;
    Ok(Figures {
        lines_per_second: per_second(total, seconds),
        memory_mib,
        nodes_alone,
        copy_alone: per_second(total, copy_only(&fleet).await?),
        processors: Processors {
            fetcher: fetcher_used,
            nodes: own,
            database: (machine - fetcher_used - own).max(0.0),
        },
    })
}

/// The seconds that it takes to ask all nodes for everything.
async fn fetch_only(fleet: &Fleet, total: u64) -> anyhow::Result<f64> {
    let limits = Limits {
        logs_bytes_max: 256 << 20,
        ..Limits::default()
    };
    let transport = Transport::new(limits, AddressPolicy::any());
    let key = Arc::new(key());
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for place in 0..AT_ONCE {
        let addresses: Vec<_> = fleet.nodes.iter().map(|node| node.address).collect();
        let (transport, key) = (transport.clone(), Arc::clone(&key));
        clients.spawn(async move {
            let mut entries = 0;
            for address in addresses.into_iter().skip(place).step_by(AT_ONCE) {
                let mut client = Client::new(transport.clone(), address.into(), Arc::clone(&key));
                let run = client.auth().await?.server_uuid;
                entries += client.internal_logs(run, 1).await?.len() as u64;
            }
            anyhow::Ok(entries)
        });
    }
    let mut entries = 0;
    while let Some(fetched) = clients.join_next().await {
        entries += fetched??;
    }
    ensure!(
        entries == total,
        "the nodes gave {entries} of {total} lines"
    );
    Ok(begun.elapsed().as_secs_f64())
}

/// The seconds that a plain `COPY` of the rows takes that were stored.
async fn copy_only(fleet: &Fleet) -> anyhow::Result<f64> {
    let connections = u32::try_from(AT_ONCE)?;
    let database = fleet.server.connect(connections).await?;
    let shares = database.copy_rows_out(connections).await?;
    database.empty_tables().await?;
    database.force_checkpoint().await?;
    let begun = Instant::now();
    let mut copying = JoinSet::new();
    for share in shares {
        let database = database.clone();
        copying.spawn(async move { database.copy_rows_in(&share).await });
    }
    while let Some(copied) = copying.join_next().await {
        copied??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    database.close().await;
    Ok(seconds)
}

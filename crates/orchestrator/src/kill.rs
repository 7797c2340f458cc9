//! The kill switch: ends a run and stops at nodes what it has started, with or without a service.

use std::collections::HashMap;
use std::time::Duration;

use store::experiment_runs::{CancelRequest, LEASE, UndoRow};
use store::{Database, StoreError};

use crate::chores::{Key, key, undo_rows};
use crate::config::Config;
use crate::nodes::Nodes;
use crate::supervisor::remaining_funds;
use crate::tenure::Tenure;

/// How often what a service does is looked at.
const POLL: Duration = Duration::from_millis(200);
/// Pause between attempts at nodes that cannot be reached.
const UNDO_PAUSE: Duration = Duration::from_secs(2);

/// What the kill switch did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Killed {
    /// The run, unless none was running.
    pub name: Option<String>,
    /// Whether it was running or waiting to run.
    pub was_open: bool,
    /// Whether the run has ended. Otherwise a service that holds it is about to end it.
    pub has_ended: bool,
    /// Requests that were undone at nodes.
    pub stopped: usize,
    /// What could not be undone: node and reason.
    pub left: Vec<(String, String)>,
}

/// Ends the run of this name, or the one that is running, and stops at nodes what it has started:
/// that does not wait for any service. Nodes that cannot be reached are tried again until
/// `patience` is over.
pub async fn kill(
    config: &Config,
    database: &Database,
    name: Option<&str>,
    patience: Duration,
) -> Result<Killed, StoreError> {
    let until = tokio::time::Instant::now() + patience;
    let slot = database.slot_holder().await?;
    let requested = database.request_cancel(name).await?;
    let name = match (name, slot) {
        (Some(name), _) => Some(name.to_owned()),
        (None, Some(slot)) => Some(slot.name),
        (None, None) => None,
    };
    let Some(name) = name else {
        // Nothing runs; what earlier runs left at nodes is still stopped.
        let (stopped, left) = stop(config, database, None, until).await?;
        return Ok(Killed {
            name: None,
            was_open: false,
            has_ended: true,
            stopped,
            left,
        });
    };
    let mut has_ended = requested != CancelRequest::Requested;
    database.want_undo_of_slot(&name).await?;
    let (stopped, left) = stop(config, database, Some(&name), until).await?;
    while !has_ended {
        let lease = database
            .acquire_lease(LEASE, config.holder(), config.lease_ttl)
            .await?;
        // No service is there: the run is ended here.
        if let Some(lease) = lease {
            let is_open = database.slot_holder().await?;
            if is_open.is_some_and(|slot| slot.name == name) {
                let left = remaining_funds(config, database, &name).await?;
                let left = left.and_then(|left| serde_json::to_value(left).ok());
                database.end_cancelled(&lease, &name, left).await?;
            }
            database.release_leases(&[lease]).await?;
            has_ended = true;
            break;
        }
        let run = database.experiment_run(&name).await?;
        has_ended = run.is_none_or(|run| run.summary.ended_at.is_some());
        if !has_ended {
            if tokio::time::Instant::now() >= until {
                break;
            }
            tokio::time::sleep(POLL).await;
        }
    }
    Ok(Killed {
        name: Some(name),
        was_open: requested != CancelRequest::NothingToCancel,
        has_ended,
        stopped,
        left,
    })
}

async fn stop(
    config: &Config,
    database: &Database,
    name: Option<&str>,
    until: tokio::time::Instant,
) -> Result<(usize, Vec<(String, String)>), StoreError> {
    let nodes = Nodes::new(&config.network, &Tenure::unlimited());
    // What cannot be stopped is not tried again.
    let mut hopeless: HashMap<Key, (String, String)> = HashMap::new();
    let mut first = None;
    loop {
        let mut rows = database.undo_rows(name).await?;
        let all = *first.get_or_insert(rows.len());
        rows.retain(|row| !hopeless.contains_key(&key(row)));
        let undone = undo_rows(database, config, &nodes, rows).await?;
        let left = undone.left.saturating_sub(undone.hopeless.len());
        for (key, node, why) in undone.hopeless {
            hopeless.insert(key, (node, why));
        }
        if left == 0 || tokio::time::Instant::now() + UNDO_PAUSE >= until {
            let rows: Vec<UndoRow> = database.undo_rows(name).await?;
            let stopped = all.saturating_sub(rows.len());
            let left = rows.into_iter().map(|row| {
                hopeless.remove(&key(&row)).unwrap_or_else(|| {
                    let (kind, attempts) = (&row.kind, row.attempts);
                    let reason = format!("{kind} not stopped after {attempts} attempts");
                    (row.node, reason)
                })
            });
            return Ok((stopped, left.collect()));
        }
        tokio::time::sleep(UNDO_PAUSE).await;
    }
}

//! What the orchestrator does beside runs, under the same lease: it undoes at nodes what runs have left
//! there, calls webhooks, and ends what others have left behind.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use store::experiment_runs::{PendingWebhook, RunStatus, UndoRow};
use store::lease::Lease;
use store::{Database, StoreError};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::Config;
use crate::nodes::Nodes;
use crate::run::{Undo, undo_all};
use crate::seal::Seal;
use crate::tenure::Tenure;
use crate::webhook::{Payload, deliver};
use service::error_chain;

/// Longest pause between attempts to undo the same.
const UNDO_PAUSE_MAX: Duration = Duration::from_mins(1);
/// Attempts to call a webhook.
const WEBHOOK_ATTEMPTS: u32 = 3;
/// Pause between them, in seconds of the network.
const WEBHOOK_PAUSE_SEC: f64 = 10.0;
/// How often runs that the original has left behind are looked for.
const ORPHANS_EVERY: Duration = Duration::from_secs(30);

/// Which request: the run, the step, and the position among the requests of the step.
pub(crate) type Key = (String, u32, u32);

/// That of a row.
pub(crate) fn key(row: &UndoRow) -> Key {
    (row.name.clone(), row.step, row.request)
}

/// What came of attempts to undo requests.
#[derive(Debug, Default)]
pub(crate) struct Undone {
    /// How many are not undone.
    pub(crate) left: usize,
    /// Those of them that cannot be undone, with their nodes and why.
    pub(crate) hopeless: Vec<(Key, String, String)>,
}

/// Undoes rows and writes down what came of it.
pub(crate) async fn undo_rows(
    database: &Database,
    config: &Config,
    nodes: &Nodes,
    rows: Vec<UndoRow>,
) -> Result<Undone, StoreError> {
    let requests = rows.into_iter().map(|row| {
        let request = Undo::from(&row);
        (row, request)
    });
    let mut undone = Undone::default();
    for (row, result) in undo_all(nodes, config.concurrency, requests).await {
        undone.left += usize::from(result.is_err());
        if let Err(error) = &result {
            if error.is_not_permitted() {
                // Another process has the lease now and tries it.
                continue;
            }
            if error.is_final() {
                let why = (key(&row), row.node.clone(), error_chain(error));
                undone.hopeless.push(why);
            }
        }
        let error = result.err().map(|error| error_chain(&error));
        database
            .record_undo(&row.name, row.step, row.request, error.as_deref())
            .await?;
    }
    Ok(undone)
}

/// When what is to be undone is tried again.
#[derive(Debug, Default)]
struct Schedule {
    due: HashMap<Key, Instant>,
    /// What cannot be undone is not tried again.
    hopeless: HashSet<Key>,
}

impl Schedule {
    /// The rows that are due, each of which is due again after a pause that doubles with its attempts.
    /// Rows that are not given any more are forgotten.
    fn take_due(&mut self, rows: Vec<UndoRow>, now: Instant) -> Vec<UndoRow> {
        let known: HashSet<Key> = rows.iter().map(key).collect();
        self.due.retain(|key, _| known.contains(key));
        self.hopeless.retain(|key| known.contains(key));
        let is_due = |row: &UndoRow| {
            let key = key(row);
            !self.hopeless.contains(&key) && self.due.get(&key).is_none_or(|due| *due <= now)
        };
        let due: Vec<UndoRow> = rows.into_iter().filter(is_due).collect();
        for row in &due {
            let exponent = u32::try_from(row.attempts).unwrap_or(0).min(6);
            let pause = Duration::from_secs(1 << exponent).min(UNDO_PAUSE_MAX);
            self.due.insert(key(row), now + pause);
        }
        due
    }
}

/// What is at work, and when what is due.
pub(crate) struct Chores {
    config: Arc<Config>,
    database: Database,
    seal: Seal,
    tenure: Tenure,
    schedule: Schedule,
    /// Gives what cannot be undone.
    undoing: JoinSet<Vec<Key>>,
    telling: JoinSet<()>,
    orphans_at: Option<Instant>,
}

/// Takes what a task gave that has ended. One that panicked is logged, and may be begun again.
fn take_ended<T: 'static>(task: &mut JoinSet<T>) -> Option<T> {
    match task.try_join_next()? {
        Ok(value) => Some(value),
        Err(error) => {
            tracing::error!("a task of the orchestrator failed: {error}");
            None
        }
    }
}

impl Chores {
    /// Nothing is at work yet. All of it ends with the tenure.
    pub(crate) fn new(config: Arc<Config>, database: Database, seal: Seal, tenure: Tenure) -> Self {
        Self {
            config,
            database,
            seal,
            tenure,
            schedule: Schedule::default(),
            undoing: JoinSet::new(),
            telling: JoinSet::new(),
            orphans_at: None,
        }
    }

    /// Ends what is at work.
    pub(crate) async fn end(mut self) {
        self.undoing.shutdown().await;
        self.telling.shutdown().await;
    }

    /// Ends runs that the original's orchestrator has left behind.
    pub(crate) async fn orphans(&mut self, lease: &Lease) -> Result<(), StoreError> {
        let now = Instant::now();
        if self.orphans_at.is_some_and(|due| now < due) {
            return Ok(());
        }
        self.orphans_at = Some(now + ORPHANS_EVERY);
        for name in self.database.close_orphaned_experiments(lease).await? {
            tracing::warn!(run = name, "ended: another orchestrator has left it behind");
        }
        Ok(())
    }

    /// Undoes at nodes what runs have left there, until it is done, over or hopeless.
    pub(crate) async fn undo(&mut self) -> Result<(), StoreError> {
        if let Some(hopeless) = take_ended(&mut self.undoing) {
            self.schedule.hopeless.extend(hopeless);
        }
        if !self.undoing.is_empty() {
            return Ok(());
        }
        let slot = self.database.slot_holder().await?;
        let mut rows = self.database.undo_rows(None).await?;
        // The run that is ending does its first attempt itself.
        rows.retain(|row| slot.as_ref().is_none_or(|slot| slot.name != row.name));
        let rows = self.schedule.take_due(rows, Instant::now());
        if rows.is_empty() {
            return Ok(());
        }
        let nodes = Nodes::new(&self.config.network, &self.tenure);
        let (database, config) = (self.database.clone(), Arc::clone(&self.config));
        self.undoing.spawn(async move {
            match undo_rows(&database, &config, &nodes, rows).await {
                Ok(undone) => {
                    for ((run, ..), node, why) in &undone.hopeless {
                        tracing::warn!(run, "not stopped at {node}: {why}");
                    }
                    undone.hopeless.into_iter().map(|(key, ..)| key).collect()
                }
                Err(error) => {
                    tracing::warn!("cannot write what was undone: {}", error_chain(&error));
                    Vec::new()
                }
            }
        });
        Ok(())
    }

    /// Tells webhooks of runs that have ended.
    pub(crate) async fn webhooks(&mut self) -> Result<(), StoreError> {
        take_ended(&mut self.telling);
        if !self.telling.is_empty() {
            return Ok(());
        }
        let pending = self.database.pending_webhooks().await?;
        if pending.is_empty() {
            return Ok(());
        }
        let database = self.database.clone();
        let (config, seal) = (Arc::clone(&self.config), self.seal.clone());
        let tenure = self.tenure.clone();
        self.telling.spawn(async move {
            for webhook in pending {
                let id = webhook.request_id.clone();
                let delivery = deliver_one(&database, &config, &tenure, &seal, &webhook);
                let id = id.unwrap_or_else(service::request_id::make);
                let is_delivered = service::request_id::within(id, delivery).await;
                if !tenure.holds() {
                    break;
                }
                if let Err(error) = database.record_webhook(&webhook.name, is_delivered).await {
                    tracing::warn!(
                        "cannot record the end of a webhook: {}",
                        error_chain(&error)
                    );
                }
            }
        });
        Ok(())
    }
}

/// Sends a webhook, with some attempts. Logs show scheme and host of its address only.
async fn deliver_one(
    database: &Database,
    config: &Config,
    tenure: &Tenure,
    seal: &Seal,
    webhook: &PendingWebhook,
) -> bool {
    let name = webhook.name.as_str();
    let Some(url) = seal.open(&webhook.sealed_address) else {
        tracing::warn!(
            run = name,
            "the webhook was set by an orchestrator with another key"
        );
        return false;
    };
    let Ok(Some(run)) = database.experiment_run(name).await else {
        return false;
    };
    let success = run.summary.status == RunStatus::Success;
    let payload = Payload {
        experiment_name: name.to_owned(),
        success,
        error: if success {
            None
        } else {
            run.errors.last().cloned()
        },
        warnings: run.warnings,
    };
    let origin = experiment::redact::webhook_origin(&url);
    let pause = Clock::new(config.time_scale).real(WEBHOOK_PAUSE_SEC);
    for attempt in 1..=WEBHOOK_ATTEMPTS {
        if !tenure.holds() {
            break;
        }
        match deliver(&url, &config.webhooks(), &payload).await {
            Ok(()) => return true,
            Err(error) => tracing::warn!(run = name, origin, attempt, "webhook: {error}"),
        }
        if attempt < WEBHOOK_ATTEMPTS {
            tokio::time::sleep(pause).await;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(request: u32, attempts: i32) -> UndoRow {
        UndoRow {
            name: "x".to_owned(),
            step: 1,
            request,
            node: "a:1".to_owned(),
            kind: "payments".to_owned(),
            handle: Some("h".to_owned()),
            server_uuid: None,
            sequence_number: None,
            attempts,
            error: None,
            age_seconds: 0,
        }
    }

    /// At which seconds of ten minutes a row is tried that always fails, when it is looked at every
    /// second.
    fn tried(schedule: &mut Schedule) -> Vec<u64> {
        let begin = Instant::now();
        let mut tried = Vec::new();
        for second in 0..600 {
            let attempts = i32::try_from(tried.len()).unwrap();
            let now = begin + Duration::from_secs(second);
            if !schedule.take_due(vec![row(0, attempts)], now).is_empty() {
                tried.push(second);
            }
        }
        tried
    }

    #[test]
    fn pauses_between_attempts_double_up_to_a_minute() {
        let tried = tried(&mut Schedule::default());
        let expected = [
            0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303, 363, 423, 483, 543,
        ];
        assert_eq!(tried, expected);
    }

    #[test]
    fn what_is_hopeless_is_not_tried_again_and_what_is_gone_is_forgotten() {
        let mut schedule = Schedule::default();
        let now = Instant::now();
        let due = schedule.take_due(vec![row(0, 0), row(1, 0)], now);
        assert_eq!(due.len(), 2);
        schedule.hopeless.insert(key(&row(0, 1)));
        let later = now + UNDO_PAUSE_MAX;
        let due = schedule.take_due(vec![row(0, 1), row(1, 1)], later);
        assert_eq!(due, [row(1, 1)]);
        assert!(schedule.take_due(Vec::new(), later).is_empty());
        assert!(schedule.due.is_empty() && schedule.hopeless.is_empty());
    }
}

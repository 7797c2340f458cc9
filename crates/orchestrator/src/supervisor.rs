//! The orchestrator's heart: holds the lease, executes the run that has the slot, and lets the chores
//! beside it be done. It decides by what the database says, never by what it
//! remembers, so that after a crash it does the same as before.

use std::sync::Arc;
use std::time::{Duration, Instant};

use experiment::script::Script;
use experiment::seeded_rng::SEED_MAX;
use run_records::RemainingFunds;
use service::request_id;
use store::experiment_runs::{JournalWrites, LEASE, RunStatus, SlotRun};
use store::lease::Lease;
use store::{Database, StoreError};
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::chores::{Chores, undo_rows};
use crate::clock::Clock;
use crate::config::Config;
use crate::funding::{self, AskedFor};
use crate::nodes::Nodes;
use crate::run::{Ending, Journal, Level, RecordedRun, Run, RunContext};
use crate::seal::Seal;
use crate::tenure::{Moment, Tenure};
use service::error_chain;

/// Pause after a failure of the database.
const TROUBLE_PAUSE: Duration = Duration::from_secs(1);
/// How long the first attempt to undo may keep a run from ending.
const UNDO_FIRST: Duration = Duration::from_secs(15);

/// What runs in the background of a process.
pub(crate) struct Supervisor {
    pub(crate) config: Arc<Config>,
    pub(crate) database: Database,
    pub(crate) wake: Arc<Notify>,
    pub(crate) seal: Seal,
}

/// The lease, and for how long it lasts.
#[derive(Clone, Copy)]
struct Held<'a> {
    lease: &'a Lease,
    tenure: &'a Tenure,
}

/// The run that is being executed. Its task ends when this is dropped.
struct Worker {
    name: String,
    cancel: CancellationToken,
    task: JoinSet<Result<(), StoreError>>,
    ended: Option<WorkerEnd>,
}

/// How the task of a run has ended.
type WorkerEnd = Result<Result<(), StoreError>, JoinError>;

impl Worker {
    /// Waits until the task has ended; how, [`Worker::take_end`] says.
    async fn finished(&mut self) {
        if self.ended.is_none() {
            self.ended = self.task.join_next().await;
        }
    }

    fn take_end(&mut self) -> Option<WorkerEnd> {
        self.ended.take().or_else(|| self.task.try_join_next())
    }
}

impl Supervisor {
    /// Works until `shutdown` is cancelled. A run that is being executed is left where it is: its
    /// journal says how to continue.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            let holder = self.config.holder();
            let ttl = self.config.lease_ttl;
            let asked = Moment::now();
            match self.database.acquire_lease(LEASE, holder, ttl).await {
                Ok(Some(lease)) => {
                    tracing::info!("this orchestrator executes the runs");
                    let tenure = Tenure::new(asked, ttl);
                    self.lead(&lease, &tenure, &shutdown).await;
                    let released = self
                        .database
                        .release_leases(std::slice::from_ref(&lease))
                        .await;
                    if let Err(error) = released {
                        tracing::debug!("the lease was not given back: {error}");
                    }
                }
                Ok(None) => nap(self.config.poll, &shutdown).await,
                Err(error) => {
                    tracing::warn!("cannot acquire the lease: {}", error_chain(&error));
                    nap(TROUBLE_PAUSE, &shutdown).await;
                }
            }
        }
    }

    /// Holds the lease and does the work, until the lease is lost. Everything that was begun under
    /// it ends with it.
    async fn lead(&self, lease: &Lease, tenure: &Tenure, shutdown: &CancellationToken) {
        let mut renewing = JoinSet::new();
        renewing.spawn(renew(
            self.database.clone(),
            lease.clone(),
            self.config.lease_ttl,
            tenure.clone(),
        ));
        let mut worker: Option<Worker> = None;
        let mut chores = Chores::new(
            Arc::clone(&self.config),
            self.database.clone(),
            self.seal.clone(),
            tenure.clone(),
        );
        while !shutdown.is_cancelled() && tenure.holds() {
            let held = Held { lease, tenure };
            if let Err(error) = self.tick(held, &mut worker, &mut chores).await {
                tracing::warn!("the orchestrator cannot work: {}", error_chain(&error));
                nap(TROUBLE_PAUSE, shutdown).await;
            }
            let finished = async {
                match worker.as_mut() {
                    Some(worker) => worker.finished().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tenure.ended() => {}
                () = self.wake.notified() => {}
                () = finished => {}
                () = tokio::time::sleep(self.config.poll) => {}
            }
        }
        if !shutdown.is_cancelled() {
            tracing::warn!("the lease is lost");
        }
        // What is at work still may not send anything any more, and then ends.
        tenure.end();
        if let Some(mut worker) = worker {
            worker.task.shutdown().await;
        }
        chores.end().await;
    }

    /// Looks at the database and does what is due.
    async fn tick(
        &self,
        held: Held<'_>,
        worker: &mut Option<Worker>,
        chores: &mut Chores,
    ) -> Result<(), StoreError> {
        if let Some(end) = worker.as_mut().and_then(Worker::take_end)
            && let Some(Worker { name, .. }) = worker.take()
        {
            match end {
                Ok(Err(error)) => {
                    tracing::warn!(run = name, "the run pauses: {}", error_chain(&error));
                    tokio::time::sleep(TROUBLE_PAUSE).await;
                }
                Err(error) if error.is_panic() => self.end_after_panic(held.lease, &name).await?,
                Ok(Ok(())) | Err(_) => {}
            }
        }
        match (self.database.slot_run(held.lease).await?, worker.as_ref()) {
            (Some(slot), None) => *worker = Some(self.start(held, slot)),
            (Some(slot), Some(worker)) => {
                if slot.cancel_requested && slot.name == worker.name {
                    worker.cancel.cancel();
                }
            }
            (None, _) => {}
        }
        chores.orphans(held.lease).await?;
        chores.undo().await?;
        chores.webhooks().await
    }

    async fn end_after_panic(&self, lease: &Lease, name: &str) -> Result<(), StoreError> {
        let writes = JournalWrites {
            end: Some((
                RunStatus::Error,
                Some("internal error: the run was given up; the log says more".to_owned()),
            )),
            ..JournalWrites::default()
        };
        self.database.write_journal(lease, name, &writes).await
    }

    fn start(&self, held: Held<'_>, slot: SlotRun) -> Worker {
        let cancel = CancellationToken::new();
        if slot.cancel_requested {
            cancel.cancel();
        }
        let work = execute(
            Arc::clone(&self.config),
            self.database.clone(),
            (held.lease.clone(), held.tenure.clone()),
            slot.name.clone(),
            cancel.clone(),
        );
        // Its log lines, and what it asks of others, have the id of the request that it came with.
        let id = slot.request_id.unwrap_or_else(request_id::make);
        let span = tracing::info_span!("run", request_id = id);
        let mut task = JoinSet::new();
        task.spawn(request_id::within(id, work.instrument(span)));
        Worker {
            name: slot.name,
            cancel,
            task,
            ended: None,
        }
    }
}

async fn nap(duration: Duration, shutdown: &CancellationToken) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = tokio::time::sleep(duration) => {}
    }
}

/// Renews the lease until it is lost. A database that does not answer for longer than the lease
/// is valid means that it is lost, too.
async fn renew(database: Database, lease: Lease, ttl: Duration, tenure: Tenure) {
    while tenure.holds() {
        tokio::time::sleep(ttl / 3).await;
        let asked = Moment::now();
        let leases = [lease.clone()];
        let renewing = database.renew_leases(&leases, ttl);
        match tokio::time::timeout(tenure.left(), renewing).await {
            Ok(Ok(renewed)) if !renewed.is_empty() => tenure.extend(asked, ttl),
            Ok(Err(error)) => tracing::warn!("cannot renew the lease: {}", error_chain(&error)),
            Ok(Ok(_)) | Err(_) => break,
        }
    }
    tenure.end();
}

/// Executes a run from where it is to its end.
async fn execute(
    config: Arc<Config>,
    database: Database,
    (lease, tenure): (Lease, Tenure),
    name: String,
    cancel: CancellationToken,
) -> Result<(), StoreError> {
    let read_at = Instant::now();
    let Some(state) = database.read_journal(&name).await? else {
        return Ok(());
    };
    let script = Script::parse(&state.script);
    let seed = seed_of(&database, &name).await?;
    let past = RecordedRun::new(state, read_at);
    let log_file = config.network.log_file.as_deref();
    let journal = Journal::in_database(database.clone(), lease, tenure.clone(), &name, log_file);
    let nodes = Nodes::new(&config.network, &tenure);
    let means = RunContext {
        network: Arc::new(config.network.clone()),
        nodes: nodes.clone(),
        tenure,
        clock: Clock::new(config.time_scale),
        cancel,
        concurrency: config.concurrency,
        key_file_cost: config.key_file_cost,
        paths: config.paths(),
    };
    metrics::counter!("orchestrator_runs_total").increment(1);
    let flushing = flush_regularly(journal.clone());
    let ending = match script {
        Ok(script) => {
            let run = Run::new(&script, &journal, &means, &past, seed);
            let ending = tokio::select! {
                ending = run.execute() => ending?,
                error = flushing => return Err(error),
            };
            run.failures.look_at_the_end(&journal).await;
            ending
        }
        Err(error) => Ending::Failed(error.to_string()),
    };
    // A cancel that arrives as the last step ends is still a cancel.
    let slot = database.slot_holder().await?;
    let is_cancelled = means.cancel.is_cancelled()
        || slot.is_some_and(|slot| slot.name == name && slot.cancel_requested);
    let end = match ending {
        Ending::Failed(message) if is_cancelled => {
            journal.log(Level::Info, None, message);
            (RunStatus::Cancelled, None)
        }
        Ending::Cancelled => (RunStatus::Cancelled, None),
        Ending::Success if is_cancelled => (RunStatus::Cancelled, None),
        Ending::Success => {
            journal.log(Level::Info, None, "Experiment finished successfully");
            (RunStatus::Success, None)
        }
        Ending::Interrupted => return Ok(()),
        Ending::Failed(message) => {
            let text = format!("Experiment finished with error: {message}");
            journal.log(Level::Error, None, text);
            (RunStatus::Error, Some(message))
        }
    };
    if end.0 != RunStatus::Success {
        stop_at_nodes(&database, &config, &journal, &nodes).await?;
    }
    let left = remaining_funds(&config, &database, &name).await?;
    if let Some(left) = &left {
        journal.log(Level::Info, None, left.sentence());
    }
    metrics::counter!("orchestrator_runs_ended_total", "status" => end.0.to_string()).increment(1);
    journal
        .write(JournalWrites {
            end: Some(end),
            remaining_funds: left.and_then(|left| serde_json::to_value(left).ok()),
            ..JournalWrites::default()
        })
        .await
}

/// What is left of the money of a run, if it was given any.
pub(crate) async fn remaining_funds(
    config: &Config,
    database: &Database,
    name: &str,
) -> Result<Option<RemainingFunds>, StoreError> {
    let Some(state) = database.read_journal(name).await? else {
        return Ok(None);
    };
    let Ok(script) = Script::parse(&state.script) else {
        return Ok(None);
    };
    let asked: Vec<AskedFor> = state.requests.into_iter().map(AskedFor::from).collect();
    Ok(funding::report(&script, &asked, &config.network, &config.paths()).await)
}

/// What random choices are drawn from, for runs whose plan had no seed too.
async fn seed_of(database: &Database, name: &str) -> Result<u64, StoreError> {
    let run = database.experiment_run(name).await?;
    let seed = run.and_then(|run| run.summary.seed).unwrap_or(0);
    Ok(u64::try_from(seed).unwrap_or(0).min(SEED_MAX))
}

/// Writes log lines that nothing else writes. Gives the error that ended it.
async fn flush_regularly(journal: Journal) -> StoreError {
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        if let Err(error) = journal.flush().await {
            return error;
        }
    }
}

/// The first attempt to undo at nodes what a run has started, before it counts as ended.
async fn stop_at_nodes(
    database: &Database,
    config: &Config,
    journal: &Journal,
    nodes: &Nodes,
) -> Result<(), StoreError> {
    journal.want_undo().await?;
    let rows = database.undo_rows(Some(journal.name())).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let count = rows.len();
    let mut hopeless = 0;
    let attempts = undo_rows(database, config, nodes, rows);
    let left = match tokio::time::timeout(UNDO_FIRST, attempts).await {
        Ok(undone) => {
            let undone = undone?;
            for (_, node, why) in &undone.hopeless {
                let text = format!("what was scheduled on {node} cannot be stopped: {why}");
                journal.log(Level::Warning, None, text);
            }
            hopeless = undone.hopeless.len();
            undone.left
        }
        Err(_) => database.undo_rows(Some(journal.name())).await?.len(),
    };
    let stopped = count.saturating_sub(left);
    let text = format!("stopped what was scheduled: {stopped} of {count} requests undone");
    journal.log(Level::Info, None, text);
    let left = left.saturating_sub(hopeless);
    if left > 0 {
        let text = format!(
            "{left} nodes could not be reached to stop what was scheduled: they are tried again until its time is over"
        );
        journal.log(Level::Warning, None, text);
    }
    Ok(())
}

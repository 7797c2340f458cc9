//! The orchestrator's heart: holds the lease, executes the run that has the slot, undoes what is
//! left at nodes, tells webhooks. It decides by what the database says, never by what it
//! remembers, so that after a crash it does the same as before.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use experiment::chance::SEED_MAX;
use experiment::script::Script;
use itn::Limits;
use store::experiment_runs::{JournalWrites, LEASE, SlotRun};
use store::lease::Lease;
use store::{Database, StoreError};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::funding::{self, AskedFor, Leftover};
use crate::nodes::Nodes;
use crate::run::{Ending, Journal, Level, Means, Past, Run, describe, undo_all};
use crate::seal::Seal;
use crate::webhook::{Payload, deliver};

/// Pause after a failure of the database.
const TROUBLE_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause between attempts to undo the same.
const UNDO_PAUSE_MAX: Duration = Duration::from_mins(1);
/// How long the first attempt to undo may keep a run from ending.
const UNDO_FIRST: Duration = Duration::from_secs(15);
/// Attempts to tell a webhook.
const WEBHOOK_ATTEMPTS: u32 = 3;
/// Pause between them, in seconds of the network.
const WEBHOOK_PAUSE_SEC: f64 = 10.0;

/// How often runs that the existing system has left behind are looked for.
const ORPHANS_EVERY: Duration = Duration::from_secs(30);

/// What runs in the background of a process.
pub(crate) struct Supervisor {
    pub(crate) config: Arc<Config>,
    pub(crate) database: Database,
    pub(crate) wake: Arc<Notify>,
    pub(crate) seal: Seal,
}

/// The run that is being executed.
struct Worker {
    name: String,
    cancel: CancellationToken,
    task: JoinHandle<Result<(), StoreError>>,
}

impl Supervisor {
    /// Works until `shutdown` is cancelled. A run that is being executed is left where it is: its
    /// journal says how to go on.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            let holder = self.config.holder();
            let ttl = self.config.lease_ttl;
            match self.database.acquire_lease(LEASE, holder, ttl).await {
                Ok(Some(lease)) => {
                    tracing::info!("this orchestrator executes the runs");
                    self.lead(&lease, &shutdown).await;
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
                    tracing::warn!("cannot acquire the lease: {}", describe(&error));
                    nap(TROUBLE_PAUSE, &shutdown).await;
                }
            }
        }
    }

    /// Holds the lease and does the work, until the lease is lost.
    async fn lead(&self, lease: &Lease, shutdown: &CancellationToken) {
        let lost = CancellationToken::new();
        let renewing = tokio::spawn(renew(
            self.database.clone(),
            lease.clone(),
            self.config.lease_ttl,
            lost.clone(),
        ));
        let mut worker: Option<Worker> = None;
        let mut chores = Chores::default();
        while !shutdown.is_cancelled() && !lost.is_cancelled() {
            if let Err(error) = self.tick(lease, &mut worker, &mut chores).await {
                tracing::warn!("the orchestrator cannot work: {}", describe(&error));
                nap(TROUBLE_PAUSE, shutdown).await;
            }
            let finished = async {
                match worker.as_mut() {
                    Some(worker) => wait_for(&mut worker.task).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = lost.cancelled() => tracing::warn!("the lease is lost"),
                () = self.wake.notified() => {}
                () = finished => {}
                () = tokio::time::sleep(self.config.poll) => {}
            }
        }
        if let Some(worker) = worker {
            worker.task.abort();
            let _ = worker.task.await;
        }
        renewing.abort();
    }

    /// Looks at the database and does what is due.
    async fn tick(
        &self,
        lease: &Lease,
        worker: &mut Option<Worker>,
        chores: &mut Chores,
    ) -> Result<(), StoreError> {
        if worker
            .as_ref()
            .is_some_and(|worker| worker.task.is_finished())
            && let Some(done) = worker.take()
        {
            let name = done.name;
            match done.task.await {
                Ok(Err(error)) => {
                    tracing::warn!(run = name, "the run pauses: {}", describe(&error));
                    tokio::time::sleep(TROUBLE_PAUSE).await;
                }
                Err(error) if error.is_panic() => self.end_after_panic(lease, &name).await?,
                Ok(Ok(())) | Err(_) => {}
            }
        }
        match (self.database.slot_run(lease).await?, worker.as_ref()) {
            (Some(slot), None) => *worker = Some(self.start(lease, slot)),
            (Some(slot), Some(worker)) => {
                if slot.cancel_requested && slot.name == worker.name {
                    worker.cancel.cancel();
                }
            }
            (None, _) => {}
        }
        chores.orphans(self, lease).await?;
        chores.undo(self).await?;
        chores.webhooks(self).await
    }

    async fn end_after_panic(&self, lease: &Lease, name: &str) -> Result<(), StoreError> {
        let writes = JournalWrites {
            end: Some((
                "error",
                Some("internal error: the run was given up; the log says more".to_owned()),
            )),
            ..JournalWrites::default()
        };
        self.database.write_journal(lease, name, &writes).await
    }

    fn start(&self, lease: &Lease, slot: SlotRun) -> Worker {
        let cancel = CancellationToken::new();
        if slot.cancel_requested {
            cancel.cancel();
        }
        let work = execute(
            Arc::clone(&self.config),
            self.database.clone(),
            lease.clone(),
            slot.name.clone(),
            cancel.clone(),
        );
        Worker {
            name: slot.name,
            cancel,
            task: tokio::spawn(work),
        }
    }
}

async fn wait_for<T>(task: &mut JoinHandle<T>) {
    while !task.is_finished() {
        tokio::time::sleep(Duration::from_millis(20)).await;
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
async fn renew(database: Database, lease: Lease, ttl: Duration, lost: CancellationToken) {
    let mut valid_until = Instant::now() + ttl;
    loop {
        tokio::time::sleep(ttl / 3).await;
        let asked = Instant::now();
        let left = valid_until.saturating_duration_since(asked);
        let leases = [lease.clone()];
        let renewing = database.renew_leases(&leases, ttl);
        match tokio::time::timeout(left, renewing).await {
            Ok(Ok(renewed)) if !renewed.is_empty() => valid_until = asked + ttl,
            Ok(Err(error)) => tracing::warn!("cannot renew the lease: {}", describe(&error)),
            Ok(Ok(_)) | Err(_) => break,
        }
        if Instant::now() >= valid_until {
            break;
        }
    }
    lost.cancel();
}

/// Executes a run from where it is to its end.
async fn execute(
    config: Arc<Config>,
    database: Database,
    lease: Lease,
    name: String,
    cancel: CancellationToken,
) -> Result<(), StoreError> {
    let read_at = Instant::now();
    let Some(state) = database.read_journal(&name).await? else {
        return Ok(());
    };
    let script = Script::parse(&state.script);
    let seed = seed_of(&database, &name).await?;
    let past = Past::new(state, read_at);
    let log_file = config.network.log_file.as_deref();
    let journal = Journal::in_database(database.clone(), lease, &name, log_file);
    let nodes = Nodes::new(&config.network, Limits::default());
    let means = Means {
        network: Arc::new(config.network.clone()),
        nodes: nodes.clone(),
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
            tokio::select! {
                ending = run.execute() => ending?,
                error = flushing => return Err(error),
            }
        }
        Err(error) => Ending::Failed(error.to_string()),
    };
    // A cancel that arrives as the last step ends is still a cancel.
    let slot = database.slot_holder().await?;
    let is_cancelled = means.cancel.is_cancelled()
        || slot.is_some_and(|slot| slot.name == name && slot.cancel_requested);
    let end = match ending {
        Ending::Failed(message) if is_cancelled => {
            journal.tell(Level::Info, None, message);
            ("cancelled", None)
        }
        Ending::Cancelled => ("cancelled", None),
        Ending::Success if is_cancelled => ("cancelled", None),
        Ending::Success => {
            journal.tell(Level::Info, None, "Experiment finished successfully");
            ("success", None)
        }
        Ending::Interrupted => return Ok(()),
        Ending::Failed(message) => {
            let text = format!("Experiment finished with error: {message}");
            journal.tell(Level::Error, None, text);
            ("error", Some(message))
        }
    };
    if end.0 != "success" {
        stop_at_nodes(&database, &config, &journal, &nodes).await?;
    }
    let left = leftover(&config, &database, &name).await?;
    if let Some(left) = &left {
        journal.tell(Level::Info, None, left.sentence());
    }
    metrics::counter!("orchestrator_runs_ended_total", "status" => end.0).increment(1);
    journal
        .write(JournalWrites {
            end: Some(end),
            leftover: left.and_then(|left| serde_json::to_value(left).ok()),
            ..JournalWrites::default()
        })
        .await
}

/// What is left of the money of a run, if it was given any.
pub(crate) async fn leftover(
    config: &Config,
    database: &Database,
    name: &str,
) -> Result<Option<Leftover>, StoreError> {
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
    let attempts = undo_rows(database, config, nodes, rows);
    let left = match tokio::time::timeout(UNDO_FIRST, attempts).await {
        Ok(left) => left?,
        Err(_) => database.undo_rows(Some(journal.name())).await?.len(),
    };
    let stopped = count.saturating_sub(left);
    let text = format!("stopped what was scheduled: {stopped} of {count} requests undone");
    journal.tell(Level::Info, None, text);
    if left > 0 {
        let text = format!(
            "{left} nodes could not be reached to stop what was scheduled: they are tried again until its time is over"
        );
        journal.tell(Level::Warning, None, text);
    }
    Ok(())
}

/// Undoes rows and writes down what came of it. Gives how many are left.
pub(crate) async fn undo_rows(
    database: &Database,
    config: &Config,
    nodes: &Nodes,
    rows: Vec<store::experiment_runs::UndoRow>,
) -> Result<usize, StoreError> {
    let requests = rows.into_iter().map(|row| {
        let (node, kind, handle) = (row.node.clone(), row.kind.clone(), row.handle.clone());
        (row, node, kind, handle)
    });
    let mut left = 0;
    for (row, result) in undo_all(nodes, config.concurrency, requests).await {
        let error = result.err().map(|error| describe(&error));
        left += usize::from(error.is_some());
        database
            .record_undo(&row.name, row.step, row.request, error.as_deref())
            .await?;
    }
    Ok(left)
}

/// What is done beside runs.
#[derive(Default)]
struct Chores {
    /// When a request is to be undone again.
    undo_at: HashMap<(String, u32, u32), Instant>,
    undoing: Option<JoinHandle<()>>,
    telling: Option<JoinHandle<()>>,
    orphans_at: Option<Instant>,
}

impl Chores {
    /// Ends runs that an orchestrator of the existing system has left behind.
    async fn orphans(&mut self, supervisor: &Supervisor, lease: &Lease) -> Result<(), StoreError> {
        let now = Instant::now();
        if self.orphans_at.is_some_and(|due| now < due) {
            return Ok(());
        }
        self.orphans_at = Some(now + ORPHANS_EVERY);
        for name in supervisor
            .database
            .close_orphaned_experiments(lease)
            .await?
        {
            tracing::warn!(run = name, "ended: another orchestrator has left it behind");
        }
        Ok(())
    }

    /// Undoes at nodes what runs have left there, until it is done or over.
    async fn undo(&mut self, supervisor: &Supervisor) -> Result<(), StoreError> {
        if self
            .undoing
            .as_ref()
            .is_some_and(|task| !task.is_finished())
        {
            return Ok(());
        }
        let slot = supervisor.database.slot_holder().await?;
        let mut rows = supervisor.database.undo_rows(None).await?;
        // The run that is ending does its first attempt itself.
        rows.retain(|row| slot.as_ref().is_none_or(|slot| slot.name != row.name));
        let now = Instant::now();
        rows.retain(|row| {
            let key = (row.name.clone(), row.step, row.request);
            self.undo_at.get(&key).is_none_or(|due| *due <= now)
        });
        for row in &rows {
            let key = (row.name.clone(), row.step, row.request);
            let exponent = u32::try_from(row.attempts).unwrap_or(0).min(6);
            let pause = Duration::from_secs(1 << exponent).min(UNDO_PAUSE_MAX);
            self.undo_at.insert(key, now + pause);
        }
        if rows.is_empty() {
            self.undo_at.clear();
            return Ok(());
        }
        let nodes = Nodes::new(&supervisor.config.network, Limits::default());
        let (database, config) = (supervisor.database.clone(), Arc::clone(&supervisor.config));
        self.undoing = Some(tokio::spawn(async move {
            if let Err(error) = undo_rows(&database, &config, &nodes, rows).await {
                tracing::warn!("cannot write what was undone: {}", describe(&error));
            }
        }));
        Ok(())
    }

    /// Tells webhooks of runs that have ended.
    async fn webhooks(&mut self, supervisor: &Supervisor) -> Result<(), StoreError> {
        if self
            .telling
            .as_ref()
            .is_some_and(|task| !task.is_finished())
        {
            return Ok(());
        }
        let pending = supervisor.database.pending_webhooks().await?;
        if pending.is_empty() {
            return Ok(());
        }
        let database = supervisor.database.clone();
        let (config, seal) = (Arc::clone(&supervisor.config), supervisor.seal.clone());
        self.telling = Some(tokio::spawn(async move {
            for (name, sealed) in pending {
                let told = tell(&database, &config, &seal, &name, &sealed).await;
                if let Err(error) = database.record_webhook(&name, told).await {
                    tracing::warn!("cannot write that a webhook was told: {}", describe(&error));
                }
            }
        }));
        Ok(())
    }
}

/// Tells a webhook, with some attempts. Logs show scheme and host of its address only.
async fn tell(
    database: &Database,
    config: &Config,
    seal: &Seal,
    name: &str,
    sealed: &[u8],
) -> bool {
    let Some(url) = seal.open(sealed) else {
        tracing::warn!(
            run = name,
            "the webhook was set by an orchestrator with another key"
        );
        return false;
    };
    let Ok(Some(run)) = database.experiment_run(name).await else {
        return false;
    };
    let success = run.summary.status == "success";
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

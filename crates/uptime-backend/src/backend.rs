//! What becomes of a submission that was received, and the tasks behind it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use ipnet::IpNet;
use jiff::Timestamp;
use metrics::{counter, histogram};
use mina::PublicKey;
use service::{TaskFailure, TaskHealth, Tasks};
use store::uptime::{OnlineNode, UptimeSubmission};
use store::{Database, StoreError};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::body::{BodyMemory, ReceivedBody};
use crate::check_pool::CheckPool;
use crate::config::Config;
use crate::examine::{Examined, Rules, examine};
use crate::object_sink::{ObjectSink, ObjectStorageError};
use crate::rate_limit::{self, RateLimit, Reservation};
use crate::recorder::{Recorder, chain};
use crate::whitelist_refresh::{Current, Refresher, Timing};
use crate::whitelist_source::WhitelistSource;
use crate::{Refusal, http};

/// How long after its last submission a node counts as online, as in the
/// original. Nodes submit every 15 minutes.
const ONLINE_WINDOW: Duration = Duration::from_mins(20);

/// How often old submissions are deleted.
const PURGE_INTERVAL: Duration = Duration::from_hours(1);

/// Why the uptime backend cannot start its work.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database does not tell what was submitted lately.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The threads for checking signatures cannot be had.
    #[error("cannot start the threads that check signatures")]
    Threads(#[source] std::io::Error),
    /// The storage for whole submissions cannot be had.
    #[error(transparent)]
    ObjectStorage(#[from] ObjectStorageError),
}

/// A running uptime backend, but for the port it is reached at.
#[derive(Debug)]
pub struct UptimeBackend {
    shared: Shared,
    tasks: Tasks,
}

/// What all requests share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) bodies: BodyMemory,
    pub(crate) trusted_proxies: Arc<[IpNet]>,
    pub(crate) tasks: TaskHealth,
    database: Database,
    rules: Rules,
    whitelist: Current,
    checks: CheckPool,
    rate_limit: RateLimit,
    /// A time one window before the start, so that there are times for
    /// submissions before it.
    origin: Instant,
    recorder: Recorder,
    objects: Option<ObjectSink>,
}

/// Why the service cannot do its work now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotReady {
    #[error("the database does not answer")]
    Database(#[source] StoreError),
    #[error("the whitelist could not be read yet")]
    Whitelist,
}

impl UptimeBackend {
    /// Reads whitelist and recent submissions and starts the tasks that write,
    /// read the whitelist again and delete old submissions. They end after
    /// `shutdown` is cancelled; [`Self::finish`] waits for them.
    pub async fn start(
        config: &Config,
        database: Database,
        shutdown: CancellationToken,
    ) -> Result<Self, StartError> {
        let objects = config.object_storage.as_ref().map(ObjectSink::open);
        let objects = objects.transpose()?;
        let rate_limit = RateLimit::new(config.submissions_per_hour);
        let origin = Instant::now();
        count_recent(&database, &rate_limit, config.submissions_per_hour).await?;
        let timing = Timing::default();
        let (refresher, whitelist) = Refresher::start(config.whitelist.clone(), timing).await;
        let mut tasks = Tasks::new(&shutdown);
        let stop = tasks.stop_token();
        let recorder = Recorder::start(database.clone(), &mut tasks);
        let keep = config.keep.max(rate_limit::WINDOW);
        if !matches!(config.whitelist, WhitelistSource::List(_)) {
            tasks.spawn("whitelist", refresher.run(stop.clone()));
        }
        tasks.spawn("purge", purge_regularly(database.clone(), keep, stop));
        let shared = Shared {
            bodies: BodyMemory::new(),
            tasks: tasks.health(),
            trusted_proxies: config.trusted_proxies.clone().into(),
            database,
            rules: Rules {
                network: config.network,
                age_max: config.submission_age_max,
            },
            whitelist,
            checks: CheckPool::new(config.check_threads).map_err(StartError::Threads)?,
            rate_limit,
            origin,
            recorder,
            objects,
        };
        Ok(Self { shared, tasks })
    }

    /// All routes, those for operators included.
    pub fn router(&self) -> Router {
        http::routes(self.shared.clone())
    }

    /// Answers requests until the token it was started with is cancelled, or
    /// one of its tasks has failed; then finishes running ones and stores
    /// everything accepted.
    pub async fn serve(self, listener: TcpListener) -> Result<(), TaskFailure> {
        service::serve(listener, self.router(), self.tasks.stop_token()).await;
        self.finish().await
    }

    /// Waits until everything accepted is stored and all tasks have ended. To
    /// be called after `shutdown` is cancelled and all routers are dropped.
    pub async fn finish(mut self) -> Result<(), TaskFailure> {
        drop(self.shared);
        self.tasks.finish().await
    }
}

impl Shared {
    /// Checks 4 to 10 of the answer table.
    pub(crate) async fn submit(
        &self,
        body: ReceivedBody,
        remote_addr: IpAddr,
    ) -> Result<(), Refusal> {
        let examined = self.examine(body).await?;
        let now = self.origin.elapsed() + rate_limit::WINDOW;
        let reservation = self
            .rate_limit
            .reserve(examined.submitter, now)
            .ok_or(Refusal::TooManyRequests)?;
        if self.objects.is_none() {
            // Once handed over, it is stored and counted also without the client.
            return self.record(examined, remote_addr, reservation).await;
        }
        let shared = self.clone();
        // Goes on if the client goes away: what is stored must be counted.
        let storing = tokio::spawn(async move {
            shared.store_objects(&examined, remote_addr).await?;
            shared.record(examined, remote_addr, reservation).await
        });
        storing.await.unwrap_or(Err(Refusal::Internal))
    }

    async fn examine(&self, body: ReceivedBody) -> Result<Examined, Refusal> {
        let whitelist = self.whitelist.borrow().clone().unwrap_or_default();
        let rules = self.rules;
        let keep_contents = self.objects.is_some();
        self.checks
            .run(move || {
                let begin = std::time::Instant::now();
                let now = Timestamp::now().as_second();
                let examined = examine(&body.bytes, rules, &whitelist, now, keep_contents);
                histogram!("uptime_check_seconds").record(begin.elapsed());
                examined
            })
            .await?
    }

    async fn store_objects(&self, examined: &Examined, remote_addr: IpAddr) -> Result<(), Refusal> {
        let Some(objects) = &self.objects else {
            return Ok(());
        };
        let remote_addr = remote_addr.to_string();
        let stored = objects.store(examined, &remote_addr, Timestamp::now());
        stored.await.map_err(|error| {
            tracing::error!(error = %chain(&error), "a submission could not be stored");
            Refusal::Internal
        })
    }

    async fn record(
        &self,
        examined: Examined,
        remote_addr: IpAddr,
        reservation: Reservation,
    ) -> Result<(), Refusal> {
        let submission = UptimeSubmission {
            submitter: examined.submitter.to_string(),
            remote_addr: remote_addr.to_string(),
            graphql_control_port: examined.graphql_control_port,
            peer_id: examined.peer_id,
            created_at_unix_seconds: examined.created_at_unix_seconds,
            block_hash: examined.block_hash.to_string(),
            has_snark_work: examined.has_snark_work,
            built_with_commit_sha: examined.built_with_commit_sha,
        };
        self.recorder.record(submission, reservation).await
    }

    /// The nodes heard of lately.
    pub(crate) async fn online(&self) -> Result<Vec<OnlineNode>, StoreError> {
        self.database.online_nodes(ONLINE_WINDOW).await
    }

    /// Whether submissions can be checked and stored.
    pub(crate) async fn ready(&self) -> Result<(), NotReady> {
        if self.whitelist.borrow().is_none() {
            return Err(NotReady::Whitelist);
        }
        self.database.ping().await.map_err(NotReady::Database)
    }
}

/// Takes over what was accepted within the last hour, by any backend.
async fn count_recent(
    database: &Database,
    rate_limit: &RateLimit,
    per_key_max: u32,
) -> Result<(), StoreError> {
    let recent = database
        .recent_uptime_submissions(rate_limit::WINDOW, per_key_max)
        .await?;
    for submission in recent {
        // Only this backend writes them, from keys.
        if let Ok(key) = submission.submitter.parse::<PublicKey>() {
            let at = rate_limit::WINDOW.saturating_sub(submission.age);
            rate_limit.count_earlier(key, at);
        }
    }
    Ok(())
}

async fn purge_regularly(database: Database, keep: Duration, shutdown: CancellationToken) {
    let mut interval = tokio::time::interval(PURGE_INTERVAL);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = interval.tick() => {}
        }
        let purged = tokio::select! {
            () = shutdown.cancelled() => return,
            purged = database.purge_uptime_submissions(keep) => purged,
        };
        match purged {
            Ok(0) => {}
            Ok(rows) => {
                counter!("uptime_submissions_purged_total").increment(rows);
                tracing::info!(rows, "old submissions deleted");
            }
            Err(error) => {
                tracing::warn!(error = %chain(&error), "old submissions could not be deleted");
            }
        }
    }
}

//! The running backend: its start, its background tasks, its end.

use std::time::Duration;

use axum::Router;
use metrics::counter;
use mina::PublicKey;
use service::{TaskFailure, Tasks, error_chain};
use store::{Database, StoreError};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::body::BodyMemory;
use crate::check_pool::CheckPool;
use crate::config::Config;
use crate::examine::Rules;
use crate::http;
use crate::object_sink::{ObjectSink, ObjectStorageError};
use crate::rate_limit::{self, RateLimit};
use crate::recorder::Recorder;
use crate::shared::Shared;
use crate::whitelist_refresh::{Refresher, Timing};
use crate::whitelist_source::WhitelistSource;

/// How often old submissions are deleted.
const PURGE_INTERVAL: Duration = Duration::from_hours(1);

/// Why the uptime backend cannot start its work.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database does not return the latest submissions.
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
        let purged = database.clone();
        tasks.spawn_restarting("purge", move || {
            purge_regularly(purged.clone(), keep, stop.clone())
        });
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
                tracing::warn!(error = %error_chain(&error), "old submissions could not be deleted");
            }
        }
    }
}

//! What becomes of a submission that was received, and what all requests share.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use jiff::Timestamp;
use metrics::histogram;
use service::{TaskHealth, error_chain};
use store::uptime::{OnlineNode, UptimeSubmission};
use store::{Database, StoreError};
use tokio::time::Instant;

use crate::body::{BodyMemory, ReceivedBody};
use crate::check_pool::CheckPool;
use crate::examine::{Examined, Rules, examine};
use crate::object_sink::ObjectSink;
use crate::rate_limit::{self, RateLimit, Reservation};
use crate::recorder::Recorder;
use crate::refusal::Refusal;
use crate::whitelist_refresh::Current;

/// How long after its last submission a node counts as online, as in the
/// original. Nodes submit every 15 minutes.
const ONLINE_WINDOW: Duration = Duration::from_mins(20);

/// What all requests share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) bodies: BodyMemory,
    pub(crate) trusted_proxies: Arc<[IpNet]>,
    pub(crate) tasks: TaskHealth,
    pub(crate) database: Database,
    pub(crate) rules: Rules,
    pub(crate) whitelist: Current,
    pub(crate) checks: CheckPool,
    pub(crate) rate_limit: RateLimit,
    /// A time one window before the start, so that there are times for
    /// submissions before it.
    pub(crate) origin: Instant,
    pub(crate) recorder: Recorder,
    pub(crate) objects: Option<ObjectSink>,
}

/// Why the service cannot do its work now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotReady {
    #[error("the database does not answer")]
    Database(#[source] StoreError),
    #[error("the whitelist could not be read yet")]
    Whitelist,
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
        // Continues if the client goes away: what is stored must be counted.
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
            tracing::error!(error = %error_chain(&error), "a submission could not be stored");
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

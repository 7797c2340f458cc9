//! The uptime backend: takes the signed submissions of nodes and lists which
//! nodes are online, for the nodes, fetchers and orchestrators that know the
//! original service.
//!
//! It promises the answers of the original on `/v1/submit` and `/v1/online`
//! ([`Refusal`] is the table). Beyond the original, all state is in the
//! database, so that it survives a restart and several backends may share one;
//! everything that is received is bounded in size, time and number; and an
//! address is believed only from configured proxies. The age of a submission is
//! not limited unless [`Config::submission_age_max`] is set, so by default an
//! old submission can be sent again by anybody who has seen it, within its
//! key's rate limit.
//!
//! # Without a network
//!
//! Simulations and measurements hand requests to [`UptimeBackend::router`]
//! directly. A request needs `Content-Length`; its client's address is taken
//! from the extension `ConnectInfo<SocketAddr>`, and is 127.0.0.1 without one.

mod backend;
mod body;
mod check_pool;
mod config;
mod examine;
mod http;
mod object_sink;
mod rate_limit;
mod recorder;
mod refusal;
mod remote_address;
mod settings;
mod shared;
mod submission;
mod whitelist;
mod whitelist_refresh;
mod whitelist_source;

pub use backend::{StartError, UptimeBackend};
pub use body::BODY_BYTES_MAX;
pub use config::{Config, DEFAULT_PORT, KEEP, SUBMISSIONS_PER_HOUR};
pub use ipnet::IpNet;
pub use object_sink::{ObjectStorage, ObjectStorageError, S3Credentials};
pub use refusal::Refusal;
pub use settings::{Settings, SettingsError, parse_proxy};
pub use whitelist_source::WhitelistSource;

use store::Database;
use tokio_util::sync::CancellationToken;

/// Why the uptime backend does not run.
#[derive(Debug, thiserror::Error)]
pub enum UptimeBackendError {
    /// The address cannot be had.
    #[error(transparent)]
    Bind(#[from] service::BindError),
    /// It cannot start its work.
    #[error(transparent)]
    Start(#[from] StartError),
    /// One of its background tasks does not run any more.
    #[error(transparent)]
    Task(#[from] service::TaskFailure),
}

/// Serves the uptime backend until `shutdown` is cancelled, running requests
/// have ended and everything accepted is stored; or until a background task
/// fails.
pub async fn run(
    config: Config,
    database: Database,
    shutdown: CancellationToken,
) -> Result<(), UptimeBackendError> {
    let listener = service::bind(config.address, "--port").await?;
    let backend = UptimeBackend::start(&config, database, shutdown).await?;
    tracing::info!(
        "the uptime backend takes submissions at http://{}/v1/submit",
        config.address
    );
    backend.serve(listener).await?;
    Ok(())
}

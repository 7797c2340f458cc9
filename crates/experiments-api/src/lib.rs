//! The experiments API: rounds and states of experiments, deployments, node
//! restarts and clean-up, for the dashboards and scripts that know the original
//! service.
//!
//! It promises the routes, bodies and JSON encodings of the original, which
//! were those of Express and node-postgres. Beyond it: routes that change
//! something are guarded, failures are logged with their cause, a clean-up
//! works whatever refers to a trace and returns what it deleted, and
//! `/api/experiments` can be read in pages (`?limit=` and `?offset=`).
//!
//! Below `/api/v1` it is the reading API of results, nodes and the laboratory, in the models of
//! `results::answers`.

mod access_routes;
mod body;
mod encoding;
mod error;
mod experiments;
mod http;
mod node_restart;
mod openapi;
mod rounds_list;
mod v1;

use std::net::SocketAddr;

use axum::Router;
use service::Guard;
use store::Database;
use tokio_util::sync::CancellationToken;

pub use error::BODY_BYTES_MAX;
pub use experiments::ROWS_MAX;
pub use openapi::openapi;

/// The port that clients of the original know.
pub const DEFAULT_PORT: u16 = 3003;

/// How the experiments API runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens.
    pub address: SocketAddr,
    /// Who may create deployments, note restarts and clean up.
    pub guard: Guard,
}

impl Default for Config {
    /// Port 3003 of this machine, for everybody on it.
    fn default() -> Self {
        Self {
            address: service::loopback(DEFAULT_PORT),
            guard: Guard::this_machine(),
        }
    }
}

/// Why the experiments API does not run.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentsApiError {
    /// The address cannot be had.
    #[error(transparent)]
    Bind(#[from] service::BindError),
}

/// The routes of the experiments API, with health and metrics, over a database. Streams of events end
/// when `shutdown` is cancelled.
pub fn router(database: Database, guard: &Guard, shutdown: CancellationToken) -> Router {
    let pinged = database.clone();
    let health = service::health::routes(move || {
        let database = pinged.clone();
        async move { database.ping().await }
    });
    http::routes(database, guard, shutdown).merge(health)
}

/// Serves the experiments API until `shutdown` is cancelled and running
/// requests have ended.
pub async fn run(
    config: Config,
    database: Database,
    shutdown: CancellationToken,
) -> Result<(), ExperimentsApiError> {
    let router = router(database, &config.guard, shutdown.clone());
    let listener = service::bind(config.address, "--port").await?;
    tracing::info!(
        "the experiments API answers at http://{}/api/experiments",
        config.address
    );
    service::serve(listener, router, shutdown).await;
    Ok(())
}

//! The dashboard: one page over all services of the lab.
//!
//! It serves the page, which is a part of this program, and passes requests of the page on to the
//! services, by a list of methods and paths: the browser talks to one origin only, and tokens stay
//! on the server. It adds what no single service knows: which services answer, the network's clock,
//! a search over all of them, and one stream that says what has changed. It keeps nothing but the
//! newest events.

mod access;
mod allowed;
mod assets;
mod book;
mod config;
mod figures;
mod forward;
mod headers;
mod lab;
mod routes;
mod session;
mod stream;
mod upstreams;

use axum::Router;
use tokio_util::sync::CancellationToken;

pub use config::{Config, DEFAULT_PORT};
pub use upstreams::{ClientError, Upstreams};

/// Why the dashboard does not run.
#[derive(Debug, thiserror::Error)]
pub enum DashboardError {
    /// The address cannot be had.
    #[error(transparent)]
    Bind(#[from] service::BindError),
    /// It can be reached from other machines, and there are no tokens.
    #[error(transparent)]
    Guard(#[from] service::GuardError),
    /// No client for the services can be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Reading needs a token that nobody has given.
    #[error(
        "with --require-token-for-reading the dashboard asks services with a token of its own: give \
         one with --token-file"
    )]
    NoTokenForReading,
    /// A background task has failed.
    #[error(transparent)]
    Task(#[from] service::TaskFailure),
}

/// The routes of the dashboard, with health and metrics. Background work is added to `tasks`.
pub fn router(config: &Config, tasks: &mut service::Tasks) -> Result<Router, ClientError> {
    routes::all(config, tasks)
}

/// Serves the dashboard until `shutdown` is cancelled and running requests have ended.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), DashboardError> {
    if config.guard.reading_needs_token() && config.token.is_none() {
        return Err(DashboardError::NoTokenForReading);
    }
    let guard = routes::guard(&config, upstreams::client()?);
    match guard.require_tokens(config.address).await {
        // The experiments API may start later: until it answers, nothing can be changed here.
        Ok(()) | Err(service::GuardError::BookAway(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let mut tasks = service::Tasks::new(&shutdown);
    let router = router(&config, &mut tasks)?;
    let listener = service::bind(config.address, "--port").await?;
    tracing::info!("the dashboard answers at http://{}/", config.address);
    let stop = tasks.stop_token();
    service::serve(listener, router, stop.clone()).await;
    stop.cancel();
    tasks.finish().await?;
    Ok(())
}

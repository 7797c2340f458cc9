//! The orchestrator: runs experiments, and finishes them whatever happens.
//!
//! A run is taken in over HTTP ([`run()`] serves on port 9090) and executed by the one orchestrator
//! that holds the lease. Everything that happens is in the journal of crate `store` before the
//! next thing happens: after a crash the same or another orchestrator goes on where it was.
//! Requests to nodes are written down before they are sent; where a node takes a handle of ours,
//! asking again starts nothing twice, and where not, its count of requests tells whether it has
//! executed the one whose answer was lost.
//!
//! Whatever a run has started at nodes is stopped when it is cancelled or fails; [`kill()`] does so
//! without a service. [`run_script`] runs a script without a database.

mod actions;
mod chores;
mod clock;
mod config;
mod discovery;
mod funding;
mod handle_journal;
mod http;
mod import;
mod key_files;
mod kill;
mod network;
mod nodes;
mod paths;
mod program_output;
mod public_graphql;
mod receivers;
mod run;
mod s3_source;
mod script_run;
mod seal;
mod supervisor;
mod upkeep;
mod webhook;

use std::sync::Arc;

use axum::Router;
use service::{TaskFailure, Tasks};
use store::Database;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use config::{Config, DEFAULT_PORT};
pub use funding::{CommandLeftover, Leftover};
pub use http::openapi;
pub use ipnet::IpNet;
pub use kill::{Killed, kill};
pub use network::{Network, NetworkError, S3Source, Source};
pub use script_run::{ScriptRunError, run_script};

use http::Shared;
use seal::{Seal, Sealed};
use supervisor::Supervisor;

/// Why the orchestrator does not serve, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It cannot listen.
    #[error(transparent)]
    Bind(#[from] service::BindError),
    /// What executes the runs does not run any more.
    #[error(transparent)]
    Task(#[from] TaskFailure),
}

/// Serves the orchestrator until `shutdown` is cancelled. A run that is being executed is left
/// where it is; whoever starts next goes on with it.
pub async fn run(
    config: Config,
    database: Database,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let listener = service::bind(config.address, "--port").await?;
    tracing::info!("the orchestrator listens at http://{}", config.address);
    serve(config, database, listener, shutdown).await
}

/// Serves on a listener that is open already.
pub async fn serve(
    config: Config,
    database: Database,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let config = Arc::new(config);
    let wake = Arc::new(Notify::new());
    let seal = Seal::new(&config.network.seed_text, Sealed::Webhooks);
    let supervisor = Supervisor {
        config: Arc::clone(&config),
        database: database.clone(),
        wake: Arc::clone(&wake),
        seal: seal.clone(),
    };
    let working = tokio::spawn(supervisor.run(shutdown.clone()));
    tokio::spawn(upkeep::run(database.clone(), config.keep, shutdown.clone()));
    let router = http::routes(Shared {
        config,
        database,
        wake,
        seal,
        shutdown: shutdown.clone(),
    });
    service::serve(listener, router, shutdown).await;
    // It ends by the same token.
    let _ = working.await;
}

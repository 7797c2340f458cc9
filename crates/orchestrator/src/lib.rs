//! The orchestrator: runs experiments, and finishes them whatever happens.
//!
//! A run is taken in over HTTP ([`run()`] serves on port 9090) and executed by the one orchestrator
//! that holds the lease. Everything that happens is in the journal of crate `store` before the
//! next thing happens: after a crash the same or another orchestrator continues where it was.
//! Requests to nodes are written down before they are sent; where a node takes a handle of ours,
//! asking again starts nothing twice, and where not, its count of requests says whether it has
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
mod script_run;
mod seal;
mod supervisor;
mod tenure;
mod upkeep;
mod webhook;

use std::sync::Arc;

use axum::Router;
use run_records::Runs;
use service::{TaskFailure, Tasks};
use store::Database;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use config::{Config, DEFAULT_PORT};
pub use http::openapi;
pub use ipnet::IpNet;
pub use kill::{Killed, kill};
pub use network::{CommandedNetwork, NetworkError, S3Source, Source};
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
/// where it is; the next orchestrator continues it.
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
    let routes = |tasks: &mut Tasks| {
        let upkeep = upkeep::run(database.clone(), config.keep, tasks.stop_token());
        tasks.spawn("upkeep", upkeep);
        http::routes(Shared {
            config,
            wake,
            seal,
            runs: Runs::new(database.clone(), tasks.stop_token()),
            database,
            tasks: tasks.health(),
            plans: http::Permits::default(),
        })
    };
    serve_beside(|stop| supervisor.run(stop), routes, listener, &shutdown).await
}

/// Serves as long as the supervisor is at work: without it, runs would be taken in that nobody
/// executes. `routes` may add tasks of its own.
async fn serve_beside<F>(
    supervise: impl FnOnce(CancellationToken) -> F,
    routes: impl FnOnce(&mut Tasks) -> Router,
    listener: TcpListener,
    shutdown: &CancellationToken,
) -> Result<(), ServeError>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut tasks = Tasks::new(shutdown);
    tasks.spawn("supervisor", supervise(tasks.stop_token()));
    let router = routes(&mut tasks);
    service::serve(listener, router, tasks.stop_token()).await;
    Ok(tasks.finish().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a service whose supervisor does this.
    async fn served<F>(
        supervise: impl FnOnce(CancellationToken) -> F,
        shutdown: &CancellationToken,
    ) -> Result<(), ServeError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        serve_beside(supervise, |_| Router::new(), listener, shutdown).await
    }

    #[tokio::test]
    async fn a_dead_supervisor_ends_the_service_with_an_error() {
        let shutdown = CancellationToken::new();
        let error = served(|_| async { panic!("dead") }, &shutdown).await;
        let text = error.unwrap_err().to_string();
        assert!(text.contains("\"supervisor\" panicked"), "{text}");
        let error = served(|_| async {}, &shutdown).await;
        let text = error.unwrap_err().to_string();
        assert!(text.contains("\"supervisor\" ended by itself"), "{text}");
    }

    #[tokio::test]
    async fn a_supervisor_that_ends_at_shutdown_is_no_error() {
        let shutdown = CancellationToken::new();
        let serving = served(CancellationToken::cancelled_owned, &shutdown);
        let (served, ()) = tokio::join!(serving, async { shutdown.cancel() });
        assert!(served.is_ok());
    }
}

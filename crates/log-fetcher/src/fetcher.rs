//! Putting the parts together, and stopping them in order.

use std::sync::Arc;

use store::Database;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::archive::{Archive, ArchiveError};
use crate::buffer::Buffer;
use crate::config::Config;
use crate::discovery::{Discovery, DiscoverySource};
use crate::discovery_task::DiscoveryTask;
use crate::http;
use crate::losses::Losses;
use crate::reconciler::Reconciler;
use crate::report::Board;
use crate::shared::Shared;
use crate::trace_ports::TracePorts;
use crate::writer::Writers;

/// Why the log fetcher does not run.
#[derive(Debug, thiserror::Error)]
pub enum LogFetcherError {
    /// The address cannot be had.
    #[error(transparent)]
    Bind(#[from] service::BindError),
    /// The client of the online list cannot be set up.
    #[error("the client of the online list cannot be set up")]
    Discovery(#[from] reqwest::Error),
    /// The output folder cannot be used.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// Runs the log fetcher until `shutdown` is cancelled and everything that was
/// read is committed.
pub async fn run(
    config: Config,
    database: Database,
    shutdown: CancellationToken,
) -> Result<(), LogFetcherError> {
    let listener = service::bind(config.address, "--port").await?;
    run_on(listener, config, database, shutdown).await
}

/// As [`run`], with a listener that exists already.
pub async fn run_on(
    listener: TcpListener,
    config: Config,
    database: Database,
    shutdown: CancellationToken,
) -> Result<(), LogFetcherError> {
    let discovery = Discovery::new(&config.discovery, config.host_overrides.clone())?;
    let (transport, large_transport) = match &config.discovery {
        DiscoverySource::Fixed(_) => Shared::transports(&itn::AllowedAddresses::any()),
        _ => Shared::transports(&config.allowed),
    };
    let (archive, archive_thread) = match &config.archive {
        Some(archive) => {
            let (archive, thread) = Archive::start(archive)?;
            (Some(archive), Some(thread))
        }
        None => (None, None),
    };
    let database_is_away = watch::Sender::new(false);
    let (writers, mut writer_tasks) = Writers::start(&database, config.writers, &database_is_away);
    let control = watch::Sender::new(None);
    let [polls, retries, large_polls, large_retries] = Shared::semaphores();
    let shared = Arc::new(Shared {
        database: database.clone(),
        key: Arc::clone(&config.key),
        transport,
        large_transport,
        pace: config.pace,
        tracer: config.tracer,
        writers,
        buffer: Buffer::new(config.buffer_bytes_max),
        board: Board::default(),
        losses: Losses::default(),
        archive,
        polls,
        retries,
        large_polls,
        large_retries,
    });
    let (found, discovered) = mpsc::channel(1);
    // Together with the writers they end when this future is dropped.
    let mut tasks = JoinSet::new();
    tasks.spawn(
        DiscoveryTask {
            database: database.clone(),
            discovery,
            allowed: config.allowed.clone(),
            interval: config.discovery_interval,
            grace: config.node_grace,
            nodes_max: config.nodes_max,
            trace_ports: config.trace_ports.clone(),
            found,
        }
        .run(shutdown.clone()),
    );
    let reconciler = Reconciler::new(
        Arc::clone(&shared),
        config.holder.clone(),
        config.lease_time,
        control,
        database_is_away,
    );
    tasks.spawn(reconciler.run(discovered, shutdown.clone()));
    if let Some(log_api) = config.trace_ports_log_api.clone() {
        let ports = TracePorts {
            database: database.clone(),
            host: config.address.ip(),
            log_api,
        };
        tasks.spawn(ports.run(shutdown.clone()));
    }
    let router = http::routes(database, config.node_names.clone(), &config.guard);
    if let Ok(address) = listener.local_addr() {
        tracing::info!("the log fetcher answers at http://{address}/nodes");
    }
    service::serve(listener, router, shutdown).await;
    while tasks.join_next().await.is_some() {}
    // The last handle of writers and archive: they end with what they have.
    drop(shared);
    while writer_tasks.join_next().await.is_some() {}
    if let Some(thread) = archive_thread {
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    }
    Ok(())
}

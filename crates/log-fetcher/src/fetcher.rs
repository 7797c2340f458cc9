//! Putting the parts together, and stopping them in order.

use std::sync::Arc;

use service::{TaskFailure, Tasks};
use store::Database;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::archive::{Archive, ArchiveError};
use crate::archiving;
use crate::buffer::Buffer;
use crate::config::Config;
use crate::discovery::{Discovery, DiscoverySource};
use crate::discovery_task::DiscoveryTask;
use crate::http;
use crate::losses::Losses;
use crate::reconciler::Reconciler;
use crate::report::Board;
use crate::shared::Shared;
use crate::span_export::SpanExport;
use crate::trace_ports::TracePorts;
use crate::upkeep;
use crate::writer::Writers;

/// Why the log fetcher does not run.
#[derive(Debug, thiserror::Error)]
pub enum LogFetcherError {
    /// The address cannot be had.
    #[error(transparent)]
    Bind(#[from] service::BindError),
    /// The client of the online list cannot be set up.
    #[error("the client of the online list cannot be set up")]
    Discovery(#[from] discovery::DiscoveryError),
    /// The output folder cannot be used.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The client of the collector of spans cannot be set up.
    #[error("the client of the OpenTelemetry collector cannot be set up")]
    SpanExport(#[source] reqwest::Error),
    /// One of its background tasks does not run any more.
    #[error(transparent)]
    Task(#[from] TaskFailure),
}

/// Runs the log fetcher until `shutdown` is cancelled and everything that was
/// read is committed; or until a background task fails.
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
        DiscoverySource::Fixed(_) => Shared::transports(&itn::AddressPolicy::any()),
        _ => Shared::transports(&config.allowed),
    };
    // All of them end when this future is dropped.
    let mut tasks = Tasks::new(&shutdown);
    let stop = tasks.stop_token();
    let archive = match &config.archive {
        Some(archive) => Some(Archive::start(archive, &mut tasks)?),
        None => None,
    };
    let database_is_away = watch::Sender::new(false);
    let spans = match &config.otlp_collector {
        Some(collector) => {
            let exporting = SpanExport::start(database.clone(), collector, &mut tasks);
            Some(exporting.map_err(LogFetcherError::SpanExport)?)
        }
        None => None,
    };
    let (count, is_away) = (config.writers, &database_is_away);
    let writers = Writers::start(&database, count, is_away, spans.as_ref(), &mut tasks);
    drop(spans);
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
    tasks.spawn(
        "discovery",
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
        .run(stop.clone()),
    );
    let reconciler = Reconciler::new(
        shared,
        config.holder.clone(),
        config.lease_time,
        control,
        database_is_away,
    );
    tasks.spawn("reconciler", reconciler.run(discovered, stop.clone()));
    tasks.spawn(
        "upkeep",
        upkeep::run(
            database.clone(),
            config.keep,
            config.drop_deployments,
            stop.clone(),
        ),
    );
    if let Some(policy) = config.archive_deployments.clone() {
        let work = archiving::run(
            database.clone(),
            config.holder.clone(),
            policy,
            stop.clone(),
        );
        tasks.spawn("archive of deployments", work);
    }
    if let Some(log_api) = config.trace_ports_log_api.clone() {
        let ports = TracePorts {
            database: database.clone(),
            host: config.address.ip(),
            log_api,
        };
        tasks.spawn("trace ports", ports.run(stop.clone()));
    }
    let router = http::routes(database, &config, tasks.health());
    if let Ok(address) = listener.local_addr() {
        tracing::info!("the log fetcher answers at http://{address}/nodes");
    }
    service::serve(listener, router, stop).await;
    // The reconciler has the last handle of writers and archive: they end with
    // what they have.
    Ok(tasks.finish().await?)
}

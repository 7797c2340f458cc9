//! The log API: block traces of all nodes over GraphQL, for the dashboards and
//! scripts that were written for the original service, and over REST below
//! `/api/v1`, for those of today.
//!
//! It promises the field names, shapes, member order and error bodies of the
//! original on `/graphql`, and the same answers from any number of copies: it
//! keeps nothing between requests.

mod answers;
mod call;
mod default_node;
mod export;
mod fields;
mod graphiql;
mod graphql;
mod http;
mod limits;
mod queries;
mod request_error;
mod schema;
mod v1;
mod validation;

use std::net::SocketAddr;

use async_graphql::dynamic::SchemaError;
use axum::Router;
use service::Guard;
use store::Database;
use tokio_util::sync::CancellationToken;
use trace::Compatibility;

pub use v1::openapi;

/// The port that clients of the original know.
pub const DEFAULT_PORT: u16 = 9080;

/// How the log API runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether trees, distributions and total times are corrected or those of
    /// the original.
    pub compatibility: Compatibility,
    /// Who may read.
    pub guard: Guard,
}

impl Default for Config {
    /// Port 9080 of this machine, corrected.
    fn default() -> Self {
        Self {
            address: service::loopback(DEFAULT_PORT),
            compatibility: Compatibility::default(),
            guard: Guard::this_machine(),
        }
    }
}

/// Why the log API does not run.
#[derive(Debug, thiserror::Error)]
pub enum LogApiError {
    /// The address cannot be had.
    #[error(transparent)]
    Bind(#[from] service::BindError),
    /// The schema contradicts itself: an error of this program.
    #[error("the GraphQL schema is invalid: {0}")]
    Schema(String),
}

impl From<SchemaError> for LogApiError {
    fn from(error: SchemaError) -> Self {
        Self::Schema(error.0)
    }
}

/// The routes of the log API, with health and metrics, over a database.
pub fn router(database: Database, compatibility: Compatibility) -> Result<Router, LogApiError> {
    guarded_router(database, compatibility, &Guard::this_machine())
}

/// The same with a guard before what reads.
pub fn guarded_router(
    database: Database,
    compatibility: Compatibility,
    guard: &Guard,
) -> Result<Router, LogApiError> {
    let queries = queries::Queries::new(database.clone(), compatibility);
    let exporting = export::Exporting::new(database.clone(), compatibility);
    let reading = v1::routes(database.clone());
    let graphql = graphql::GraphQl::new(queries)?;
    let health = service::health::routes(move || {
        let database = database.clone();
        async move { database.ping().await }
    });
    Ok(http::routes(graphql, exporting, reading, guard, health))
}

/// Serves the log API until `shutdown` is cancelled and running requests have
/// ended.
pub async fn run(
    config: Config,
    database: Database,
    shutdown: CancellationToken,
) -> Result<(), LogApiError> {
    let router = guarded_router(database, config.compatibility, &config.guard)?;
    let listener = service::bind(config.address, "--port").await?;
    tracing::info!("the log API answers at http://{}/graphql", config.address);
    service::serve(listener, router, shutdown).await;
    Ok(())
}

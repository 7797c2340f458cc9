//! Single connections: unlike a pool, they say why one cannot be made.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

use super::failure;
use super::target;
#[cfg(feature = "testing")]
use super::target::Target;
use crate::StoreError;

/// How long one attempt to connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens one connection. Unlike a pool, which tries until its time is over and
/// then cannot tell why it failed, this gives the reason.
pub(crate) async fn first_connection(
    options: &PgConnectOptions,
) -> Result<PgConnection, StoreError> {
    match tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(source)) => Err(failure::connect_error(options, source)),
        Err(_) => Err(StoreError::NoAnswer {
            server: target::server(options),
            seconds: CONNECT_TIMEOUT.as_secs(),
        }),
    }
}

/// Why a pool has given no connection in time: what the server says to another one.
pub(crate) async fn why_no_connection(options: &PgConnectOptions, time: Duration) -> StoreError {
    match tokio::time::timeout(time, PgConnection::connect_with(options)).await {
        Ok(Err(error)) => failure::connect_error(options, error),
        Ok(Ok(_)) | Err(_) => sqlx::Error::PoolTimedOut.into(),
    }
}

/// A connection to the first server of the target that answers, without settings.
#[cfg(feature = "testing")]
pub(crate) async fn any_connection(target: &Target) -> Result<PgConnection, StoreError> {
    let mut last = StoreError::OtherKind;
    for server in &target.servers {
        match first_connection(server).await {
            Ok(connection) => return Ok(connection),
            Err(error) => last = error,
        }
    }
    Err(last)
}

//! Connection poolers between here and the server, such as `PgBouncer`.
//!
//! They refuse the settings of a connection's start, which are then made after it. One that gives
//! each transaction another session cannot be used: prepared statements, locks and settings belong
//! to sessions.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection, Row as _};

use super::single::first_connection;
use crate::StoreError;

/// How long a second session is waited for. A pooler with one session does not give it.
const SESSION_MAX: Duration = Duration::from_secs(3);

/// `protocol_violation`, which poolers answer settings of the start with.
const REFUSED_AT_START: &str = "08P01";

pub(super) fn refuses_settings(error: &StoreError) -> bool {
    matches!(error, StoreError::Sql(cause) if cause.code() == Some(REFUSED_AT_START))
}

/// Fails if two connections share a session while the second one is in a transaction, or if the
/// first one has got another session for it.
pub(super) async fn require_sessions(
    server: &PgConnectOptions,
    first: &mut PgConnection,
) -> Result<(), StoreError> {
    let before = session(first).await?;
    let mut second = first_connection(server).await?;
    let of_second = async {
        sqlx::raw_sql("BEGIN").execute(&mut second).await?;
        session(&mut second).await
    };
    let shared = match tokio::time::timeout(SESSION_MAX, of_second).await {
        Ok(Ok(of_second)) => of_second == before || session(first).await? != before,
        // Transactions are refused where each statement gets another session.
        Ok(Err(sqlx::Error::Database(error))) => error.code().as_deref() == Some(REFUSED_AT_START),
        Ok(Err(error)) => return Err(error.into()),
        // The only session is that of the first connection.
        Err(_) => false,
    };
    // Ends the transaction.
    let _ = second.close_hard().await;
    if shared {
        return Err(StoreError::SharedSessions);
    }
    Ok(())
}

/// The process of the server that serves the connection.
async fn session(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::raw_sql("SELECT pg_backend_pid()::text")
        .fetch_one(connection)
        .await?
        .try_get(0)
}

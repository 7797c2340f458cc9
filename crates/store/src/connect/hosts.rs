//! Several hosts: the first that will do is used, and another one when it no longer does.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{PgConnection, PgPool, Row as _};

use super::opened::{Opened, open};
use super::options::ConnectOptions;
use super::target::SessionKind;
use super::target::server as shown;
use crate::StoreError;

/// How often to look whether the server in use will still do.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// How long a busy pool is waited for before the servers are asked directly.
const LOOK_MAX: Duration = Duration::from_secs(2);

/// Whether the server at the other end is of this kind.
pub(super) async fn suits(
    kind: SessionKind,
    connection: &mut PgConnection,
) -> Result<bool, sqlx::Error> {
    if kind == SessionKind::Any {
        return Ok(true);
    }
    let row =
        sqlx::raw_sql("SELECT pg_is_in_recovery()::text, current_setting('transaction_read_only')")
            .fetch_one(connection)
            .await?;
    let is_standby = row.try_get::<String, _>(0)? == "true";
    let is_read_only = row.try_get::<String, _>(1)? == "on";
    Ok(match kind {
        SessionKind::Any => true,
        SessionKind::ReadWrite => !is_read_only,
        SessionKind::ReadOnly => is_read_only,
        SessionKind::Primary => !is_standby,
        SessionKind::Standby | SessionKind::PreferStandby => is_standby,
    })
}

/// The first server of the list that will do, with a connection to it.
pub(super) async fn first_suitable(
    servers: &[PgConnectOptions],
    kind: SessionKind,
    options: &ConnectOptions,
) -> Result<Opened, StoreError> {
    let mut failures = Vec::new();
    let kinds: &[SessionKind] = match kind {
        SessionKind::PreferStandby => &[SessionKind::Standby, SessionKind::Any],
        _ => &[kind],
    };
    for kind in kinds {
        failures.clear();
        for server in servers {
            match open(server, options).await {
                Ok(mut opened) => match suits(*kind, &mut opened.connection).await {
                    Ok(true) => return Ok(opened),
                    Ok(false) => failures.push((opened.server, StoreError::OtherKind)),
                    Err(error) => failures.push((opened.server, StoreError::from(error))),
                },
                Err(error) => failures.push((server.clone(), error)),
            }
        }
    }
    Err(match failures.pop() {
        Some((_, error)) if failures.is_empty() && !matches!(error, StoreError::OtherKind) => error,
        last => StoreError::NoServer {
            reasons: failures
                .into_iter()
                .chain(last)
                .map(|(server, error)| format!("{}: {error}", shown(&server)))
                .collect::<Vec<_>>()
                .join("; "),
        },
    })
}

/// Moves a pool to another server of the list when its own no longer qualifies. Ends with the
/// pool.
pub(super) fn follow(
    pool: PgPool,
    servers: Vec<PgConnectOptions>,
    kind: SessionKind,
    options: ConnectOptions,
) {
    let closing = pool.clone();
    let following = async move {
        loop {
            tokio::time::sleep(LOOK_INTERVAL).await;
            if still_suits(&pool, kind.to_remain()).await {
                continue;
            }
            match first_suitable(&servers, kind, &options).await {
                Ok(opened) => {
                    let server = opened.server;
                    tracing::warn!("continuing with the database server at {}", shown(&server));
                    pool.set_connect_options(options.with_settings(server, opened.settings));
                }
                Err(error) => tracing::warn!("no database server can be used: {error}"),
            }
        }
    };
    tokio::spawn(async move { closing.close_event().do_until(following).await });
}

async fn still_suits(pool: &PgPool, kind: SessionKind) -> bool {
    let asked = async {
        let mut connection = pool.acquire().await?;
        let suits = suits(kind, &mut connection).await?;
        if !suits {
            connection.close_on_drop();
        }
        Ok::<bool, sqlx::Error>(suits)
    };
    matches!(tokio::time::timeout(LOOK_MAX, asked).await, Ok(Ok(true)))
}

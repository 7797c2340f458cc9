//! Running services on their database, and ending them when they are asked to, whatever the
//! database does.
//!
//! Services end in order: running requests are answered, everything accepted is stored. A database
//! that does not answer would hold that up for as long as it is away; then they are cut after a few
//! seconds instead. Nothing is lost by that but what would be lost if the process was killed.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use store::{ConnectOptions, Database};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::cli::Connection;
use crate::connection::Opened;

/// A service that has to stop is no longer waited for when the database has not answered for so
/// long.
const SILENCE_MAX: Duration = Duration::from_secs(3);
/// Time for the database to answer, and from one question to the next.
const ANSWER_MAX: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(250);
/// How long a database is waited for before a service tells that it is not ready.
const QUICK: Duration = Duration::from_secs(1);
/// Time for closing a database that does not answer.
const CLOSE_MAX: Duration = Duration::from_millis(1_500);

/// Opens the database and does `work` with it. Meanwhile `address`, that of a service, answers
/// whether it is ready. The work ends by itself or when the token that it is
/// given is cancelled by a signal.
pub(crate) async fn on_database(
    connection: &Connection,
    options: &ConnectOptions,
    address: Option<SocketAddr>,
    work: impl AsyncFnOnce(&Opened, CancellationToken) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let shutdown = service::shutdown::on_signal()?;
    service::metrics::install()?;
    let opened = tokio::select! {
        opened = connection.open(options) => opened?,
        () = not_ready(address, &shutdown) => return Ok(ExitCode::from(130)),
        () = shutdown.cancelled() => return Ok(ExitCode::from(130)),
    };
    let code = tokio::select! {
        code = work(&opened, shutdown.clone()) => code,
        () = silence_after(&shutdown, &opened.database) => {
            tracing::warn!("the database does not answer: what it has not taken is given up");
            Ok(ExitCode::SUCCESS)
        }
    };
    let answers = answers(&opened.database).await;
    let closing = opened.close();
    if answers {
        closing.await?;
    } else if let Ok(closed) = tokio::time::timeout(CLOSE_MAX, closing).await {
        closed?;
    }
    code
}

/// Answers `/healthz`, `/readyz` and `/metrics` at the address of a service whose database is not
/// open yet: an embedded server may recover for long. Does not end.
async fn not_ready(address: Option<SocketAddr>, shutdown: &CancellationToken) {
    tokio::time::sleep(QUICK).await;
    // Whether the address can be had is for the service to tell.
    if let Some(address) = address
        && let Ok(listener) = tokio::net::TcpListener::bind(address).await
    {
        let routes = service::health::routes(async || Err::<(), _>(why_not_ready()));
        service::serve(listener, routes, shutdown.clone()).await;
    }
    std::future::pending::<()>().await;
}

fn why_not_ready() -> String {
    store::embedded::trouble().unwrap_or_else(|| "the database is being opened".to_owned())
}

/// Waits until `shutdown` is cancelled and the database has not answered for too long after that.
async fn silence_after(shutdown: &CancellationToken, database: &Database) {
    shutdown.cancelled().await;
    let mut heard = Instant::now();
    while heard.elapsed() < SILENCE_MAX {
        if answers(database).await {
            heard = Instant::now();
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn answers(database: &Database) -> bool {
    let answer = tokio::time::timeout(ANSWER_MAX, database.ping()).await;
    answer.is_ok_and(|answer| answer.is_ok())
}

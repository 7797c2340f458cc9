//! Running services on their database, and ending them when they are asked to, whatever the
//! database does.
//!
//! Services end in order: running requests are answered, everything accepted is stored. A database
//! that does not answer would hold that up for as long as it is away; then they are cut after a few
//! seconds instead. Nothing is lost by that but what would be lost if the process was killed.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::Mutex;
use store::{ConnectOptions, Database, StoreError};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::choice::Connection;
use crate::connection::Opened;
use crate::orchestrator_command;
use crate::services::ServiceArguments;

/// A service that has to stop is no longer waited for when the database has not answered for so
/// long.
const SILENCE_MAX: Duration = Duration::from_secs(3);
/// Time for the database to answer, and from one question to the next.
const ANSWER_MAX: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(250);
/// Time limit for the database before a service reports that it is not ready.
const QUICK: Duration = Duration::from_secs(1);
/// From one attempt to open a database whose server is not there to the next.
const OPEN_AGAIN: Duration = Duration::from_secs(1);
/// Time for closing a database that does not answer.
const CLOSE_MAX: Duration = Duration::from_millis(1_500);

/// Runs a service alone.
pub(crate) async fn alone(
    arguments: ServiceArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    // Before anything is started, so that a mistake is reported at once.
    let mut config = match arguments.config() {
        Ok(config) => config,
        Err(error) => match error.downcast_ref() {
            Some(error) => return Ok(orchestrator_command::refuse(error)),
            None => return Err(error),
        },
    };
    let address = *config.address_mut();
    let options = config.own_connections();
    let options = options.unwrap_or_else(ConnectOptions::for_queries);
    on_database(
        connection,
        &options,
        &[address],
        WhenAway::Wait,
        async |opened, shutdown| {
            config.run(opened.database.clone(), shutdown).await?;
            Ok(ExitCode::SUCCESS)
        },
    )
    .await
}

/// What is done if the database server is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenAway {
    /// It is waited for.
    Wait,
    /// That is an error.
    Fail,
}

/// Opens the database and does `work` with it. Meanwhile `addresses`, those of services, answer
/// whether they are ready. The work ends by itself or when the token that it is
/// given is cancelled by a signal.
pub(crate) async fn on_database(
    connection: &Connection,
    options: &ConnectOptions,
    addresses: &[SocketAddr],
    when_away: WhenAway,
    work: impl AsyncFnOnce(&Opened, CancellationToken) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let shutdown = service::shutdown::on_signal()?;
    service::metrics::install()?;
    let trouble = Trouble::default();
    let opening = async {
        match when_away {
            WhenAway::Fail => connection.open(options).await,
            WhenAway::Wait => open_when_it_is_there(connection, options, &trouble).await,
        }
    };
    let opened = tokio::select! {
        opened = opening => opened?,
        () = not_ready(addresses, &trouble, &shutdown) => return Ok(ExitCode::from(130)),
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

/// Why the database is not open yet.
type Trouble = Arc<Mutex<Option<String>>>;

/// Opens the database as soon as its server answers: services may be started in any order. Whatever
/// does not pass by itself, such as a wrong password, is an error at once.
async fn open_when_it_is_there(
    connection: &Connection,
    options: &ConnectOptions,
    trouble: &Trouble,
) -> anyhow::Result<Opened> {
    let mut is_told = false;
    loop {
        let error = match connection.open(options).await {
            Err(error) if passes(&error) => format!("{error:#}"),
            Ok(opened) if is_told => {
                tracing::info!("the database server answers");
                return Ok(opened);
            }
            done => return done,
        };
        if !is_told {
            tracing::warn!("{error}; waiting for it");
            is_told = true;
        }
        *trouble.lock() = Some(error);
        tokio::time::sleep(OPEN_AGAIN).await;
    }
}

/// Whether the server is not there yet, or not ready.
fn passes(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(
            StoreError::Unreachable { .. }
                | StoreError::NoAnswer { .. }
                | StoreError::NotReady { .. }
        )
    )
}

/// Answers `/healthz`, `/readyz` and `/metrics` at the addresses of services whose database is not
/// open yet: an embedded server may recover for long. Does not end.
async fn not_ready(addresses: &[SocketAddr], trouble: &Trouble, shutdown: &CancellationToken) {
    tokio::time::sleep(QUICK).await;
    // Not tasks: an aborted task keeps its port until it is polled, and the services bind the
    // ports as soon as this future is dropped.
    join_all(addresses.iter().map(async |address| {
        // Whether the address can be had is for the service to tell.
        if let Ok(listener) = TcpListener::bind(address).await {
            let trouble = Arc::clone(trouble);
            let ready = move || std::future::ready(Err::<(), _>(why_not_ready(&trouble)));
            let routes = service::health::routes(ready);
            service::serve(listener, routes, shutdown.clone()).await;
        }
    }))
    .await;
    std::future::pending::<()>().await;
}

fn why_not_ready(trouble: &Trouble) -> String {
    let trouble = trouble.lock();
    let trouble = trouble.clone().or_else(store::embedded::trouble);
    trouble.unwrap_or_else(|| "the database is being opened".to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_ports_are_free_as_soon_as_the_database_is_open() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let is_answered = async {
            while tokio::net::TcpStream::connect(address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let (addresses, shutdown) = ([address], CancellationToken::new());
        let trouble = Trouble::default();
        tokio::select! {
            () = not_ready(&addresses, &trouble, &shutdown) => {}
            () = is_answered => {}
        }
        std::net::TcpListener::bind(address).unwrap();
    }
}

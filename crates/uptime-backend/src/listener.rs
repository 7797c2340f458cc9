//! The accept loop, which tells requests who sent them.
//!
//! Promises the same as [`service::serve`], which does not hand over the peer's
//! address: HTTP/1.1; a bound on connections; a time limit on request headers;
//! after cancellation no new connection, running requests may finish for ten
//! seconds, then they are cut.

use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const HEADER_TIME_MAX: Duration = Duration::from_secs(30);
const DRAIN_TIME_MAX: Duration = Duration::from_secs(10);
const CONNECTIONS_MAX: usize = 4096;

/// Pause after a failed accept: lacking resources, retrying at once would only
/// burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers requests with `router` until `shutdown` is cancelled, then lets
/// running ones finish. Each carries the extension `ConnectInfo<SocketAddr>`.
pub(crate) async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let router = router.clone().layer(Extension(ConnectInfo(peer)));
                connections.spawn(serve_connection(stream, router, shutdown.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection at the moment");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN_TIME_MAX, drained).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "requests still running after the time to finish were cut"
        );
    }
    connections.shutdown().await;
}

async fn serve_connection(stream: TcpStream, router: Router, shutdown: CancellationToken) {
    let connection = Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended early");
    }
}

//! The accept loop of a service.
//!
//! Promises: HTTP/1.1 with upgrades (what every client of these services speaks); a bound on
//! connections, of all clients and of each; a time limit on request headers, and on taking answers,
//! so that a slow or silent client cannot hold a connection for ever; after cancellation no new
//! connection, running requests may finish for ten seconds, then they are cut. `axum::serve` gives
//! none of the limits, hence this loop on the same libraries.

use std::io;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
#[cfg(target_os = "linux")]
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clients::Clients;

/// What a service grants its connections.
#[derive(Debug, Clone, Copy)]
struct ConnectionLimits {
    /// Time for a client to send complete request headers, counted from the opening of the
    /// connection or the end of the previous answer.
    header_read: Duration,
    /// Time in which a client must take some of what is sent to it.
    write: Duration,
    /// Time for running requests to finish after cancellation.
    drain: Duration,
    /// Connections open at once; further clients wait in the operating system's queue.
    connections: usize,
    /// Of these, connections of one client; further ones are closed at once.
    connections_of_client: usize,
}

const LIMITS: ConnectionLimits = ConnectionLimits {
    header_read: Duration::from_secs(30),
    write: Duration::from_secs(30),
    drain: Duration::from_secs(10),
    connections: 4096,
    connections_of_client: 2048,
};

/// Pause after a failed accept that is not the client's fault, such as too many open files: the
/// state lasts a while, and retrying at once would only burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Answers requests with `router` until `token` is cancelled, then lets running requests finish
/// for at most ten seconds. Each request carries the extension `ConnectInfo<SocketAddr>` with the
/// address it comes from.
pub async fn serve(listener: TcpListener, router: Router, token: CancellationToken) {
    serve_within(LIMITS, listener, router, token).await;
}

async fn serve_within(
    limits: ConnectionLimits,
    listener: TcpListener,
    router: Router,
    token: CancellationToken,
) {
    let mut http = Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header_read)
        // A client may say that it sends nothing more and still want its answer.
        .half_close(true);
    let mut connections = JoinSet::new();
    let mut clients = Clients::default();

    loop {
        let accepted = tokio::select! {
            () = token.cancelled() => break,
            Some(ended) = connections.join_next_with_id() => {
                clients.remove(ended.map_or_else(|error| error.id(), |(id, ())| id));
                continue;
            }
            accepted = listener.accept(), if connections.len() < limits.connections => accepted,
        };
        match accepted {
            Ok((_, peer)) if clients.open(peer.ip()) >= limits.connections_of_client => {
                tracing::debug!(%peer, "a client has too many connections: one was closed");
            }
            Ok((stream, peer)) => {
                limit_writes(&stream, limits.write);
                let router = router.clone().layer(Extension(ConnectInfo(peer)));
                let connection = http
                    .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
                    .with_upgrades();
                let stop = token.clone();
                let serving = connections.spawn(async move {
                    let mut connection = std::pin::pin!(connection);
                    let ended = tokio::select! {
                        ended = connection.as_mut() => ended,
                        () = stop.cancelled() => {
                            connection.as_mut().graceful_shutdown();
                            connection.await
                        }
                    };
                    if let Err(error) = ended {
                        tracing::debug!(%error, "connection ended early");
                    }
                });
                clients.add(serving.id(), peer.ip());
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections at the moment");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }

    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.drain, drained).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "requests still running after the time to finish were cut"
        );
    }
    connections.shutdown().await;
}

/// Has the system end a connection whose peer takes nothing for so long. It knows better than this
/// process, which sees only when its send buffer, megabytes perhaps, has room again.
fn limit_writes(stream: &TcpStream, limit: Duration) {
    #[cfg(target_os = "linux")]
    if let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(limit)) {
        tracing::debug!(%error, "a connection has no limit for writing");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, limit);
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::time::Instant;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpSocket;
    use tokio::sync::{Notify, Semaphore};
    use tokio::task::JoinHandle;

    use super::*;
    use crate::{bind, loopback};

    const SHORT: ConnectionLimits = ConnectionLimits {
        header_read: Duration::from_millis(100),
        write: Duration::from_millis(500),
        drain: Duration::from_millis(300),
        connections: 2,
        connections_of_client: 2,
    };

    struct Running {
        address: SocketAddr,
        token: CancellationToken,
        task: JoinHandle<()>,
    }

    async fn start(limits: ConnectionLimits, router: Router) -> Running {
        let listener = bind(loopback(0), "--port").await.unwrap();
        let address = listener.local_addr().unwrap();
        let token = CancellationToken::new();
        let task = tokio::spawn(serve_within(limits, listener, router, token.clone()));
        Running {
            address,
            token,
            task,
        }
    }

    async fn request(address: SocketAddr, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }

    async fn answer(mut stream: TcpStream) -> String {
        let mut text = String::new();
        // a connection that was cut may end in a reset instead of an end of file
        let _ended = stream.read_to_string(&mut text).await;
        text
    }

    /// A route that says when a request has arrived and answers when it is told to.
    fn slow_route(arrived: &Arc<Notify>, go_on: &Arc<Semaphore>) -> Router {
        let (arrived, go_on) = (Arc::clone(arrived), Arc::clone(go_on));
        Router::new().route(
            "/slow",
            get(async move || {
                arrived.notify_one();
                go_on.acquire().await.unwrap().forget();
                "finished"
            }),
        )
    }

    #[tokio::test]
    async fn answers_until_cancelled_and_then_frees_the_port() {
        let router = Router::new().route("/", get(async || "here"));
        let running = start(LIMITS, router).await;
        let text = answer(request(running.address, "/").await).await;
        assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
        assert!(text.ends_with("here"), "{text}");
        running.token.cancel();
        running.task.await.unwrap();
        assert!(TcpStream::connect(running.address).await.is_err());
    }

    #[tokio::test]
    async fn a_request_knows_where_it_comes_from() {
        let peer = async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string();
        let running = start(LIMITS, Router::new().route("/", get(peer))).await;
        let stream = request(running.address, "/").await;
        let own = stream.local_addr().unwrap().to_string();
        let text = answer(stream).await;
        assert!(text.ends_with(&own), "{text}");
        running.token.cancel();
        running.task.await.unwrap();
    }

    #[tokio::test]
    async fn a_running_request_may_finish_after_cancellation() {
        let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        let running = start(LIMITS, slow_route(&arrived, &go_on)).await;
        let stream = request(running.address, "/slow").await;
        arrived.notified().await;
        running.token.cancel();
        go_on.add_permits(1);
        assert!(answer(stream).await.ends_with("finished"));
        running.task.await.unwrap();
    }

    #[tokio::test]
    async fn a_request_that_never_finishes_is_cut_after_the_drain_time() {
        let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        let running = start(SHORT, slow_route(&arrived, &go_on)).await;
        let stream = request(running.address, "/slow").await;
        arrived.notified().await;
        let begin = Instant::now();
        running.token.cancel();
        running.task.await.unwrap();
        assert!(begin.elapsed() >= SHORT.drain);
        assert_eq!(answer(stream).await, "");
    }

    #[tokio::test]
    async fn a_client_that_half_closes_gets_its_answer() {
        let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        let running = start(LIMITS, slow_route(&arrived, &go_on)).await;
        let mut stream = request(running.address, "/slow").await;
        stream.shutdown().await.unwrap();
        arrived.notified().await;
        // The end of what the client sends has arrived, too.
        tokio::time::sleep(Duration::from_millis(100)).await;
        go_on.add_permits(1);
        assert!(answer(stream).await.ends_with("finished"));
    }

    #[tokio::test]
    async fn a_client_that_sends_no_complete_headers_is_disconnected() {
        let running = start(SHORT, Router::new()).await;
        for half in ["", "GET / HTTP/1.1\r\nHost: te"] {
            let mut stream = TcpStream::connect(running.address).await.unwrap();
            stream.write_all(half.as_bytes()).await.unwrap();
            let text = tokio::time::timeout(Duration::from_secs(20), answer(stream)).await;
            let text = text.unwrap_or_else(|_| panic!("still connected after sending {half:?}"));
            assert!(!text.contains("200 OK"), "{text}");
        }
    }

    /// A route with an answer that no buffer holds; says when the last of it is gone.
    fn endless_route(gone: &Arc<Notify>) -> Router {
        struct Gone(Arc<Notify>);
        impl Drop for Gone {
            fn drop(&mut self) {
                self.0.notify_one();
            }
        }
        let gone = Arc::clone(gone);
        Router::new().route(
            "/endless",
            get(async move || crate::held_body(vec![b'x'; 64 << 20], Gone(gone))),
        )
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_client_that_takes_nothing_is_disconnected() {
        let gone = Arc::new(Notify::new());
        let small = Router::new().route("/small", get(async || "x".repeat(1000)));
        let running = start(SHORT, endless_route(&gone).merge(small)).await;
        let reader = async |path: &str, times: usize| {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(2048).unwrap();
            let mut stream = socket.connect(running.address).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n");
            stream
                .write_all(request.repeat(times).as_bytes())
                .await
                .unwrap();
            stream
        };
        let large = reader("/endless", 1).await;
        let limit = Duration::from_secs(20);
        assert!(tokio::time::timeout(limit, gone.notified()).await.is_ok());
        drop(large);
        // Many small answers, of which the last ones are not even begun.
        let mut many = reader("/small", 200).await;
        tokio::time::sleep(4 * SHORT.write).await;
        let reading = async {
            let mut text = Vec::new();
            many.read_to_end(&mut text).await.map(|_| text.len())
        };
        let read = tokio::time::timeout(limit, reading).await;
        let read = read.expect("the connection has ended");
        assert!(!read.is_ok_and(|bytes| bytes >= 200_000), "all were sent");
    }

    #[tokio::test]
    async fn a_client_that_reads_slowly_is_served() {
        let gone = Arc::new(Notify::new());
        let running = start(SHORT, endless_route(&gone)).await;
        let mut stream = request(running.address, "/endless").await;
        let begun = Instant::now();
        let mut piece = vec![0; 128 << 10];
        while begun.elapsed() < 4 * SHORT.write {
            stream.read_exact(&mut piece).await.unwrap();
            tokio::time::sleep(SHORT.write / 10).await;
        }
    }

    #[tokio::test]
    async fn one_client_cannot_take_all_connections() {
        let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        let limits = ConnectionLimits {
            connections_of_client: 1,
            ..LIMITS
        };
        let running = start(limits, slow_route(&arrived, &go_on)).await;
        let first = request(running.address, "/slow").await;
        arrived.notified().await;
        let limit = Duration::from_secs(20);
        let second = TcpStream::connect(running.address).await.unwrap();
        let closed = tokio::time::timeout(limit, answer(second)).await;
        assert_eq!(closed.expect("it is still open"), "");
        // Another address of this machine is another client.
        let other = TcpSocket::new_v4().unwrap();
        other.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        let mut other = other.connect(running.address).await.unwrap();
        let head = b"GET /slow HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
        other.write_all(head).await.unwrap();
        arrived.notified().await;
        go_on.add_permits(2);
        for stream in [first, other] {
            assert!(answer(stream).await.ends_with("finished"));
        }
    }

    #[tokio::test]
    async fn a_connection_above_the_bound_waits_for_a_free_place() {
        let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        let running = start(SHORT, slow_route(&arrived, &go_on)).await;
        let first = request(running.address, "/slow").await;
        arrived.notified().await;
        let second = request(running.address, "/slow").await;
        arrived.notified().await;
        let third = request(running.address, "/slow").await;
        let early = tokio::time::timeout(Duration::from_millis(100), arrived.notified()).await;
        assert!(early.is_err(), "the third request should still wait");
        go_on.add_permits(1);
        arrived.notified().await;
        go_on.add_permits(2);
        for stream in [first, second, third] {
            assert!(answer(stream).await.ends_with("finished"));
        }
    }
}

//! A proxy before PostgreSQL that stops the world at a chosen commit: before the server has seen
//! it, or after it has answered. So a process can be ended at exactly that point without knowing
//! of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Where the world stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    BeforeCommit,
    AfterCommit,
}

struct State {
    server: String,
    commits: AtomicUsize,
    at: usize,
    side: Side,
    stopped: AtomicBool,
    notify: Notify,
    cut: CancellationToken,
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

impl Proxy {
    /// A proxy that stops at the commit with this number, from 1.
    pub(crate) async fn start(server: &str, at: usize, side: Side) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            server: server.to_owned(),
            commits: AtomicUsize::new(0),
            at,
            side,
            stopped: AtomicBool::new(false),
            notify: Notify::new(),
            cut: CancellationToken::new(),
        });
        let accepting = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&accepting);
                tokio::spawn(async move {
                    let cut = state.cut.clone();
                    cut.run_until_cancelled(forward(client, state)).await;
                });
            }
        });
        Self { address, state }
    }

    /// Waits until the world has stopped.
    pub(crate) async fn stopped(&self) {
        while !self.state.stopped.load(Ordering::SeqCst) {
            let notified = self.state.notify.notified();
            if self.state.stopped.load(Ordering::SeqCst) {
                return;
            }
            notified.await;
        }
    }

    /// Closes all connections, as the end of a process does, and lets nothing more through.
    pub(crate) fn cut(&self) {
        self.state.cut.cancel();
    }

    /// Commits so far.
    pub(crate) fn commits(&self) -> usize {
        self.state.commits.load(Ordering::SeqCst)
    }
}

impl State {
    async fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.notify.notify_waiters();
        std::future::pending::<()>().await;
    }
}

async fn forward(client: TcpStream, state: Arc<State>) {
    let Ok(server) = TcpStream::connect(&state.server).await else {
        return;
    };
    // A driver sends and awaits small messages: held back by TCP each takes 40 ms.
    if client.set_nodelay(true).is_err() || server.set_nodelay(true).is_err() {
        return;
    }
    let (from_client, mut to_client) = client.into_split();
    let mut from_client = BufReader::new(from_client);
    let (mut from_server, mut to_server) = server.into_split();
    let hold_answer = Arc::new(AtomicBool::new(false));
    let answers = {
        let (state, hold_answer) = (Arc::clone(&state), Arc::clone(&hold_answer));
        async move {
            let mut buffer = vec![0; 64 << 10];
            while let Ok(count) = from_server.read(&mut buffer).await {
                if count == 0 {
                    break;
                }
                if hold_answer.load(Ordering::SeqCst) {
                    // The server has answered: the commit has happened.
                    state.stop().await;
                }
                if state.stopped.load(Ordering::SeqCst) {
                    std::future::pending::<()>().await;
                }
                if to_client.write_all(&buffer[..count]).await.is_err() {
                    break;
                }
            }
        }
    };
    let requests = async move {
        let mut is_started = false;
        let result: std::io::Result<()> = async {
            loop {
                let mut message = Vec::new();
                if is_started {
                    message.push(from_client.read_u8().await?);
                }
                let length = from_client.read_u32().await?;
                message.extend(length.to_be_bytes());
                let begin = message.len();
                message.resize(begin + length as usize - 4, 0);
                from_client.read_exact(&mut message[begin..]).await?;
                if !is_started {
                    // Requests for encryption have these codes; what follows has no type byte either.
                    let code = &message[4..8];
                    is_started = code != 80_877_103_u32.to_be_bytes()
                        && code != 80_877_104_u32.to_be_bytes();
                } else if message[0] == b'Q' && message[begin..].starts_with(b"COMMIT") {
                    let number = state.commits.fetch_add(1, Ordering::SeqCst) + 1;
                    if number == state.at {
                        match state.side {
                            Side::BeforeCommit => state.stop().await,
                            Side::AfterCommit => hold_answer.store(true, Ordering::SeqCst),
                        }
                    }
                }
                if state.stopped.load(Ordering::SeqCst) {
                    std::future::pending::<()>().await;
                }
                to_server.write_all(&message).await?;
            }
        }
        .await;
        result
    };
    tokio::select! {
        _ = requests => {}
        () = answers => {}
    }
}

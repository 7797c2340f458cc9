//! A proxy before PostgreSQL that stops the world at a chosen write to the journal: before the
//! server has seen it, or after it has answered. So a process can be ended at exactly that point
//! without knowing of it.
//!
//! A write is the commit of a transaction, or a statement that changes the journal without one.
//! Taking and renewing leases do not count: they follow the clock, not the run.

use std::collections::HashSet;
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
    BeforeWrite,
    AfterWrite,
}

struct State {
    server: String,
    writes: AtomicUsize,
    stop: Option<(usize, Side)>,
    stopped: AtomicBool,
    notify: Notify,
    goes_on: CancellationToken,
    cut: CancellationToken,
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

impl Proxy {
    /// A proxy that stops at the write with this number, from 1.
    pub(crate) async fn start(server: &str, stop: Option<(usize, Side)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            server: server.to_owned(),
            writes: AtomicUsize::new(0),
            stop,
            stopped: AtomicBool::new(false),
            notify: Notify::new(),
            goes_on: CancellationToken::new(),
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
        while !self.has_stopped() {
            let notified = self.state.notify.notified();
            if self.has_stopped() {
                return;
            }
            notified.await;
        }
    }

    /// Lets the world go on after it has stopped.
    pub(crate) fn go_on(&self) {
        self.state.goes_on.cancel();
    }

    /// Closes all connections, as the end of a process does, and lets nothing more through.
    pub(crate) fn cut(&self) {
        self.state.cut.cancel();
    }

    /// Writes so far.
    pub(crate) fn writes(&self) -> usize {
        self.state.writes.load(Ordering::SeqCst)
    }

    /// Whether the world has stopped.
    pub(crate) fn has_stopped(&self) -> bool {
        self.state.stopped.load(Ordering::SeqCst)
    }
}

impl State {
    async fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.notify.notify_waiters();
        self.goes_on.cancelled().await;
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
                    state.goes_on.cancelled().await;
                }
                if to_client.write_all(&buffer[..count]).await.is_err() {
                    break;
                }
            }
        }
    };
    let requests = async move {
        let mut is_started = false;
        let mut statements = Statements::default();
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
                } else if statements.is_write(message[0], &message[begin..]) {
                    let number = state.writes.fetch_add(1, Ordering::SeqCst) + 1;
                    match state.stop {
                        Some((at, Side::BeforeWrite)) if at == number => state.stop().await,
                        Some((at, Side::AfterWrite)) if at == number => {
                            hold_answer.store(true, Ordering::SeqCst);
                        }
                        _ => {}
                    }
                }
                if state.stopped.load(Ordering::SeqCst) {
                    state.goes_on.cancelled().await;
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

/// What is known of the statements of a connection.
#[derive(Default)]
struct Statements {
    in_transaction: bool,
    /// Names of prepared statements that change the journal.
    writing: HashSet<Vec<u8>>,
    /// Whether the messages that follow each other, up to their end, contain such a statement.
    is_writing: bool,
}

impl Statements {
    /// Takes a message of the client. Whether it is the one with which a write happens: a commit, or
    /// the end of the messages that execute a statement outside of a transaction.
    fn is_write(&mut self, kind: u8, message: &[u8]) -> bool {
        let mut texts = message.split(|byte| *byte == 0);
        match kind {
            b'Q' => {
                let is_commit = message.starts_with(b"COMMIT");
                let ends = is_commit || message.starts_with(b"ROLLBACK");
                self.in_transaction =
                    !ends && (self.in_transaction || message.starts_with(b"BEGIN"));
                is_commit
            }
            // Parse: name and text of a statement.
            b'P' => {
                let name = texts.next().unwrap_or_default().to_vec();
                if texts
                    .next()
                    .is_some_and(|sql| sql.starts_with(b"UPDATE loadlab.experiment_"))
                {
                    self.writing.insert(name);
                }
                false
            }
            // Bind: names of a portal and a statement.
            b'B' => {
                let name = texts.nth(1).unwrap_or_default();
                self.is_writing |= !self.in_transaction && self.writing.contains(name);
                false
            }
            // Sync: what is outside of a transaction is committed.
            b'S' => std::mem::take(&mut self.is_writing),
            _ => false,
        }
    }
}

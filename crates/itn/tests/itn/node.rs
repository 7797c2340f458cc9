//! A node that answers as a daemon does, or as the test wants.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use itn::testing::{FakeIdentity, answer as answered};
use itn::{Client, Endpoint, Limits, SigningKey, Transport, Uuid, Verifier};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const FIRST_RUN: &str = "24511be6-320d-4ef2-8dff-89916bcb6751";
pub(crate) const SECOND_RUN: &str = "6f1b1a52-9a3e-4f0e-8d5b-2c7a1e4d9b10";

/// What to do with the next sequenced request instead of answering it.
pub(crate) enum Reaction {
    /// Execute it, then close the connection without an answer.
    ExecuteAndClose,
    /// Execute it, then answer with these bytes and close the connection.
    ExecuteAndSend(Vec<u8>),
    /// Send these bytes without looking at it and close the connection.
    Send(Vec<u8>),
    /// Send these bytes without looking at it, then keep the connection open in silence.
    SendAndHang(Vec<u8>),
    /// Send these bytes again and again.
    SendForever(Vec<u8>, Vec<u8>),
}

pub(crate) struct State {
    pub(crate) identity: FakeIdentity,
    /// Names of executed operations, `auth` excepted.
    pub(crate) executed: Vec<String>,
    pub(crate) auths: u32,
    pub(crate) sequenced_requests: u32,
    pub(crate) connections: u32,
    pub(crate) reactions: VecDeque<Reaction>,
    /// The body of answers instead of the usual one.
    pub(crate) answer: Option<String>,
    /// As `answer`, for `auth`.
    pub(crate) auth_answer: Option<String>,
}

pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

pub(crate) fn verifier(run: &str) -> Verifier {
    Verifier::new(run.parse().unwrap(), [key().verifying_key()])
}

/// Short limits, so that tests of limits are short.
pub(crate) fn limits() -> Limits {
    Limits {
        connect: Duration::from_secs(5),
        idle: Duration::from_secs(5),
        total: Duration::from_secs(10),
        logs_bytes_max: 20_000,
        answer_bytes_max: 10_000,
    }
}

impl Node {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let node = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::new(Mutex::new(State {
                identity: FakeIdentity {
                    peer_id: None,
                    ..FakeIdentity::new(first_run(), key().verifying_key())
                },
                executed: Vec::new(),
                auths: 0,
                sequenced_requests: 0,
                connections: 0,
                reactions: VecDeque::new(),
                answer: None,
                auth_answer: None,
            })),
        };
        let state = Arc::clone(&node.state);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                state.lock().unwrap().connections += 1;
                let state = Arc::clone(&state);
                tokio::spawn(async move { serve(connection, &state).await });
            }
        });
        node
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn react(&self, reaction: Reaction) {
        self.state().reactions.push_back(reaction);
    }

    pub(crate) fn client(&self) -> Client {
        self.client_within(limits())
    }

    pub(crate) fn client_within(&self, limits: Limits) -> Client {
        let transport = Transport::new(limits, |_: SocketAddr| true);
        Client::new(transport, Endpoint::from(self.address), Arc::new(key()))
    }

    /// As if the daemon had restarted.
    pub(crate) fn restart(&self, run: &str) {
        self.state().identity.verifier = verifier(run);
    }

    pub(crate) fn executed(&self) -> Vec<String> {
        self.state().executed.clone()
    }
}

pub(crate) fn first_run() -> Uuid {
    FIRST_RUN.parse().unwrap()
}

pub(crate) fn response(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

struct Request {
    authorization: Vec<u8>,
    body: Vec<u8>,
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

async fn serve(mut connection: TcpStream, state: &Mutex<State>) {
    while let Some(request) = read(&mut connection).await {
        let is_sequenced = contains(&request.authorization, b" ; Sequencing ");
        let reaction = {
            let mut state = state.lock().unwrap();
            state.sequenced_requests += u32::from(is_sequenced);
            is_sequenced.then(|| state.reactions.pop_front()).flatten()
        };
        let bytes = match reaction {
            None => answer(&mut state.lock().unwrap(), &request),
            Some(Reaction::ExecuteAndClose) => {
                answer(&mut state.lock().unwrap(), &request);
                return;
            }
            Some(Reaction::ExecuteAndSend(bytes)) => {
                answer(&mut state.lock().unwrap(), &request);
                let _ = connection.write_all(&bytes).await;
                return;
            }
            Some(Reaction::Send(bytes)) => {
                let _ = connection.write_all(&bytes).await;
                return;
            }
            Some(Reaction::SendAndHang(bytes)) => {
                let _ = connection.write_all(&bytes).await;
                // Until the client gives up.
                let _ = connection.read(&mut [0]).await;
                return;
            }
            Some(Reaction::SendForever(head, piece)) => {
                let _ = connection.write_all(&head).await;
                while connection.write_all(&piece).await.is_ok() {}
                return;
            }
        };
        if connection.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

async fn read(connection: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    };
    assert!(head.starts_with("POST /graphql HTTP/1.1\r\n"), "{head}");
    // A daemon takes the body of any other type for empty.
    assert_eq!(header("content-type"), Some("application/json"));
    let mut body = vec![0; header("content-length").unwrap().parse().unwrap()];
    connection.read_exact(&mut body).await.ok()?;
    Some(Request {
        authorization: header("authorization").unwrap().as_bytes().to_vec(),
        body,
    })
}

fn answer(state: &mut State, request: &Request) -> Vec<u8> {
    let identity = &mut state.identity;
    let asked = match identity.judge(Some(&request.authorization), &request.body) {
        Ok(asked) => asked,
        Err((status, text)) => return response(status.as_str(), &text),
    };
    if asked.operation == "Auth" {
        state.auths += 1;
        let usual = answered(Ok(state.identity.auth())).to_string();
        return response("200 OK", state.auth_answer.as_ref().unwrap_or(&usual));
    }
    if let Err(missing) = asked.authenticated.require_sequencing() {
        return response("200 OK", &answered(Err(missing.to_string())).to_string());
    }
    state.executed.push(asked.operation.clone());
    let usual = match asked.operation.as_str() {
        "SlotsWon" => r#"{"data":{"slotsWon":[1,2]}}"#,
        "InternalLogs" => {
            r#"{"data":{"internalLogs":[{"id":7,"timestamp":"2025-05-07 14:30:22Z","message":"X","metadata":[],"process":null}]}}"#
        }
        "FlushInternalLogs" => r#"{"data":{"flushInternalLogs":"Deleted 2 logs"}}"#,
        "StopScheduledTransactions" => {
            r#"{"data":{"stopScheduledTransactions":"Requesting stop"}}"#
        }
        "StopDaemon" => r#"{"data":{"stopDaemon":"Stopping daemon in 10 seconds"}}"#,
        other => panic!("no test sends {other}"),
    };
    response("200 OK", state.answer.as_deref().unwrap_or(usual))
}

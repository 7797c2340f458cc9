//! A small network for tests: nodes that verify and count requests as daemons do, and the online
//! list. What each node was told to do is counted once for each effect.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use itn::testing::{Asked, FakeIdentity, answer as answered};
use itn::{SigningKey, Uuid};
use mina::PrivateKey;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The orchestrator's key.
pub(crate) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// How a node behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Behaviour {
    #[default]
    Well,
    /// Every mutation is a GraphQL error.
    RefusesLoad,
    /// Load is answered with this status.
    RejectsLoad(u16),
    /// Every request gets this status.
    Status(u16),
    /// Everything but the question who it is gets this status.
    OnlyTells(u16),
    /// Load is a GraphQL error that repeats what was sent, keys and all.
    Echoes,
    /// Of the accounts it makes, it reports one less.
    KeepsAnAccount,
    /// Something that is no answer of a daemon.
    Nonsense,
}

/// What a node was told.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Effects {
    /// Memo prefixes of what was started, each start that had an effect.
    pub(crate) started: Vec<String>,
    /// Of those, what was stopped.
    pub(crate) stopped: Vec<String>,
    /// Requests to stop the daemon.
    pub(crate) daemon_stops: u32,
    /// Accounts made.
    pub(crate) accounts: usize,
    /// The last gating, isolated or not.
    pub(crate) isolated: bool,
    /// Keys that pay for something started here.
    pub(crate) payers: BTreeSet<String>,
    /// Rates of what was started.
    pub(crate) tps: Vec<f64>,
    /// Requests for load, whatever came of them.
    pub(crate) load_requests: u32,
}

pub(crate) struct TestNode {
    pub(crate) address: SocketAddr,
    is_newest: bool,
    identity: Mutex<FakeIdentity>,
    running: Mutex<BTreeMap<String, String>>,
    created: Mutex<BTreeMap<String, Vec<PrivateKey>>>,
    /// How often and until when each funding is still listed.
    funding: Mutex<BTreeMap<String, (u32, Instant)>>,
    /// How long a funding takes at least.
    pub(crate) funding_time: Mutex<Duration>,
    pub(crate) effects: Mutex<Effects>,
    pub(crate) behaviour: Mutex<Behaviour>,
    pub(crate) delay: Mutex<Duration>,
    /// How many of the next requests for load are executed without an answer.
    pub(crate) loses_answers: AtomicU32,
    /// Whether load is executed, but no request for it answered.
    pub(crate) holds_answers: AtomicBool,
    /// Operation and variables of what was executed.
    pub(crate) executed: Mutex<Vec<(String, Value)>>,
    /// Ids that requests carried; nothing for one without.
    pub(crate) request_ids: Mutex<BTreeSet<Option<String>>>,
}

pub(crate) struct TestNetwork {
    pub(crate) nodes: Vec<Arc<TestNode>>,
    pub(crate) online_url: String,
    /// Whether the online list is empty.
    pub(crate) hides: Arc<Mutex<bool>>,
    /// What else is in the online list.
    pub(crate) more_entries: Arc<Mutex<Vec<Value>>>,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

fn uuid() -> Uuid {
    let mut bytes = [7; 16];
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    Uuid::from_random_bytes(bytes)
}

fn identity(peer_id: &str, is_block_producer: bool) -> FakeIdentity {
    let key = SigningKey::from_base64(KEY).unwrap().verifying_key();
    FakeIdentity {
        peer_id: Some(peer_id.to_owned()),
        is_block_producer,
        ..FakeIdentity::new(uuid(), key)
    }
}

impl TestNetwork {
    pub(crate) async fn start(count: usize, is_newest: bool) -> Self {
        let mut nodes = Vec::new();
        for number in 0..count {
            nodes.push(TestNode::start(is_newest, number % 2 == 0).await);
        }
        let hides = Arc::new(Mutex::new(false));
        let list: Vec<Value> = nodes
            .iter()
            .map(|node| {
                json!({
                    "remote_addr": node.address.ip().to_string(),
                    "submitter": "B62qtest",
                    "graphql_control_port": node.address.port(),
                })
            })
            .collect();
        let hidden = Arc::clone(&hides);
        let more_entries: Arc<Mutex<Vec<Value>>> = Arc::default();
        let more = Arc::clone(&more_entries);
        let online = Router::new().route(
            "/v1/online",
            get(async move || {
                let hides = *hidden.lock().unwrap();
                let mut list = if hides { Vec::new() } else { list.clone() };
                list.extend(more.lock().unwrap().clone());
                axum::Json(list)
            }),
        );
        let address = serve(online).await;
        Self {
            nodes,
            online_url: format!("http://{address}/v1/online"),
            hides,
            more_entries,
        }
    }

    /// The configuration file that commands it.
    pub(crate) fn config(&self, more: &str) -> String {
        let url = &self.online_url;
        // Ports above 9999 name templates; none are given, so they stay ports.
        format!(r#"{{"key":"{KEY}","onlineURL":"{url}"{more}}}"#)
    }

    /// What all nodes were told, in order of nodes.
    pub(crate) fn effects(&self) -> Vec<Effects> {
        let effects = self.nodes.iter().map(|node| node.effects.lock().unwrap());
        effects.map(|effects| effects.clone()).collect()
    }

    pub(crate) fn running(&self) -> usize {
        self.nodes
            .iter()
            .map(|node| node.running.lock().unwrap().len())
            .sum()
    }

    pub(crate) fn behave(&self, node: usize, behaviour: Behaviour) {
        *self.nodes[node].behaviour.lock().unwrap() = behaviour;
    }
}

pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

impl TestNode {
    /// The variables of what was executed of an operation.
    pub(crate) fn executed(&self, operation: &str) -> Vec<Value> {
        let executed = self.executed.lock().unwrap();
        let of_it = executed.iter().filter(|(name, _)| name == operation);
        of_it.map(|(_, variables)| variables.clone()).collect()
    }

    /// Ends everything that runs, as when its time is over.
    pub(crate) fn end_load(&self) {
        self.running.lock().unwrap().clear();
    }

    /// Begins another run under another name in the gossip network.
    pub(crate) fn restart(&self, peer_id: &str) {
        let is_block_producer = self.identity.lock().unwrap().is_block_producer;
        *self.identity.lock().unwrap() = identity(peer_id, is_block_producer);
    }

    async fn start(is_newest: bool, is_block_producer: bool) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let node = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            is_newest,
            identity: Mutex::new(identity("12D3KooWtest", is_block_producer)),
            running: Mutex::default(),
            created: Mutex::default(),
            funding: Mutex::default(),
            funding_time: Mutex::default(),
            effects: Mutex::default(),
            behaviour: Mutex::default(),
            delay: Mutex::default(),
            loses_answers: AtomicU32::new(0),
            holds_answers: AtomicBool::new(false),
            executed: Mutex::default(),
            request_ids: Mutex::default(),
        });
        let router = Router::new()
            .route("/graphql", post(answer))
            .with_state(Arc::clone(&node));
        tokio::spawn(async move { axum::serve(listener, router).await });
        node
    }

    fn execute(&self, name: &str, variables: &Value) -> Result<Value, String> {
        let handle = variables["handle"].as_str();
        if handle.is_some() && name != "StopScheduledTransactions" && !self.is_newest {
            return Err("Unknown argument \"handle\"".to_owned());
        }
        match name {
            "Auth" => Ok(self.identity.lock().unwrap().auth()),
            "CommitId" if self.is_newest => Ok(json!({ "auth": { "commitId": "83b4654" } })),
            "ScheduledTransactions" if self.is_newest => {
                let mut handles: Vec<String> = Vec::new();
                handles.extend(self.running.lock().unwrap().keys().cloned());
                let mut funding = self.funding.lock().unwrap();
                funding.retain(|handle, (times, until)| {
                    let is_listed = *times > 0 || Instant::now() < *until;
                    *times = times.saturating_sub(1);
                    if is_listed {
                        handles.push(handle.clone());
                    }
                    is_listed
                });
                Ok(json!({ "scheduledTransactions": handles }))
            }
            "SlotsWon" => Ok(json!({ "slotsWon": [1, 2, 3] })),
            "SchedulePayments" | "SchedulePaymentsWithHandle" => {
                let handle = self.schedule(handle, &variables["input"], "senders")?;
                Ok(json!({ "schedulePayments": handle }))
            }
            "ScheduleZkappCommands" | "ScheduleZkappCommandsWithHandle" => {
                let handle = self.schedule(handle, &variables["input"], "feePayers")?;
                Ok(json!({ "scheduleZkappCommands": handle }))
            }
            "StopScheduledTransactions" => {
                let handle = handle.unwrap_or_default();
                let memo = self.running.lock().unwrap().remove(handle);
                let memo = memo.ok_or_else(|| {
                    format!("Could not find scheduled transactions with handle {handle}")
                })?;
                self.effects.lock().unwrap().stopped.push(memo);
                Ok(json!({ "stopScheduledTransactions": "ok" }))
            }
            "StopDaemon" => {
                self.effects.lock().unwrap().daemon_stops += 1;
                Ok(json!({ "stopDaemon": "ok" }))
            }
            "UpdateGating" => {
                let isolate = variables["input"]["isolate"].as_bool().unwrap();
                self.effects.lock().unwrap().isolated = isolate;
                Ok(json!({ "updateGating": "success" }))
            }
            "ZkappCommandLimit" => Ok(json!({ "zkAppCommandLimit": variables["limit"] })),
            "CreateAccounts" if self.is_newest => Ok(self.create(handle, &variables["input"])),
            _ => Err(format!("unknown operation {name}")),
        }
    }

    fn schedule(
        &self,
        handle: Option<&str>,
        input: &Value,
        payers: &str,
    ) -> Result<String, String> {
        let mut effects = self.effects.lock().unwrap();
        effects.load_requests += 1;
        if *self.behaviour.lock().unwrap() == Behaviour::Echoes {
            return Err(format!("cannot take {input}"));
        }
        if *self.behaviour.lock().unwrap() == Behaviour::RefusesLoad {
            return Err("Could not get best tip ledger".to_owned());
        }
        let mut running = self.running.lock().unwrap();
        let handle = handle.map_or_else(|| uuid().to_string(), str::to_owned);
        if running.contains_key(&handle) {
            return Ok(handle);
        }
        let keys = input[payers].as_array().unwrap();
        assert!(!keys.is_empty());
        for key in keys {
            let key = key.as_str().unwrap().to_owned();
            assert!(effects.payers.insert(key), "a key pays twice at one node");
        }
        let memo = input["memoPrefix"].as_str().unwrap().to_owned();
        running.insert(handle.clone(), memo.clone());
        effects.started.push(memo);
        effects.tps.push(input["tps"].as_f64().unwrap());
        Ok(handle)
    }

    fn create(&self, handle: Option<&str>, input: &Value) -> Value {
        let handle = handle.unwrap().to_owned();
        let count = usize::try_from(input["numAccounts"].as_u64().unwrap()).unwrap();
        let mut created = self.created.lock().unwrap();
        let keys = created.entry(handle.clone()).or_insert_with(|| {
            self.effects.lock().unwrap().accounts += count;
            let until = Instant::now() + *self.funding_time.lock().unwrap();
            let listed = (3, until);
            self.funding.lock().unwrap().insert(handle.clone(), listed);
            let key = |_| {
                let mut bytes = [0; 64];
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                bytes[..8].copy_from_slice(&number.to_le_bytes());
                PrivateKey::from_uniform_bytes(&bytes).unwrap()
            };
            (0..count).map(key).collect()
        });
        let keeps = usize::from(*self.behaviour.lock().unwrap() == Behaviour::KeepsAnAccount);
        let accounts: Vec<Value> = keys
            .iter()
            .skip(keeps)
            .map(|key| {
                json!({
                    "publicKey": key.public_key().to_string(),
                    "privateKey": key.to_base58check().as_str(),
                })
            })
            .collect();
        json!({ "createAccounts": { "handle": handle, "accounts": accounts } })
    }
}

async fn answer(State(node): State<Arc<TestNode>>, headers: HeaderMap, body: Bytes) -> Response {
    let delay = *node.delay.lock().unwrap();
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let id = headers.get("x-request-id");
    let id = id.map(|id| id.to_str().unwrap().to_owned());
    node.request_ids.lock().unwrap().insert(id);
    let behaviour = *node.behaviour.lock().unwrap();
    match behaviour {
        Behaviour::Status(status) => {
            return (StatusCode::from_u16(status).unwrap(), "no").into_response();
        }
        Behaviour::Nonsense => return "{\"data\":{\"auth\":[[[[".into_response(),
        Behaviour::Well
        | Behaviour::OnlyTells(_)
        | Behaviour::RefusesLoad
        | Behaviour::RejectsLoad(_)
        | Behaviour::KeepsAnAccount
        | Behaviour::Echoes => {}
    }
    let authorization = headers
        .get("authorization")
        .map(axum::http::HeaderValue::as_bytes);
    let judged = node.identity.lock().unwrap().judge(authorization, &body);
    let Asked {
        operation,
        variables,
        authenticated,
    } = match judged {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let name = operation.as_str();
    if let Behaviour::RejectsLoad(status) = behaviour
        && name.starts_with("Schedule")
        && name != "ScheduledTransactions"
    {
        node.effects.lock().unwrap().load_requests += 1;
        return (StatusCode::from_u16(status).unwrap(), "malformed input").into_response();
    }
    if let Behaviour::OnlyTells(status) = behaviour
        && !["Auth", "CommitId"].contains(&name)
    {
        return (StatusCode::from_u16(status).unwrap(), "not now").into_response();
    }
    let open = ["Auth", "CommitId", "ZkappCommandLimit"].contains(&name);
    let result = if authenticated.require_sequencing().is_err() && !open {
        Err("Missing sequence information".to_owned())
    } else {
        let executed = (name.to_owned(), variables.clone());
        node.executed.lock().unwrap().push(executed);
        node.execute(name, &variables)
    };
    let is_load = name.starts_with("Schedule") && name != "ScheduledTransactions";
    if is_load && node.holds_answers.load(Ordering::Relaxed) {
        return std::future::pending().await;
    }
    if is_load && result.is_ok() {
        let less = |left: u32| left.checked_sub(1);
        let order = Ordering::Relaxed;
        let lost = node.loses_answers.fetch_update(order, order, less);
        if lost.is_ok() {
            // The connection breaks off.
            let broken =
                futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("lost"))]);
            return Response::new(axum::body::Body::from_stream(broken));
        }
    }
    axum::Json(answered(result)).into_response()
}

//! A node that remembers what it was told, and a raw client.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use itn::authorization::{basic, sequenced};
use itn::sequence::Session;
use itn::{
    Authenticated, CreateAccountsDetails, CreatedAccount, GatingUpdate, PaymentsDetails, Refusal,
    SigningKey, Uuid, Verifier, ZkappCommandsDetails,
};
use serde_json::Value as Json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::itn_server::{ItnNode, LogLine, NodeIdentity, SchemaGeneration, router};

pub(super) const UUID: &str = "24511be6-320d-4ef2-8dff-89916bcb6751";
pub(super) const HANDLE: &str = "6f1b1a52-9a3e-4f0e-8d5b-2c7a1e4d9b10";
pub(super) const PRIVATE: &str = "EKFWgzXsoMYcP1Hnj7dBhsefxNucZ6wyz676Qg5uMFNzytXAi2Ww";
pub(super) const PUBLIC: &str = "B62qjVQLxt9nYMWGn45mkgwYfcz8e8jvjNCBo11VKJb7vxDNwv5QLPS";

/// The key of the published vectors.
pub(super) fn key() -> SigningKey {
    SigningKey::from_base64("SzhpFfwa6RMFQTLLTyoriUJrUXYY9kyYxbNu5DsCm1k=").unwrap()
}

pub(super) fn stranger() -> SigningKey {
    SigningKey::from_seed(&[2; 32])
}

pub(super) struct State {
    pub(super) verifier: Verifier,
    /// Ids of the log entries.
    pub(super) logs: Vec<u64>,
    /// What was done, in order.
    pub(super) done: Vec<String>,
    pub(super) slots_won: Result<Vec<u64>, String>,
    pub(super) running: Vec<Uuid>,
}

pub(super) struct TestNode {
    generation: SchemaGeneration,
    state: Mutex<State>,
}

impl TestNode {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

pub(super) struct Line(u64);

impl LogLine for Line {
    fn id(&self) -> u64 {
        self.0
    }

    fn unix_micros(&self) -> i64 {
        1_746_628_222_361_262
    }

    fn message(&self) -> &'static str {
        if self.0.is_multiple_of(2) {
            "Prediff"
        } else {
            "@control"
        }
    }

    fn items(&self, take: &mut dyn FnMut(&str, &str)) {
        if !self.0.is_multiple_of(2) {
            take("metadata", r#"{"count":1,"x":[1.50,"\u00e9"]}"#);
        }
    }

    fn process_name(&self) -> Option<&'static str> {
        self.0.is_multiple_of(3).then_some("prover")
    }
}

impl ItnNode for TestNode {
    type Log = Line;

    fn identity(&self) -> NodeIdentity {
        NodeIdentity {
            libp2p_port: 8302,
            peer_id: Some("12D3KooWLTvNv685CWbLn5nAGQpTTXu6DkQ3D8z64CVyKNb1686m".to_owned()),
            is_block_producer: true,
            commit_id: "0830fd79".to_owned(),
        }
    }

    fn generation(&self) -> SchemaGeneration {
        self.generation
    }

    fn authenticate(
        &self,
        authorization: Option<&[u8]>,
        body: &[u8],
    ) -> Result<Authenticated, Refusal> {
        self.state().verifier.authenticate(authorization, body)
    }

    fn server_uuid(&self) -> Uuid {
        self.state().verifier.server_uuid()
    }

    fn signer_sequence_number(&self) -> u16 {
        self.state().verifier.signer_sequence_number()
    }

    fn internal_logs(&self, start_log_id: i64) -> Vec<Line> {
        let start = u64::try_from(start_log_id).unwrap_or(0);
        let state = self.state();
        let ids = state.logs.iter().filter(|id| **id >= start);
        ids.map(|id| Line(*id)).collect()
    }

    fn flush_internal_logs(&self, end_log_id: i64) -> u64 {
        let mut state = self.state();
        let before = state.logs.len();
        let end = u64::try_from(end_log_id).unwrap_or(0);
        state.logs.retain(|id| *id > end);
        (before - state.logs.len()) as u64
    }

    fn slots_won(&self) -> Result<Vec<u64>, String> {
        self.state().slots_won.clone()
    }

    fn schedule_payments(
        &self,
        input: PaymentsDetails,
        handle: Option<Uuid>,
    ) -> Result<Uuid, String> {
        let mut state = self.state();
        state.done.push(format!("payments {}", input.memo_prefix));
        let handle = handle.unwrap_or_else(|| HANDLE.parse().unwrap());
        state.running.push(handle);
        Ok(handle)
    }

    fn schedule_zkapp_commands(
        &self,
        input: ZkappCommandsDetails,
        handle: Option<Uuid>,
    ) -> Result<Uuid, String> {
        self.state()
            .done
            .push(format!("zkapps {:?}", input.max_account_updates));
        Ok(handle.unwrap_or_else(|| HANDLE.parse().unwrap()))
    }

    fn stop_scheduled_transactions(&self, handle: Uuid) -> bool {
        self.state().running.contains(&handle)
    }

    fn scheduled_transactions(&self) -> Vec<Uuid> {
        self.state().running.clone()
    }

    fn create_accounts(
        &self,
        input: CreateAccountsDetails,
        handle: Option<Uuid>,
    ) -> Result<(Uuid, Vec<CreatedAccount>), String> {
        let account = CreatedAccount {
            public_key: PUBLIC.parse().unwrap(),
            private_key: PRIVATE.parse().unwrap(),
        };
        let count = usize::try_from(input.num_accounts).unwrap();
        let handle = handle.unwrap_or_else(|| HANDLE.parse().unwrap());
        Ok((handle, vec![account; count]))
    }

    fn update_gating(&self, input: GatingUpdate) -> Result<(), Vec<String>> {
        self.state().done.push(format!("gating {}", input.isolate));
        let failed = input.added_peers.into_iter().map(|peer| peer.peer_id);
        let failed: Vec<String> = failed.filter(|peer| peer.starts_with("away")).collect();
        if failed.is_empty() {
            Ok(())
        } else {
            Err(failed)
        }
    }

    fn set_zkapp_command_limit(&self, limit: Option<i64>) {
        self.state().done.push(format!("limit {limit:?}"));
    }

    fn stop_daemon(&self, delay_seconds: u32, clean_config: bool) -> String {
        self.state()
            .done
            .push(format!("stop {delay_seconds} {clean_config}"));
        "/root/.mina-config".to_owned()
    }

    fn status(&self) -> Json {
        serde_json::json!({"sync_status": "Synced"})
    }
}

pub(super) struct Server {
    pub(super) node: Arc<TestNode>,
    address: SocketAddr,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::of(SchemaGeneration::Newest).await
    }

    pub(super) async fn of(generation: SchemaGeneration) -> Self {
        let node = Arc::new(TestNode {
            generation,
            state: Mutex::new(State {
                verifier: Verifier::new(UUID.parse().unwrap(), [key().verifying_key()]),
                logs: (1..=5).collect(),
                done: Vec::new(),
                slots_won: Ok(vec![855, 860]),
                running: Vec::new(),
            }),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = router(&node);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { node, address }
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends these bytes and reads until the connection closes.
    pub(super) async fn raw(&self, request: &[u8]) -> Answer {
        self.raw_until_closed(request).await.unwrap()
    }

    /// As [`Self::raw`], for a request that the server need not read to its end.
    pub(super) async fn raw_until_closed(&self, request: &[u8]) -> Option<Answer> {
        let mut stream = self.connect().await;
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        let body = answer.split_once("\r\n\r\n")?.1.to_owned();
        Some(Answer { status, body })
    }

    /// A request with these lines in its head, beside what every request has.
    pub(super) async fn request(&self, line: &str, headers: &[&str], body: &str) -> Answer {
        let mut request = format!(
            "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        for header in headers {
            request.push_str(header);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        request.push_str(body);
        self.raw(request.as_bytes()).await
    }

    /// A POST of JSON with this authorization.
    pub(super) async fn post(&self, authorization: Option<&str>, body: &str) -> Answer {
        let authorization = authorization.map(|value| format!("Authorization: {value}"));
        let mut headers = vec!["Content-Type: application/json"];
        headers.extend(authorization.as_deref());
        self.request("POST /graphql", &headers, body).await
    }

    /// The header of the next sequenced request.
    pub(super) async fn sequenced_header(&self, body: &str) -> String {
        let session = Session {
            server_uuid: UUID.parse().unwrap(),
            number: self.next_number().await,
        };
        sequenced(&key(), &session, body.as_bytes())
    }

    /// The number that the server expects next, as `auth` shows it.
    pub(super) async fn next_number(&self) -> u16 {
        let body = r#"{"query":"{ auth { signerSequenceNumber } }"}"#;
        let header = basic(&key(), body.as_bytes());
        let answer = self.post(Some(&header), body).await.json();
        let number = &answer["data"]["auth"]["signerSequenceNumber"];
        number.as_str().unwrap().parse().unwrap()
    }

    /// The body of the answer to a document, sent in the sequenced form.
    pub(super) async fn ask(&self, query: &str, variables: Json) -> Json {
        let body = serde_json::json!({"query": query, "variables": variables}).to_string();
        let header = self.sequenced_header(&body).await;
        let answer = self.post(Some(&header), &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    pub(super) fn done(&self) -> Vec<String> {
        self.node.state().done.clone()
    }
}

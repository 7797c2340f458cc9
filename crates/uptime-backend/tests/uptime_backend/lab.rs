//! A backend under test, and nodes that submit to it.

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use jiff::Timestamp;
use mina::{BitOrder, NetworkId, PrivateKey, UptimePayload, schnorr};
use serde_json::Value;
use store::testing::TestDatabase;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uptime_backend::{Config, UptimeBackend, WhitelistSource};

/// Published key pairs.
pub(crate) const PRIVATE_KEYS: [&str; 3] = [
    "EKFWgzXsoMYcP1Hnj7dBhsefxNucZ6wyz676Qg5uMFNzytXAi2Ww",
    "EKDt66ubGg5SDiwcQABWfFZaruq6idcyrLLfyZQjoH4CN3PHEiNj",
    "EKEEpMELfQkMbJDt2fB4cFXKwSf1x4t7YD4twREy5yuJ84HBZtF9",
];

/// A running backend without a port.
pub(crate) struct Lab {
    pub(crate) backend: UptimeBackend,
    pub(crate) shutdown: CancellationToken,
}

/// A node with one of the published keys.
pub(crate) struct Node {
    key: PrivateKey,
    pub(crate) submitter: String,
    pub(crate) created_at: Timestamp,
    pub(crate) port: u16,
}

/// Everything of an answer that is promised.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self {
            status,
            content_type: Some("application/json".to_owned()),
            body: body.to_owned(),
        }
    }

    pub(crate) fn error(status: u16, text: &str) -> Self {
        Self::json(status, &format!(r#"{{"error":"{text}"}}"#))
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            content_type: None,
            body: String::new(),
        }
    }

    pub(crate) fn ok() -> Self {
        Self::json(200, r#"{"status":"ok"}"#)
    }
}

impl Node {
    pub(crate) fn new(number: usize) -> Self {
        let key: PrivateKey = PRIVATE_KEYS[number].parse().unwrap();
        Self {
            submitter: key.public_key().to_string(),
            key,
            created_at: Timestamp::now(),
            port: 3086,
        }
    }

    /// The body of a request, signed for mainnet.
    pub(crate) fn submission(&self) -> String {
        let payload = UptimePayload {
            block: "\"QSBibG9jaw==\"",
            created_at_unix_seconds: self.created_at.as_second(),
            peer_id: "12D3KooW",
            snark_work: None,
            graphql_control_port: self.port.into(),
            built_with_commit_sha: "",
        };
        let digest = payload.digest().unwrap();
        let order = BitOrder::LowestFirst;
        let signature = schnorr::sign(&self.key, NetworkId::Mainnet, order, &digest);
        let data = String::from_utf8(payload.to_bytes().unwrap()).unwrap();
        format!(
            r#"{{"submitter":"{}","signature":"{signature}","data":{data}}}"#,
            self.submitter
        )
    }
}

/// Mainnet, and the first two nodes may submit.
pub(crate) fn config() -> Config {
    let keys = [0, 1].map(|number| Node::new(number).submitter);
    Config::new(WhitelistSource::List(keys.to_vec()))
}

impl Lab {
    pub(crate) async fn start(test: &TestDatabase, config: &Config) -> Self {
        let shutdown = CancellationToken::new();
        let database = test.database().clone();
        let backend = UptimeBackend::start(config, database, shutdown.clone());
        Self {
            backend: backend.await.unwrap(),
            shutdown,
        }
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.backend.finish().await.unwrap();
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.backend.router().oneshot(request).await.unwrap();
        answer(response).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// Posts a body with its length.
    pub(crate) async fn submit(&self, body: impl Into<Vec<u8>>) -> Answer {
        self.submit_from("192.0.2.7:40000", body).await
    }

    pub(crate) async fn submit_from(&self, peer: &str, body: impl Into<Vec<u8>>) -> Answer {
        let body = body.into();
        let peer: SocketAddr = peer.parse().unwrap();
        let request = Request::post("/v1/submit")
            .extension(ConnectInfo(peer))
            .header(header::CONTENT_LENGTH, body.len())
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    /// The online list, in some order of its elements.
    pub(crate) async fn online(&self) -> Value {
        let answer = self.get("/v1/online").await;
        assert_eq!(answer.status, StatusCode::OK);
        serde_json::from_str(&answer.body).unwrap()
    }
}

async fn answer(response: Response) -> Answer {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    Answer {
        status: response.status().as_u16(),
        content_type: content_type.map(|value| value.to_str().unwrap().to_owned()),
        body: {
            let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
            String::from_utf8(bytes.to_vec()).unwrap()
        },
    }
}

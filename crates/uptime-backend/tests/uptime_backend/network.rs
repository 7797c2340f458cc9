//! Over TCP: lengths that are wrong on the wire, and who the peer is.

use std::net::SocketAddr;

use serde_json::json;
use store::testing::TestDatabase;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use uptime_backend::Config;

use crate::lab::{Lab, Node, config};

/// A backend on a port of its own.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    lab: tokio_util::sync::CancellationToken,
    running: JoinHandle<Result<(), service::TaskFailure>>,
}

impl Served {
    pub(crate) async fn start(listener: TcpListener, test: &TestDatabase, config: &Config) -> Self {
        let address = listener.local_addr().unwrap();
        let Lab { backend, shutdown } = Lab::start(test, config).await;
        let running = tokio::spawn(backend.serve(listener));
        Self {
            address,
            lab: shutdown,
            running,
        }
    }

    pub(crate) async fn stop(self) {
        self.lab.cancel();
        self.running.await.unwrap().unwrap();
    }

    /// Sends `head` and `body` and reads the answer: its head and its body.
    pub(crate) async fn talk(&self, head: &str, body: &[u8]) -> (String, String) {
        let stream = self.send(head, body).await;
        receive(stream).await
    }

    async fn send(&self, head: &str, body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head =
            format!("POST /v1/submit HTTP/1.1\r\nHost: backend\r\nConnection: close\r\n{head}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // The backend may have answered and closed before everything is sent.
        let _ = stream.write_all(body).await;
        stream
    }

    async fn submit(&self, headers: &str, node: &Node) {
        let body = node.submission();
        let head = format!("Content-Length: {}\r\n{headers}", body.len());
        let (head, body) = self.talk(&head, body.as_bytes()).await;
        assert_eq!(body, r#"{"status":"ok"}"#, "{head}");
    }
}

async fn receive(mut stream: TcpStream) -> (String, String) {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (head.to_owned(), body.to_owned())
}

pub(crate) async fn serve(test: &TestDatabase, config: &Config) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Served::start(listener, test, config).await
}

#[tokio::test]
async fn a_body_that_ends_early_or_has_no_length_is_answered() {
    let test = TestDatabase::create().await.unwrap();
    let served = serve(&test, &config()).await;
    let mut stream = served.send("Content-Length: 100\r\n", b"{").await;
    stream.shutdown().await.unwrap();
    let (head, body) = receive(stream).await;
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    assert_eq!(body, r#"{"error":"Error reading the body"}"#);
    let chunked = "Transfer-Encoding: chunked\r\n";
    let (head, body) = served.talk(chunked, b"2\r\n{}\r\n0\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 411 "), "{head}");
    assert_eq!(body, "");
    let (head, body) = served.talk("Content-Length: 50000001\r\n", b"").await;
    assert!(head.starts_with("HTTP/1.1 413 "), "{head}");
    assert_eq!(body, "");
    served.stop().await;
}

#[tokio::test]
async fn a_forwarded_address_is_believed_from_a_trusted_proxy_only() {
    for (proxies, expected) in [
        (vec![], "127.0.0.1"),
        (vec!["10.0.0.0/8"], "127.0.0.1"),
        (vec!["127.0.0.0/8"], "2001:db8::7"),
    ] {
        let test = TestDatabase::create().await.unwrap();
        let mut config = config();
        config.trusted_proxies = proxies.iter().map(|net| net.parse().unwrap()).collect();
        let served = serve(&test, &config).await;
        let node = Node::new(0);
        let forwarded = "X-Forwarded-For: 192.0.2.1, 2001:db8::7\r\n";
        served.submit(forwarded, &node).await;
        served.stop().await;
        let online = Lab::start(&test, &config).await.online().await;
        assert_eq!(online[0]["remote_addr"], json!(expected));
    }
}

#[tokio::test]
async fn a_peer_with_an_ipv6_address_is_listed_with_it() {
    let Ok(listener) = TcpListener::bind("[::1]:0").await else {
        println!("SKIPPED: this machine has no IPv6");
        return;
    };
    let test = TestDatabase::create().await.unwrap();
    let served = Served::start(listener, &test, &config()).await;
    served.submit("", &Node::new(0)).await;
    served.stop().await;
    let online = Lab::start(&test, &config()).await.online().await;
    assert_eq!(online[0]["remote_addr"], json!("::1"));
}

#[tokio::test]
async fn what_was_received_before_the_end_is_still_answered_and_stored() {
    let test = TestDatabase::create().await.unwrap();
    let served = serve(&test, &config()).await;
    let body = Node::new(0).submission();
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let head = format!(
        "POST /v1/submit HTTP/1.1\r\nHost: backend\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The interim answer shows that the request has begun.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert!(interim.starts_with(b"HTTP/1.1 100"));
    let stopping = tokio::spawn(served.stop());
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    stopping.await.unwrap();
    let online = Lab::start(&test, &config()).await.online().await;
    assert_eq!(online.as_array().unwrap().len(), 1);
}

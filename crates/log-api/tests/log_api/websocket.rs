//! GraphQL over a web socket, spoken by hand: a client library would be a
//! dependency for two tests.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::api::TestApi;

struct WebSocket(TcpStream);

impl WebSocket {
    async fn open(api: &TestApi) -> Self {
        let mut stream = TcpStream::connect(api.address).await.unwrap();
        let request = format!(
            "GET /graphql HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n",
            api.address
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        Self(stream)
    }

    /// Sends one short text frame, masked with zeros (RFC 6455, 5.2).
    async fn send(&mut self, message: &Value) {
        let text = message.to_string();
        let length = u8::try_from(text.len()).unwrap();
        assert!(length < 126);
        self.0
            .write_all(&[0x81, 0x80 | length, 0, 0, 0, 0])
            .await
            .unwrap();
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Receives one short text frame.
    async fn receive(&mut self) -> Value {
        assert_eq!(self.0.read_u8().await.unwrap(), 0x81);
        let mut length = usize::from(self.0.read_u8().await.unwrap());
        if length == 126 {
            length = usize::from(self.0.read_u16().await.unwrap());
        }
        let mut text = vec![0; length];
        self.0.read_exact(&mut text).await.unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}

#[tokio::test]
async fn queries_are_answered_and_checked_as_over_http() {
    let api = TestApi::start().await;
    let mut socket = WebSocket::open(&api).await;
    socket.send(&json!({"type": "connection_init"})).await;
    assert_eq!(socket.receive().await["type"], "connection_ack");
    for (query, payload) in [
        ("{deployments}", json!({"data": {"deployments": []}})),
        (
            "{nope}",
            json!({"data": null, "errors": [{"message": "Field 'nope' is not defined on type 'query'"}]}),
        ),
        (
            "subscription{x}",
            json!({"data": null, "errors": [{"message": "Field 'x' is not defined on type 'subscription'"}]}),
        ),
    ] {
        socket
            .send(&json!({"id": "1", "type": "subscribe", "payload": {"query": query}}))
            .await;
        let next = json!({"type": "next", "id": "1", "payload": payload});
        assert_eq!(socket.receive().await, next);
        assert_eq!(
            socket.receive().await,
            json!({"type": "complete", "id": "1"})
        );
    }
}

//! GraphQL through a websocket, frame by frame.

use itn::Verifier;
use itn::authorization::basic;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::node::{HANDLE, Server, key};

/// An opened socket.
struct Socket(TcpStream);

impl Socket {
    /// Asks for an upgrade with these bytes signed; the status line if it is refused.
    async fn open(server: &Server, signed: &[u8]) -> Result<Self, String> {
        let mut stream = server.connect().await;
        let authorization = basic(&key(), signed);
        let request = format!(
            "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: graphql-ws\r\nAuthorization: {authorization}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        if head.starts_with("HTTP/1.1 101 ") {
            assert!(
                head.contains("sec-websocket-protocol: graphql-ws"),
                "{head}"
            );
            // The known answer to the key above, RFC 6455 section 1.3.
            assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
            Ok(Self(stream))
        } else {
            Err(head.lines().next().unwrap_or_default().to_owned())
        }
    }

    /// Sends a text of fewer than 126 bytes, masked with zeros.
    async fn send(&mut self, text: &str) {
        let length = u8::try_from(text.len()).unwrap();
        assert!(length < 126, "{text}");
        let mut frame = vec![0x81, 0x80 | length, 0, 0, 0, 0];
        frame.extend_from_slice(text.as_bytes());
        self.0.write_all(&frame).await.unwrap();
    }

    /// The next text; none when the server closes.
    async fn receive(&mut self) -> Option<String> {
        let kind = self.0.read_u8().await.ok()?;
        let length = match self.0.read_u8().await.unwrap() {
            126 => self.0.read_u16().await.unwrap(),
            short => u16::from(short),
        };
        let mut text = vec![0; usize::from(length)];
        self.0.read_exact(&mut text).await.unwrap();
        (kind == 0x81).then(|| String::from_utf8(text).unwrap())
    }
}

#[tokio::test]
async fn operations_are_answered_through_the_socket() {
    let server = Server::start().await;
    let mut socket = Socket::open(&server, b"").await.unwrap();
    socket.send(r#"{"type":"connection_init"}"#).await;
    let acknowledged = r#"{"type":"connection_ack"}"#;
    assert_eq!(socket.receive().await.as_deref(), Some(acknowledged));
    for id in ["one", "two"] {
        let query = r#"{"query":"{ auth { libp2pPort } }"}"#;
        socket
            .send(&format!(
                r#"{{"type":"start","id":"{id}","payload":{query}}}"#
            ))
            .await;
        let data = r#"{"data":{"auth":{"libp2pPort":"8302"}}}"#;
        assert_eq!(
            socket.receive().await.unwrap(),
            format!(r#"{{"type":"data","id":"{id}","payload":{data}}}"#)
        );
        assert_eq!(
            socket.receive().await.unwrap(),
            format!(r#"{{"type":"complete","id":"{id}"}}"#)
        );
    }
    // The request for the upgrade was not sequenced.
    let query = r#"{"query":"{ slotsWon }"}"#;
    socket
        .send(&format!(r#"{{"type":"start","id":"3","payload":{query}}}"#))
        .await;
    let refused = socket.receive().await.unwrap();
    assert!(
        refused.contains("Missing sequence information"),
        "{refused}"
    );
    let complete = socket.receive().await.unwrap();
    assert_eq!(complete, r#"{"type":"complete","id":"3"}"#);
    socket.send(r#"{"type":"connection_terminate"}"#).await;
    assert_eq!(socket.receive().await, None);
}

#[tokio::test]
async fn an_upgrade_is_authenticated() {
    let server = Server::start().await;
    let refused = Socket::open(&server, b"something else").await.err();
    assert_eq!(refused.as_deref(), Some("HTTP/1.1 401 Unauthorized"));
}

#[tokio::test]
async fn a_socket_ends_with_the_run_of_the_daemon() {
    let server = Server::start().await;
    let mut socket = Socket::open(&server, b"").await.unwrap();
    // The node has restarted.
    server.node.state().verifier = Verifier::new(HANDLE.parse().unwrap(), [key().verifying_key()]);
    socket.send(r#"{"type":"connection_init"}"#).await;
    assert_eq!(socket.receive().await, None);
}

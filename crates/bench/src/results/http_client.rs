//! A client that asks for one thing again and again on one connection and throws the answers away:
//! with two processors, a client that does more measures itself.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Head of an answer; longer ones are refused.
const HEAD_MAX: usize = 16 << 10;
/// Bytes of an answer that are read at once.
const PIECE: usize = 256 << 10;

pub(super) struct HttpClient {
    stream: TcpStream,
    request: Vec<u8>,
    buffer: Vec<u8>,
}

impl HttpClient {
    pub(super) async fn connect(address: SocketAddr, path: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
        Ok(Self {
            stream,
            request: request.into_bytes(),
            buffer: vec![0; PIECE],
        })
    }

    /// Asks once; gives the time until the whole answer was read, and the bytes of its body.
    pub(super) async fn ask(&mut self) -> anyhow::Result<(Duration, u64)> {
        let start = Instant::now();
        self.stream.write_all(&self.request).await?;
        let mut filled = 0;
        let head = loop {
            ensure!(filled < HEAD_MAX, "the answer has too long a head");
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            ensure!(read > 0, "the service has closed the connection");
            filled += read;
            if let Some(at) = end_of_head(&self.buffer[..filled]) {
                break at;
            }
        };
        let bytes = body_bytes(&self.buffer[..head])?;
        let mut rest = bytes
            .checked_sub((filled - head) as u64)
            .context("the answer is longer than it says")?;
        while rest > 0 {
            let read = self.stream.read(&mut self.buffer).await?;
            ensure!(read > 0, "the answer is cut off");
            rest = rest
                .checked_sub(read as u64)
                .context("the answer is longer than it says")?;
        }
        Ok((start.elapsed(), bytes))
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(at + 4)
}

fn body_bytes(head: &[u8]) -> anyhow::Result<u64> {
    let head = std::str::from_utf8(head)?;
    let status = head.lines().next().unwrap_or_default();
    ensure!(
        status.starts_with("HTTP/1.1 200"),
        "the service answers {status}"
    );
    for line in head.lines() {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            return Ok(value.trim().parse()?);
        }
    }
    bail!("the answer does not say how long it is")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_an_answer_is_read() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nbody";
        let head = end_of_head(answer).unwrap();
        assert_eq!(&answer[head..], b"body");
        assert_eq!(body_bytes(&answer[..head]).unwrap(), 12);
        for bad in [
            "HTTP/1.1 503 No\r\ncontent-length: 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
        ] {
            assert!(body_bytes(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}

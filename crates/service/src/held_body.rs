//! A body that holds something, such as a permit, until the client has taken it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

/// The server takes a body in pieces of this size, each when there is room for it: what it has
/// taken and not yet sent is small.
const PIECE_BYTES: usize = 64 * 1024;

/// A body of these bytes. `held` is dropped when nearly all of it is with the client, or the
/// connection ends.
pub fn held_body(bytes: impl Into<Bytes>, held: impl Send + Unpin + 'static) -> Body {
    Body::new(HeldBody {
        left: bytes.into(),
        _held: held,
    })
}

struct HeldBody<Held> {
    left: Bytes,
    _held: Held,
}

impl<Held: Unpin> HttpBody for HeldBody<Held> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let size = self.left.len().min(PIECE_BYTES);
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(size)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::Semaphore;
    use tokio_util::sync::CancellationToken;

    use super::*;

    const BODY_BYTES: usize = 16 << 20;

    #[tokio::test]
    async fn what_is_held_is_free_when_the_client_has_taken_the_body_or_is_gone() {
        let permits = Arc::new(Semaphore::new(1));
        let handler = {
            let permits = Arc::clone(&permits);
            get(async move || {
                let permit = permits.acquire_owned().await.unwrap();
                held_body(vec![b'x'; BODY_BYTES], permit)
            })
        };
        let listener = crate::bind(crate::loopback(0), "--port").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let router = Router::new().route("/", handler);
        let serving = tokio::spawn(crate::serve(listener, router, stop.clone()));
        let request = b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
        for reads_all in [true, false] {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(request).await.unwrap();
            let mut head = [0; 400];
            client.read_exact(&mut head).await.unwrap();
            let head = String::from_utf8_lossy(&head).to_lowercase();
            assert!(
                head.contains(&format!("content-length: {BODY_BYTES}\r\n")),
                "{head}"
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
            assert_eq!(permits.available_permits(), 0, "not all is taken");
            if reads_all {
                let mut rest = Vec::new();
                client.read_to_end(&mut rest).await.unwrap();
            }
            drop(client);
            let freed = tokio::time::timeout(Duration::from_secs(20), permits.acquire()).await;
            assert!(freed.is_ok(), "reads all: {reads_all}");
        }
        stop.cancel();
        serving.await.unwrap();
    }
}

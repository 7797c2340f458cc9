//! Receiving the body of a request: checks 1 to 3 of the answer table, with
//! bounds on time and on the memory of all bodies together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Refusal;

/// Longest body that is accepted, as in the original.
pub const BODY_BYTES_MAX: usize = 50_000_000;

/// Bodies up to this size, which are nearly all, do not wait for larger ones.
const SMALL_BYTES_MAX: usize = 256 * 1024;

/// All small bodies together.
const SMALL_BODIES_KIB: usize = 64 * 1024;

/// All larger bodies together: four of the largest.
const LARGE_BODIES_KIB: usize = 4 * (BODY_BYTES_MAX / 1024 + 1);

/// How long a request waits for its share of the memory.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Time for a body of any size, and the slowest sender above that.
const BASE_TIME: Duration = Duration::from_secs(30);
const BYTES_PER_SECOND_MIN: u64 = 1_000_000;

/// The memory of all bodies that are being received and examined, bounded by
/// what their requests announce. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct BodyMemory {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

/// A complete body and its share of the memory.
#[derive(Debug)]
pub(crate) struct ReceivedBody {
    pub(crate) bytes: Vec<u8>,
    _share: OwnedSemaphorePermit,
}

impl BodyMemory {
    pub(crate) fn new() -> Self {
        Self {
            small: Arc::new(Semaphore::new(SMALL_BODIES_KIB)),
            large: Arc::new(Semaphore::new(LARGE_BODIES_KIB)),
        }
    }

    /// Receives the body, which must be as long as its headers say.
    pub(crate) async fn receive(
        &self,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<ReceivedBody, Refusal> {
        let announced = announced_bytes(headers)?;
        let share = self.share(announced).await?;
        let bytes = tokio::time::timeout(time_max(announced), collect(body, announced))
            .await
            .map_err(|_| Refusal::UnreadableBody)??;
        Ok(ReceivedBody {
            bytes,
            _share: share,
        })
    }

    async fn share(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let pool = if bytes <= SMALL_BYTES_MAX {
            &self.small
        } else {
            &self.large
        };
        let kib = u32::try_from(bytes / 1024 + 1).map_err(|_| Refusal::TooLarge)?;
        let acquiring = Arc::clone(pool).acquire_many_owned(kib);
        match tokio::time::timeout(WAIT_MAX, acquiring).await {
            Ok(Ok(share)) => Ok(share),
            Ok(Err(_)) | Err(_) => Err(Refusal::Busy),
        }
    }
}

fn announced_bytes(headers: &HeaderMap) -> Result<usize, Refusal> {
    let value = headers
        .get(header::CONTENT_LENGTH)
        .ok_or(Refusal::NoLength)?;
    let text = value.to_str().map_err(|_| Refusal::UnreadableBody)?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::UnreadableBody);
    }
    match text.parse() {
        Ok(bytes) if bytes <= BODY_BYTES_MAX => Ok(bytes),
        // Digits that do not fit a number are too many bytes as well.
        _ => Err(Refusal::TooLarge),
    }
}

fn time_max(bytes: usize) -> Duration {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    BASE_TIME + Duration::from_secs(bytes / BYTES_PER_SECOND_MIN)
}

async fn collect(body: Body, announced: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::with_capacity(announced);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refusal::UnreadableBody)?;
        if chunk.len() > announced - bytes.len() {
            return Err(Refusal::UnreadableBody);
        }
        bytes.extend_from_slice(&chunk);
    }
    if bytes.len() != announced {
        return Err(Refusal::UnreadableBody);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use bytes::Bytes;
    use futures_util::stream;
    use std::io;

    fn announcing(length: &str) -> HeaderMap {
        let value = HeaderValue::from_str(length).unwrap();
        HeaderMap::from_iter([(header::CONTENT_LENGTH, value)])
    }

    async fn receive(length: &str, body: Body) -> Result<Vec<u8>, Refusal> {
        let memory = BodyMemory::new();
        let received = memory.receive(&announcing(length), body).await;
        received.map(|received| received.bytes)
    }

    #[tokio::test]
    async fn a_body_must_be_as_long_as_announced() {
        let receive = async |length: &str| receive(length, Body::from("abc")).await;
        assert_eq!(receive("3").await.unwrap(), b"abc");
        assert_eq!(receive("2").await, Err(Refusal::UnreadableBody));
        assert_eq!(receive("103").await, Err(Refusal::UnreadableBody));
    }

    #[tokio::test]
    async fn lengths_that_are_none_are_refused() {
        let receive = async |length: &str| receive(length, Body::empty()).await;
        for length in ["", "-1", "+3", "3, 3", "0x3"] {
            assert_eq!(
                receive(length).await,
                Err(Refusal::UnreadableBody),
                "{length}"
            );
        }
        for length in ["50000001", "99999999999999999999999999"] {
            assert_eq!(receive(length).await, Err(Refusal::TooLarge), "{length}");
        }
        let without = BodyMemory::new()
            .receive(&HeaderMap::new(), Body::from("abc"))
            .await;
        assert_eq!(without.unwrap_err(), Refusal::NoLength);
    }

    #[tokio::test]
    async fn a_broken_connection_is_an_unreadable_body() {
        let chunks = [
            Ok(Bytes::from("ab")),
            Err(io::Error::from(io::ErrorKind::BrokenPipe)),
        ];
        let body = Body::from_stream(stream::iter(chunks));
        assert_eq!(receive("3", body).await, Err(Refusal::UnreadableBody));
    }

    #[tokio::test]
    async fn a_body_that_stops_coming_is_given_up() {
        tokio::time::pause();
        let begun = stream::iter([Ok::<_, io::Error>(Bytes::from("ab"))]);
        let body = Body::from_stream(begun.chain(stream::pending()));
        assert_eq!(receive("3", body).await, Err(Refusal::UnreadableBody));
    }

    #[tokio::test]
    async fn large_bodies_share_a_bounded_memory_and_small_ones_do_not_wait_for_them() {
        tokio::time::pause();
        let memory = BodyMemory::new();
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(memory.share(BODY_BYTES_MAX).await.unwrap());
        }
        let large = announcing("300000");
        let body = || Body::from(vec![b' '; 300_000]);
        let refused = memory.receive(&large, body()).await;
        assert_eq!(refused.unwrap_err(), Refusal::Busy);
        let small = memory.receive(&announcing("1"), Body::from("a")).await;
        assert_eq!(small.unwrap().bytes, b"a");
        held.pop();
        assert!(memory.receive(&large, body()).await.is_ok());
    }
}

//! Receiving the body of a request: checks 1 to 3 of the answer table, with
//! bounds on time and memory.
//!
//! What a request announces takes no memory: it is given as bytes arrive, from
//! a bounded amount for all clients and a share of it for each. So clients that
//! announce much and send nothing keep nobody out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Refusal;

/// Longest body that is accepted, as in the original.
pub const BODY_BYTES_MAX: usize = 50_000_000;

/// Bodies up to this size, which are nearly all, do not wait for larger ones.
const SMALL_BYTES_MAX: usize = 256 * 1024;

/// All small bodies together, and those of one client.
const SMALL_BODIES_KIB: usize = 64 * 1024;
const SMALL_BODIES_OF_CLIENT_KIB: usize = SMALL_BODIES_KIB / 4;

/// All larger bodies together: four of the largest; and two of one client.
const LARGE_BODIES_KIB: usize = 4 * (BODY_BYTES_MAX / 1024 + 1);
const LARGE_BODIES_OF_CLIENT_KIB: usize = LARGE_BODIES_KIB / 2;

/// Memory that the first byte of a body takes; after that it doubles.
const FIRST_BYTES: usize = 4 * 1024;

/// How long a request waits for memory.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Time limit for the beginning of a body, and between its pieces.
const FIRST_BYTE_MAX: Duration = Duration::from_secs(5);
const NEXT_BYTE_MAX: Duration = Duration::from_secs(10);

/// Time for a body of any size, and the slowest sender above that.
const BASE_TIME: Duration = Duration::from_secs(30);
const BYTES_PER_SECOND_MIN: u64 = 1_000_000;

/// Clients that are remembered before those without a body are forgotten.
const CLIENTS_KEPT: usize = 1_024;

/// The memory of all bodies that are being received and examined. Clones share
/// it.
#[derive(Debug, Clone)]
pub(crate) struct BodyMemory {
    all: Arc<Pools>,
    clients: Arc<Mutex<HashMap<IpAddr, Weak<Pools>>>>,
}

/// Memory in KiB.
#[derive(Debug)]
struct Pools {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

/// A complete body and its share of the memory.
#[derive(Debug)]
pub(crate) struct ReceivedBody {
    pub(crate) bytes: Vec<u8>,
    _share: Share,
}

/// What a body holds, of its client's memory and of all.
#[derive(Debug)]
struct Share {
    sources: [Arc<Semaphore>; 2],
    held: [Option<OwnedSemaphorePermit>; 2],
    /// Others of the client must find its pools as long as there is a body.
    _client: Arc<Pools>,
}

impl Pools {
    fn new(small_kib: usize, large_kib: usize) -> Self {
        Self {
            small: Arc::new(Semaphore::new(small_kib)),
            large: Arc::new(Semaphore::new(large_kib)),
        }
    }

    fn of_size(&self, announced: usize) -> Arc<Semaphore> {
        Arc::clone(if announced <= SMALL_BYTES_MAX {
            &self.small
        } else {
            &self.large
        })
    }
}

impl BodyMemory {
    pub(crate) fn new() -> Self {
        Self {
            all: Arc::new(Pools::new(SMALL_BODIES_KIB, LARGE_BODIES_KIB)),
            clients: Arc::default(),
        }
    }

    /// Receives the body of a client's request, which must be as long as its
    /// headers say.
    pub(crate) async fn receive(
        &self,
        client: IpAddr,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<ReceivedBody, Refusal> {
        let announced = announced_bytes(headers)?;
        let share = self.share(client, announced);
        tokio::time::timeout(time_max(announced), collect(body, announced, share))
            .await
            .map_err(|_| Refusal::UnreadableBody)?
    }

    fn share(&self, client: IpAddr, announced: usize) -> Share {
        let client = self.client(client);
        Share {
            sources: [client.of_size(announced), self.all.of_size(announced)],
            held: [None, None],
            _client: client,
        }
    }

    fn client(&self, address: IpAddr) -> Arc<Pools> {
        let mut clients = self.clients.lock();
        let client = service::client_of(address);
        if let Some(pools) = clients.get(&client).and_then(Weak::upgrade) {
            return pools;
        }
        if clients.len() >= CLIENTS_KEPT {
            clients.retain(|_, pools| pools.strong_count() > 0);
        }
        let pools = Pools::new(SMALL_BODIES_OF_CLIENT_KIB, LARGE_BODIES_OF_CLIENT_KIB);
        let pools = Arc::new(pools);
        clients.insert(client, Arc::downgrade(&pools));
        pools
    }
}

impl Share {
    /// Takes more memory, first of the client's, then of all.
    async fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        let kib = u32::try_from(bytes.div_ceil(1024)).map_err(|_| Refusal::TooLarge)?;
        let acquiring = async {
            for (source, held) in self.sources.iter().zip(&mut self.held) {
                let more = Arc::clone(source).acquire_many_owned(kib).await?;
                match held {
                    Some(held) => held.merge(more),
                    None => *held = Some(more),
                }
            }
            Ok::<_, tokio::sync::AcquireError>(())
        };
        match tokio::time::timeout(WAIT_MAX, acquiring).await {
            Ok(Ok(())) => Ok(()),
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

async fn collect(body: Body, announced: usize, mut share: Share) -> Result<ReceivedBody, Refusal> {
    let mut bytes = Vec::new();
    let mut chunks = body.into_data_stream();
    let mut wait_max = FIRST_BYTE_MAX;
    loop {
        let Ok(chunk) = tokio::time::timeout(wait_max, chunks.next()).await else {
            return Err(Refusal::UnreadableBody);
        };
        let Some(chunk) = chunk else { break };
        let chunk = chunk.map_err(|_| Refusal::UnreadableBody)?;
        let needed = bytes.len() + chunk.len();
        if needed > announced {
            return Err(Refusal::UnreadableBody);
        }
        if needed > bytes.capacity() {
            let doubled = FIRST_BYTES.max(2 * bytes.capacity());
            let capacity = doubled.min(announced).max(needed);
            share.grow(capacity - bytes.capacity()).await?;
            bytes.reserve_exact(capacity - bytes.len());
        }
        bytes.extend_from_slice(&chunk);
        wait_max = NEXT_BYTE_MAX;
    }
    if bytes.len() != announced {
        return Err(Refusal::UnreadableBody);
    }
    Ok(ReceivedBody {
        bytes,
        _share: share,
    })
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

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    async fn receive(length: &str, body: Body) -> Result<Vec<u8>, Refusal> {
        let memory = BodyMemory::new();
        let received = memory.receive(CLIENT, &announcing(length), body).await;
        received.map(|received| received.bytes)
    }

    /// A body that stalls after this number of bytes.
    fn stalled(bytes: usize) -> Body {
        let come = stream::iter((bytes > 0).then(|| Ok::<_, io::Error>(vec![b' '; bytes].into())));
        Body::from_stream(come.chain(stream::pending::<Result<Bytes, io::Error>>()))
    }

    /// Starts to receive a body of an announced size, of which so much has come.
    async fn begin(memory: &BodyMemory, client: IpAddr, announced: usize, come: usize) {
        let memory = memory.clone();
        tokio::spawn(async move {
            let headers = announcing(&announced.to_string());
            memory.receive(client, &headers, stalled(come)).await
        });
        // As time stands still, this returns when the task waits.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    fn client(number: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, number])
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
            .receive(CLIENT, &HeaderMap::new(), Body::from("abc"))
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
        for (come, limit) in [(0, FIRST_BYTE_MAX), (2, NEXT_BYTE_MAX)] {
            let begun = tokio::time::Instant::now();
            let given_up = receive("50000000", stalled(come)).await;
            assert_eq!(given_up, Err(Refusal::UnreadableBody));
            assert!(begun.elapsed() < limit + Duration::from_secs(1), "{come}");
        }
    }

    #[tokio::test]
    async fn a_body_that_comes_byte_by_byte_is_given_up_in_the_end() {
        tokio::time::pause();
        let slow = stream::unfold((), async |()| {
            tokio::time::sleep(NEXT_BYTE_MAX / 2).await;
            Some((Ok::<_, io::Error>(Bytes::from("a")), ()))
        });
        let body = Body::from_stream(slow);
        assert_eq!(receive("1000", body).await, Err(Refusal::UnreadableBody));
    }

    #[tokio::test]
    async fn what_is_announced_takes_no_memory() {
        tokio::time::pause();
        let memory = BodyMemory::new();
        for announced in [SMALL_BYTES_MAX, BODY_BYTES_MAX] {
            for number in 0..=255 {
                begin(&memory, CLIENT, announced, 0).await;
                begin(&memory, client(number), announced, 1).await;
            }
            assert!(is_received(&memory, CLIENT, announced).await);
        }
    }

    /// Whether the body of a client is received before memory becomes free.
    async fn is_received(memory: &BodyMemory, client: IpAddr, bytes: usize) -> bool {
        let headers = announcing(&bytes.to_string());
        let body = Body::from(vec![b' '; bytes]);
        let receiving = memory.receive(client, &headers, body);
        let received = tokio::time::timeout(Duration::from_secs(1), receiving).await;
        received.is_ok_and(|received| received.is_ok())
    }

    #[tokio::test]
    async fn one_client_cannot_take_all_the_memory() {
        tokio::time::pause();
        let memory = BodyMemory::new();
        let bodies = SMALL_BODIES_OF_CLIENT_KIB * 1024 / SMALL_BYTES_MAX;
        for _ in 0..bodies {
            begin(&memory, client(1), SMALL_BYTES_MAX, SMALL_BYTES_MAX - 1).await;
        }
        assert!(!is_received(&memory, client(1), 1).await);
        assert!(is_received(&memory, client(2), SMALL_BYTES_MAX).await);
        // Its larger ones do not wait for its small ones.
        assert!(is_received(&memory, client(1), SMALL_BYTES_MAX + 1).await);
    }

    #[tokio::test]
    async fn all_clients_share_a_bounded_memory_and_small_bodies_do_not_wait_for_large_ones() {
        tokio::time::pause();
        let memory = BodyMemory {
            all: Arc::new(Pools::new(1_000, 1_000)),
            ..BodyMemory::new()
        };
        let receive = async |number| {
            let body = Body::from(vec![b' '; 300_000]);
            let headers = announcing("300000");
            memory.receive(client(number), &headers, body).await
        };
        let mut held = Vec::new();
        for number in 1..=3 {
            held.push(receive(number).await.unwrap());
        }
        assert_eq!(receive(4).await.unwrap_err(), Refusal::Busy);
        assert!(is_received(&memory, client(4), 1).await);
        held.pop();
        assert!(is_received(&memory, client(4), 300_000).await);
        // One that stalls is given up.
        begin(&memory, client(5), 300_000, 299_000).await;
        assert!(!is_received(&memory, client(4), 300_000).await);
        tokio::time::sleep(NEXT_BYTE_MAX).await;
        assert!(is_received(&memory, client(4), 300_000).await);
    }

    #[tokio::test]
    async fn a_body_holds_its_memory_until_it_is_examined() {
        let memory = BodyMemory::new();
        let free = memory.all.small.available_permits();
        let headers = announcing("3");
        let received = memory
            .receive(CLIENT, &headers, Body::from("abc"))
            .await
            .unwrap();
        assert_eq!(memory.all.small.available_permits(), free - 1);
        drop(received);
        assert_eq!(memory.all.small.available_permits(), free);
    }

    #[test]
    fn a_network_of_ipv6_is_one_client_and_clients_are_forgotten() {
        let memory = BodyMemory::new();
        let first = memory.client("2001:db8::1".parse().unwrap());
        let second = memory.client("2001:db8::ffff:2".parse().unwrap());
        assert!(Arc::ptr_eq(&first, &second));
        let other = memory.client("2001:db8:0:1::1".parse().unwrap());
        assert!(!Arc::ptr_eq(&first, &other));
        for number in 0..10 * u32::try_from(CLIENTS_KEPT).unwrap() {
            drop(memory.client(IpAddr::V4(number.into())));
        }
        let kept = memory.clients.lock().len();
        assert!(kept <= CLIENTS_KEPT, "{kept}");
    }
}

//! Posts submissions, again if that can help.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use reqwest::{Client, StatusCode, header, redirect};
use tokio::sync::Semaphore;
use url::Url;

use super::{Counters, count};
use crate::clock::NetworkClock;

const ATTEMPTS: u32 = 8;

/// From one attempt to the next, in network time.
const PAUSE: Duration = Duration::from_secs(4);

/// The same in real time, at least: however fast the network's clock runs, a service starts and ends
/// by the clock on the wall.
const REAL_PAUSE_MIN: Duration = Duration::from_millis(250);

/// Real time for one attempt, answer included.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(30);

/// Submissions on their way at once. Nodes submit at the same moment, and a thousand of them on
/// one machine would only get in each other's way.
const AT_ONCE: usize = 64;

/// The way of all nodes to the uptime service.
#[derive(Debug)]
pub(crate) struct UptimeClient {
    url: Url,
    clock: NetworkClock,
    client: Client,
    on_their_way: Semaphore,
}

/// What came of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Accepted,
    /// Trying again is useless.
    Refused(StatusCode),
    /// Trying again may help.
    Failed,
}

impl UptimeClient {
    pub(crate) fn new(url: Url, clock: NetworkClock) -> Result<Self, reqwest::Error> {
        Ok(Self {
            url,
            clock,
            client: builder().build()?,
            on_their_way: Semaphore::new(AT_ONCE),
        })
    }

    /// Posts `body` until it is accepted, refused for good, or eight attempts have failed.
    /// `from` is the address that the request comes from.
    pub(crate) async fn submit(
        &self,
        node: &str,
        from: IpAddr,
        body: Vec<u8>,
        counters: &Counters,
    ) {
        let body = bytes::Bytes::from(body);
        for attempt in 1..=ATTEMPTS {
            count(&counters.attempts);
            match self.attempt(from, body.clone()).await {
                Outcome::Accepted => {
                    count(&counters.accepted);
                    return;
                }
                Outcome::Refused(status) => {
                    count(&counters.refused);
                    tracing::warn!(
                        node.name = node,
                        %status,
                        "the uptime service refuses node `{node}`: {status}"
                    );
                    return;
                }
                Outcome::Failed if attempt < ATTEMPTS => {
                    tokio::time::sleep(self.clock.real(PAUSE).max(REAL_PAUSE_MIN)).await;
                }
                Outcome::Failed => {
                    count(&counters.given_up);
                    tracing::warn!(
                        node.name = node,
                        "node `{node}` gives up a submission after {ATTEMPTS} attempts"
                    );
                }
            }
        }
    }

    async fn attempt(&self, from: IpAddr, body: bytes::Bytes) -> Outcome {
        let Ok(_place) = self.on_their_way.acquire().await else {
            return Outcome::Failed;
        };
        let client = if from == IpAddr::V4(Ipv4Addr::LOCALHOST) {
            self.client.clone()
        } else {
            // The service takes the address of a node from its connection.
            match builder().local_address(from).build() {
                Ok(client) => client,
                Err(_) => return Outcome::Failed,
            }
        };
        let sent = client
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .send()
            .await;
        match sent {
            Ok(answer) => judge(answer.status()),
            Err(error) => {
                tracing::debug!(%error, "a submission did not arrive");
                Outcome::Failed
            }
        }
    }
}

fn builder() -> reqwest::ClientBuilder {
    service::proxy::direct()
        .timeout(ATTEMPT_LIMIT)
        .redirect(redirect::Policy::none())
}

fn judge(status: StatusCode) -> Outcome {
    match status.as_u16() {
        200 => Outcome::Accepted,
        400 | 401 | 411 | 413 => Outcome::Refused(status),
        _ => Outcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::routing::post;

    use super::*;
    use crate::uptime::UptimeCounts;

    /// What becomes of a submission to a service that answers with these statuses in turn, the
    /// last one again and again.
    async fn submit(statuses: &'static [u16]) -> UptimeCounts {
        let requests = Arc::new(AtomicUsize::new(0));
        let router = Router::new().route(
            "/v1/submit",
            post(async move || {
                let request = requests.fetch_add(1, Ordering::Relaxed);
                let status = statuses.get(request).or(statuses.last()).unwrap();
                StatusCode::from_u16(*status).unwrap()
            }),
        );
        let listener = service::bind(service::loopback(0), "--port").await.unwrap();
        let url = format!("http://{}/v1/submit", listener.local_addr().unwrap());
        let token = tokio_util::sync::CancellationToken::new();
        let serving = tokio::spawn(service::serve(listener, router, token.clone()));
        let clock = NetworkClock::start(1_000);
        let client = UptimeClient::new(url.parse().unwrap(), clock).unwrap();
        let counters = Counters::default();
        let from = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 7));
        client.submit("a", from, b"{}".to_vec(), &counters).await;
        token.cancel();
        serving.await.unwrap();
        counters.counts()
    }

    #[tokio::test]
    async fn what_may_help_is_tried_again_and_what_is_final_is_not() {
        let counts = |attempts, accepted, refused, given_up| UptimeCounts {
            attempts,
            accepted,
            refused,
            given_up,
        };
        assert_eq!(submit(&[200]).await, counts(1, 1, 0, 0));
        for status in [&[400], &[401], &[411], &[413]] {
            assert_eq!(submit(status).await, counts(1, 0, 1, 0), "{status:?}");
        }
        assert_eq!(submit(&[429, 500, 503, 200]).await, counts(4, 1, 0, 0));
        assert_eq!(submit(&[503, 401]).await, counts(2, 0, 1, 0));
        assert_eq!(submit(&[302]).await, counts(8, 0, 0, 1));
    }

    #[tokio::test]
    async fn a_service_that_is_away_is_tried_eight_times() {
        let listener = service::bind(service::loopback(0), "--port").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let clock = NetworkClock::start(1_000);
        let client = UptimeClient::new(url.parse().unwrap(), clock).unwrap();
        let counters = Counters::default();
        let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
        client.submit("a", from, Vec::new(), &counters).await;
        assert_eq!(
            (counters.counts().attempts, counters.counts().given_up),
            (8, 1)
        );
    }
}

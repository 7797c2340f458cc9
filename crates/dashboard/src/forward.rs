//! Passing requests of the page on to the services.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use reqwest::Client;
use service::{ErrorBody, Token, request_id};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::access::Access;
use crate::allowed::{self, Effect, Passed};
use crate::upstreams::Upstreams;

/// Most requests that are passed on at once, streams of runs included.
const RUNNING_MAX: usize = 256;
/// Time for the headers of an answer.
const HEADERS: Duration = Duration::from_secs(28);
/// Time from one piece of an answer to the next. Streams of events send something every 15 s.
const PIECE: Duration = Duration::from_mins(1);
/// Most bytes of an answer that is no stream.
const ANSWER_BYTES: u64 = 256 << 20;

/// Headers of the page's requests that services see.
const ASKED: [HeaderName; 4] = [
    header::ACCEPT,
    header::CONTENT_TYPE,
    header::IF_NONE_MATCH,
    HeaderName::from_static("last-event-id"),
];
/// Headers of services' answers that the page sees.
const ANSWERED: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::CONTENT_DISPOSITION,
    header::CACHE_CONTROL,
    header::ETAG,
    header::RETRY_AFTER,
];
/// Says for whom a request is passed on. Services record it beside our own address.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Passes requests on. Clones share its bounds.
#[derive(Clone)]
pub(crate) struct Forward {
    client: Client,
    upstreams: Upstreams,
    access: Access,
    token: Option<Token>,
    running: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Forward {
    pub(crate) fn new(
        client: Client,
        upstreams: Upstreams,
        access: Access,
        token: Option<Token>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            client,
            upstreams,
            access,
            token,
            running: Arc::new(Semaphore::new(RUNNING_MAX)),
            stop,
        }
    }

    /// Answers a request to `/api/<name><rest>`.
    pub(crate) async fn answer(
        &self,
        method: Method,
        uri: &Uri,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
        body: Bytes,
    ) -> Response {
        match self.try_answer(method, uri, headers, peer, body).await {
            Ok(response) => response,
            Err(refusal) => refusal.into_response(),
        }
    }

    async fn try_answer(
        &self,
        method: Method,
        uri: &Uri,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
        body: Bytes,
    ) -> Result<Response, ErrorBody> {
        let below = uri.path().strip_prefix("/api/").unwrap_or_default();
        let (name, rest) = below.split_once('/').unwrap_or((below, ""));
        let passed = allowed::find(&method, name, &format!("/{rest}")).ok_or_else(not_forwarded)?;
        match passed.effect {
            Effect::Reads => {}
            Effect::Asks => self.access.may_ask(headers).await?,
            Effect::Changes => self.access.may_change(headers).await?,
        }
        let Ok(permit) = Arc::clone(&self.running).try_acquire_owned() else {
            return Err(ErrorBody::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too_many_requests",
                "the dashboard passes on as many requests as it may; try again in a moment",
            ));
        };
        let response = self
            .send(&method, uri, headers, peer, body, &passed)
            .await?;
        Ok(self.pass_back(response, permit))
    }

    async fn send(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
        body: Bytes,
        passed: &Passed<'_>,
    ) -> Result<reqwest::Response, ErrorBody> {
        let url = self
            .upstreams
            .address(passed.service, &passed.path, uri.query());
        let mut request = self.client.request(method.clone(), url).body(body);
        for name in &ASKED {
            if let Some(value) = headers.get(name) {
                request = request.header(name, value);
            }
        }
        if let Some(authorization) = self.authorization(headers, passed.effect) {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if let Some(id) = request_id::to_forward() {
            request = request.header(request_id::HEADER, id);
        }
        if let Some(peer) = peer {
            request = request.header(FORWARDED_FOR, peer.to_canonical().to_string());
        }
        let title = passed.service.title();
        let away = |what: &str| {
            metrics::counter!("dashboard_forward_failures_total", "service" => passed.service.key())
                .increment(1);
            ErrorBody::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "service_away",
                format!("The {title} {what}."),
            )
        };
        match tokio::time::timeout(HEADERS, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                tracing::debug!(route = passed.pattern, %error, "a service does not answer");
                Err(away("does not answer"))
            }
            Err(_) => Err(away("has not answered in time")),
        }
    }

    /// What a service sees of who asks: the token of the sender, which the browser of a session never
    /// sees. Questions that need none are asked with our own.
    fn authorization(&self, headers: &HeaderMap, effect: Effect) -> Option<HeaderValue> {
        let of_sender = || self.access.authorization(headers);
        let own = || Some(self.token.as_ref()?.bearer());
        match effect {
            Effect::Changes | Effect::Asks => of_sender(),
            // Reading is open to everybody.
            Effect::Reads if !self.access.reading_needs_token() => None,
            Effect::Reads => of_sender().or_else(own),
        }
    }

    /// The service's answer, piece by piece as it comes.
    fn pass_back(&self, response: reqwest::Response, permit: OwnedSemaphorePermit) -> Response {
        let status = response.status();
        let mut headers = HeaderMap::new();
        for name in ANSWERED {
            if let Some(value) = response.headers().get(&name) {
                headers.insert(name, value.clone());
            }
        }
        let is_stream = headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"));
        let left = if is_stream { u64::MAX } else { ANSWER_BYTES };
        let source = Source {
            response,
            left,
            stop: self.stop.clone(),
            _permit: permit,
        };
        let pieces = stream::unfold(Some(source), |source| async move {
            let mut source = source?;
            let piece = source.next().await?;
            // After a failure nothing comes any more.
            let rest = piece.is_ok().then_some(source);
            Some((piece, rest))
        });
        (status, headers, Body::from_stream(pieces)).into_response()
    }
}

/// An answer that is being passed on.
struct Source {
    response: reqwest::Response,
    left: u64,
    stop: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

/// Why an answer was cut.
#[derive(Debug, thiserror::Error)]
enum Cut {
    #[error("the service has ended its answer early: {0}")]
    Early(#[from] reqwest::Error),
    #[error("the service has sent nothing for {} s", PIECE.as_secs())]
    Silent,
    #[error("the answer is too large")]
    TooLarge,
}

impl Source {
    async fn next(&mut self) -> Option<Result<Bytes, Cut>> {
        let piece = tokio::select! {
            // Streams would hold up the end of the service.
            () = self.stop.cancelled(), if self.left == u64::MAX => return None,
            piece = tokio::time::timeout(PIECE, self.response.chunk()) => piece,
        };
        match piece {
            Ok(Ok(None)) => None,
            Ok(Ok(Some(bytes))) if self.left == u64::MAX => Some(Ok(bytes)),
            Ok(Ok(Some(bytes))) => {
                let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                let Some(left) = self.left.checked_sub(size) else {
                    return Some(Err(Cut::TooLarge));
                };
                self.left = left;
                Some(Ok(bytes))
            }
            Ok(Err(error)) => Some(Err(error.into())),
            Err(_) => Some(Err(Cut::Silent)),
        }
    }
}

fn not_forwarded() -> ErrorBody {
    ErrorBody::new(
        StatusCode::NOT_FOUND,
        "not_forwarded",
        "the dashboard passes no such request on; its list of routes says which",
    )
}

//! One HTTP request to a node, with a limit on everything.
//!
//! Why not the client of the protocol makers' SDK, nor the one it is built on: the SDK's follows
//! redirects, reads answers of any size into memory, and offers no place to judge the address of a
//! connection. Nodes announce themselves, so none of that can be left to them. `hyper-util`'s
//! client below lets the address be judged where the connection is made, and bounds the memory of
//! each idle connection, of which a log fetcher keeps a thousand.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, Error as HttpError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use crate::address::Endpoint;
use crate::connector::{ConnectError, Connector};
use crate::error::{ConnectFailure, Error, Malformed, TransportFailure};
use crate::excerpt::Excerpt;
use crate::guard::{AddressGuard, Permit};

/// How much of an answer with another status than 200 is read.
const REFUSAL_BYTES_MAX: usize = 4096;
/// How long an idle connection is kept for the next request.
const KEPT_IDLE: Duration = Duration::from_secs(30);
/// Greatest read buffer of a connection, and with it the greatest head of an answer.
const BUFFER_BYTES_MAX: usize = 32 << 10;
/// Most headers of an answer.
const HEADERS_MAX: usize = 64;

/// Limits of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection stands.
    pub connect: Duration,
    /// Between two pieces of an answer; for its head, after the time to connect.
    pub idle: Duration,
    /// For the request as a whole, its answer included.
    pub total: Duration,
    /// Size of an answer of `internalLogs`, in bytes.
    pub logs_bytes_max: usize,
    /// Size of any other answer, in bytes.
    pub answer_bytes_max: usize,
}

impl Default for Limits {
    /// 30 s in total as in the original orchestrator; room for the largest log queue in use
    /// (10,000 entries, of which those about a block may have some 20 kB).
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            idle: Duration::from_secs(15),
            total: Duration::from_secs(30),
            logs_bytes_max: 32 << 20,
            answer_bytes_max: 4 << 20,
        }
    }
}

/// Sends requests to nodes. Cheap to clone; clones share their idle connections, one per node.
///
/// It connects to permitted addresses only, directly (whatever proxy the environment names), over
/// plain HTTP as daemons speak it, follows no redirects and repeats nothing.
#[derive(Debug, Clone)]
pub struct Transport {
    http: Client<Connector, Full<Bytes>>,
    permit: Permit,
    request_id: Option<HeaderValue>,
    pub(crate) limits: Limits,
}

/// The header with the id of what a request belongs to. Daemons ignore it; proxies before them, and
/// simulated nodes, can log it.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl Transport {
    /// A transport within these limits to the addresses that the guard permits.
    pub fn new(limits: Limits, guard: impl AddressGuard) -> Self {
        Self::while_permitted(limits, guard, || true)
    }

    /// The same, but nothing is sent unless `permit` says so at that moment: requests then end with
    /// [`Error::NotPermitted`].
    pub fn while_permitted(
        limits: Limits,
        guard: impl AddressGuard,
        permit: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        let permit = Permit(Arc::new(permit));
        let connector = Connector {
            guard: Arc::new(guard),
            permit: permit.clone(),
            connect_timeout: limits.connect,
        };
        let http = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEPT_IDLE)
            .pool_max_idle_per_host(1)
            .retry_canceled_requests(false)
            .http1_max_buf_size(BUFFER_BYTES_MAX)
            .http1_max_headers(HEADERS_MAX)
            .build(connector);
        Self {
            http,
            permit,
            request_id: None,
            limits,
        }
    }

    /// The same for requests that belong to another one, whose id they carry as `X-Request-Id`.
    #[must_use]
    pub fn with_request_id(mut self, id: Option<HeaderValue>) -> Self {
        self.request_id = id;
        self
    }

    /// Posts `body` and returns the body of an answer with status 200.
    pub(crate) async fn post(
        &self,
        endpoint: &Endpoint,
        authorization: &str,
        body: Bytes,
        answer_bytes_max: usize,
    ) -> Result<Vec<u8>, Error> {
        timeout(
            self.limits.total,
            self.exchange(endpoint, authorization, body, answer_bytes_max),
        )
        .await
        .unwrap_or(Err(Error::TimedOut))
    }

    async fn exchange(
        &self,
        endpoint: &Endpoint,
        authorization: &str,
        body: Bytes,
        answer_bytes_max: usize,
    ) -> Result<Vec<u8>, Error> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(endpoint.uri().clone())
            // The daemon takes the body for empty if the type is anything but exactly this.
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(AUTHORIZATION, authorization);
        if let Some(id) = &self.request_id {
            request = request.header(REQUEST_ID, id.clone());
        }
        let request = request
            .body(Full::new(body))
            .map_err(|error| Error::Transport(TransportFailure(error.into())))?;
        if !self.permit.holds() {
            return Err(Error::NotPermitted);
        }
        // A connection may have to be made first, which has its own limit.
        let until_head = self.limits.connect.saturating_add(self.limits.idle);
        let mut answer = timeout(until_head, self.http.request(request))
            .await
            .map_err(|_| Error::TimedOut)?
            .map_err(request_error)?;
        let status = answer.status();
        if status.is_redirection() {
            return Err(Error::Redirect(status.as_u16()));
        }
        match status.as_u16() {
            200 => self.read(answer, answer_bytes_max).await,
            401 => Err(Error::Unauthorized),
            status => Err(Error::Status {
                status,
                body: self.beginning(&mut answer).await,
            }),
        }
    }

    async fn read(
        &self,
        mut answer: Response<Incoming>,
        bytes_max: usize,
    ) -> Result<Vec<u8>, Error> {
        let too_large = || Error::Malformed(Malformed::TooLarge { bytes_max });
        let announced = answer
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse().ok())
            .unwrap_or(0_usize);
        if announced > bytes_max {
            return Err(too_large());
        }
        // What is announced need not come.
        let mut body = Vec::with_capacity(announced.min(BUFFER_BYTES_MAX));
        while let Some(piece) = self.piece(&mut answer).await? {
            if piece.len() > bytes_max - body.len() {
                return Err(too_large());
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    /// The beginning of a body; whatever is wrong with the rest does not matter any more.
    async fn beginning(&self, answer: &mut Response<Incoming>) -> Excerpt {
        let mut body = Vec::new();
        while body.len() < REFUSAL_BYTES_MAX
            && let Ok(Some(piece)) = self.piece(answer).await
        {
            let room = REFUSAL_BYTES_MAX - body.len();
            body.extend_from_slice(&piece[..piece.len().min(room)]);
        }
        Excerpt::of_bytes(&body)
    }

    async fn piece(&self, answer: &mut Response<Incoming>) -> Result<Option<Bytes>, Error> {
        loop {
            let frame = timeout(self.limits.idle, answer.frame())
                .await
                .map_err(|_| Error::TimedOut)?;
            let Some(frame) = frame else {
                return Ok(None);
            };
            let frame = frame.map_err(|error| Error::Transport(TransportFailure(error.into())))?;
            // Trailers are of no interest.
            if let Ok(piece) = frame.into_data() {
                return Ok(Some(piece));
            }
        }
    }
}

fn request_error(error: HttpError) -> Error {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(inner) = cause {
        match inner.downcast_ref() {
            Some(ConnectError::Refused(address)) => return Error::AddressRefused(*address),
            Some(ConnectError::NotPermitted) => return Error::NotPermitted,
            _ => {}
        }
        cause = inner.source();
    }
    if error.is_connect() {
        Error::Connect(ConnectFailure(error.into()))
    } else {
        Error::Transport(TransportFailure(error.into()))
    }
}

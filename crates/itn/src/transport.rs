//! One HTTP request to a node, with a limit on everything.
//!
//! Why not the client of the protocol makers' SDK: it follows redirects, reads answers of any size
//! into memory, and offers no place to judge the address of a connection. Nodes announce
//! themselves, so none of that can be left to them.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect;

use crate::address::{AddressGuard, AddressRefused, Endpoint, GuardedResolver};
use crate::error::{Error, Malformed};
use crate::excerpt::Excerpt;

/// How much of an answer with another status than 200 is read.
const REFUSAL_BYTES_MAX: usize = 4096;
/// How long an idle connection is kept for the next request.
const KEPT_IDLE: Duration = Duration::from_secs(30);

/// Limits of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection stands.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub idle: Duration,
    /// For the request as a whole, its answer included.
    pub total: Duration,
    /// Size of an answer of `internalLogs`, in bytes.
    pub logs_bytes_max: usize,
    /// Size of any other answer, in bytes.
    pub answer_bytes_max: usize,
}

impl Default for Limits {
    /// 30 s in total as in the existing orchestrator; room for the largest log queue in use
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

/// Sends requests to nodes. Cheap to clone; clones share their idle connections.
///
/// It connects to permitted addresses only, directly (whatever proxy the environment names), over
/// plain HTTP as daemons speak it, follows no redirects and repeats nothing.
#[derive(Clone)]
pub struct Transport {
    http: reqwest::Client,
    guard: Arc<dyn AddressGuard>,
    pub(crate) limits: Limits,
}

impl Transport {
    /// A transport within these limits to the addresses that the guard permits.
    pub fn new(limits: Limits, guard: impl AddressGuard) -> Result<Self, Error> {
        let guard: Arc<dyn AddressGuard> = Arc::new(guard);
        let http = reqwest::Client::builder()
            .no_proxy()
            .http1_only()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .dns_resolver(GuardedResolver(Arc::clone(&guard)))
            .connect_timeout(limits.connect)
            .read_timeout(limits.idle)
            .timeout(limits.total)
            .pool_idle_timeout(KEPT_IDLE)
            .pool_max_idle_per_host(1)
            // Compressed answers would count by their size on the way.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .build()
            .map_err(Error::Setup)?;
        Ok(Self {
            http,
            guard,
            limits,
        })
    }

    /// Posts `body` and returns the body of an answer with status 200.
    pub(crate) async fn post(
        &self,
        endpoint: &Endpoint,
        authorization: &str,
        body: Bytes,
        answer_bytes_max: usize,
    ) -> Result<Vec<u8>, Error> {
        // A name is judged by the resolver; an address never gets there.
        if let Some(address) = endpoint.address()
            && !self.guard.permits(address)
        {
            return Err(Error::AddressRefused(address));
        }
        let mut response = self
            .http
            .post(endpoint.url().clone())
            // The daemon takes the body for empty if the type is anything but exactly this.
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(AUTHORIZATION, authorization)
            .body(body)
            .send()
            .await
            .map_err(transport_error)?;
        let status = response.status();
        if status.is_redirection() {
            return Err(Error::Redirect(status.as_u16()));
        }
        match status.as_u16() {
            200 => read(&mut response, answer_bytes_max).await,
            401 => Err(Error::Unauthorized),
            status => Err(Error::Status {
                status,
                body: beginning(&mut response).await,
            }),
        }
    }
}

async fn read(response: &mut reqwest::Response, bytes_max: usize) -> Result<Vec<u8>, Error> {
    let too_large = || Error::Malformed(Malformed::TooLarge { bytes_max });
    let announced = response.content_length().unwrap_or(0);
    if usize::try_from(announced).map_or(true, |announced| announced > bytes_max) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(transport_error)? {
        if piece.len() > bytes_max - body.len() {
            return Err(too_large());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// The beginning of a body; whatever is wrong with the rest does not matter any more.
async fn beginning(response: &mut reqwest::Response) -> Excerpt {
    let mut body = Vec::new();
    while body.len() < REFUSAL_BYTES_MAX
        && let Ok(Some(piece)) = response.chunk().await
    {
        let room = REFUSAL_BYTES_MAX - body.len();
        body.extend_from_slice(&piece[..piece.len().min(room)]);
    }
    Excerpt::of_bytes(&body)
}

fn transport_error(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(inner) = cause {
        if let Some(AddressRefused(address)) = inner.downcast_ref() {
            return Error::AddressRefused(*address);
        }
        cause = inner.source();
    }
    if error.is_connect() {
        Error::Connect(error)
    } else if error.is_timeout() {
        Error::TimedOut
    } else {
        Error::Transport(error)
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Transport")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

//! Who may ask and change something: tokens for services that other machines can reach.
//!
//! On a loopback address without a token every local client may, except web pages of strangers,
//! whose requests a browser on this machine sends as well (`pages`). Where there are tokens, or on
//! any other address, a request has to carry one: `Authorization: Bearer <token>`. There is the one
//! that the service was given when it started, which allows everything, and those of the lab's
//! [`Book`], which have roles.

mod book;
mod error;
mod pages;
mod parameters;
mod token;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, RawPathParams, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};

use crate::ErrorBody;
use crate::request_id;

pub use book::{Book, BookAway, Caller, Change, Role, Verdict};
pub use error::GuardError;
pub use parameters::Parameters;
pub use token::Token;

/// Most characters that are kept of `X-Forwarded-For`.
const FORWARDED_CHARACTERS: usize = 200;

/// For how long changes are on record unless something else is said: a year.
const KEEP_RECORDS: Duration = Duration::from_hours(365 * 24);

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It reads what everybody may read unless reading needs a token.
    Read,
    /// It reads what only holders of a token may read, where there are tokens.
    Ask,
    /// It changes something.
    Change,
}

/// Decides about requests. Clones decide alike.
#[derive(Debug, Clone)]
pub struct Guard {
    rule: Rule,
    token: Option<Token>,
    book: Option<Arc<dyn Book>>,
    wants_book: bool,
    reading_needs_token: bool,
    keep_records: Duration,
}

/// Who may change something without a token, if there are no tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Local clients, but no web pages of strangers.
    ThisMachine,
    /// The same for a container: others in its network call it by a name of one word.
    Container,
    /// Nobody.
    Nobody,
    /// Everybody, as the operator has said, whatever tokens there are.
    Everybody,
}

impl Guard {
    const fn of(rule: Rule, token: Option<Token>) -> Self {
        Self {
            rule,
            token,
            book: None,
            wants_book: false,
            reading_needs_token: false,
            keep_records: KEEP_RECORDS,
        }
    }

    /// The guard of a service on `address`: the token if there is one; else everybody on this
    /// machine if only they can connect; else everybody if `allow_without_token` says so.
    pub fn new(
        address: SocketAddr,
        token: Option<Token>,
        allow_without_token: bool,
    ) -> Result<Self, GuardError> {
        let guard = Self::for_lab(address, token, allow_without_token);
        if guard.rule == Rule::Nobody && guard.token.is_none() {
            return Err(GuardError::NoToken { address });
        }
        Ok(Self {
            wants_book: false,
            ..guard
        })
    }

    /// The same for a service that knows the lab's tokens: it gets its book by
    /// [`Self::with_book`], and whether there are tokens is checked by [`Self::require_tokens`].
    #[must_use]
    pub fn for_lab(address: SocketAddr, token: Option<Token>, allow_without_token: bool) -> Self {
        let rule = if allow_without_token {
            Rule::Everybody
        } else if address.ip().to_canonical().is_loopback() {
            Rule::ThisMachine
        } else {
            Rule::Nobody
        };
        // A token that is given goes before what would hold without one.
        let rule = if token.is_some() { Rule::Nobody } else { rule };
        Self {
            wants_book: true,
            ..Self::of(rule, token)
        }
    }

    /// The guard of a service in a container whose port is published on a loopback address of the
    /// machine only: the token if there is one; else clients on the machine and in the container's
    /// network, but no web pages of strangers.
    #[must_use]
    pub fn published_on_loopback(token: Option<Token>) -> Self {
        let rule = if token.is_some() {
            Rule::Nobody
        } else {
            Rule::Container
        };
        Self {
            wants_book: true,
            ..Self::of(rule, token)
        }
    }

    /// The guard of a service that only this machine can reach.
    #[must_use]
    pub fn this_machine() -> Self {
        Self::of(Rule::ThisMachine, None)
    }

    /// Reading needs a token, too, and nothing is allowed without one.
    #[must_use]
    pub fn also_for_reading(mut self) -> Self {
        self.reading_needs_token = true;
        self.rule = Rule::Nobody;
        self
    }

    /// The same with records of changes that are kept for this time.
    #[must_use]
    pub fn keep_records(mut self, time: Duration) -> Self {
        self.keep_records = time;
        self
    }

    /// For how long records of changes are to be kept.
    #[must_use]
    pub fn records_are_kept(&self) -> Duration {
        self.keep_records
    }

    /// Whether it is to know the lab's tokens.
    #[must_use]
    pub fn wants_book(&self) -> bool {
        self.wants_book
    }

    /// The same with the tokens of a book, which records changes as well.
    #[must_use]
    pub fn with_book(mut self, book: Arc<dyn Book>) -> Self {
        self.book = Some(book);
        self
    }

    /// Checks that there are tokens where nothing is allowed without.
    pub async fn require_tokens(&self, address: SocketAddr) -> Result<(), GuardError> {
        if self.rule != Rule::Nobody || self.token.is_some() {
            return Ok(());
        }
        if self.look_up(None).await? == Verdict::NoTokens {
            return Err(GuardError::NoToken { address });
        }
        Ok(())
    }

    /// Whether changes need a token, as a book or the guard itself has given this verdict.
    #[must_use]
    pub fn needs_token_after(&self, verdict: &Verdict) -> bool {
        match self.rule {
            Rule::Everybody => false,
            Rule::Nobody => true,
            Rule::ThisMachine | Rule::Container => *verdict != Verdict::NoTokens,
        }
    }

    /// Whether reading needs a token.
    #[must_use]
    pub fn reading_needs_token(&self) -> bool {
        self.reading_needs_token
    }

    /// Whether nobody but local clients may ask, as far as no tokens are known.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.rule, Rule::ThisMachine | Rule::Container)
    }

    /// Puts the guard before all routes that `router` has already, which change something. A refused
    /// request is answered with 401 (code `token_required` or `token_expired`) or 403 (code
    /// `operator_required`, `foreign_host` or `foreign_page`) and its body is not read. A change
    /// that is let through is recorded in the book, if there is one.
    pub fn protect<S: Clone + Send + Sync + 'static>(&self, router: Router<S>) -> Router<S> {
        self.before(router, Need::Change)
    }

    /// As [`Self::protect`] for routes that change nothing and yet are for holders of a token, of
    /// any role: they cost much or say who does what.
    pub fn protect_asking<S: Clone + Send + Sync + 'static>(&self, router: Router<S>) -> Router<S> {
        self.before(router, Need::Ask)
    }

    /// As [`Self::protect`] for routes that read: everybody may, unless reading needs a token.
    pub fn protect_reading<S: Clone + Send + Sync + 'static>(
        &self,
        router: Router<S>,
    ) -> Router<S> {
        if self.reading_needs_token {
            self.before(router, Need::Read)
        } else {
            router
        }
    }

    fn before<S: Clone + Send + Sync + 'static>(&self, router: Router<S>, need: Need) -> Router<S> {
        router.route_layer(middleware::from_fn_with_state((self.clone(), need), check))
    }

    /// What the token is that a request with these headers presents: that of the service, one of
    /// the book, or none. [`Verdict::NoTokens`]: none is needed.
    pub async fn verdict(&self, headers: &HeaderMap) -> Result<Verdict, ErrorBody> {
        self.look_up(bearer(headers)).await.map_err(away)
    }

    async fn look_up(&self, presented: Option<&[u8]>) -> Result<Verdict, BookAway> {
        if let (Some(token), Some(presented)) = (&self.token, presented)
            && token.is(presented)
        {
            return Ok(Verdict::Known(Caller::configured()));
        }
        let verdict = match &self.book {
            Some(book) => book.judge(presented).await?,
            None => Verdict::NoTokens,
        };
        Ok(match verdict {
            Verdict::NoTokens if self.token.is_some() => Verdict::Unknown,
            verdict => verdict,
        })
    }

    /// Who sends a request with these headers, if that may do what it needs.
    pub async fn permits(&self, headers: &HeaderMap, need: Need) -> Result<Caller, ErrorBody> {
        if need == Need::Read && !self.reading_needs_token {
            return Ok(Caller::local());
        }
        let presented = bearer(headers);
        if self.rule == Rule::Everybody {
            // For the record only.
            let known = match presented {
                Some(_) => self.look_up(presented).await.ok(),
                None => None,
            };
            return Ok(match known {
                Some(Verdict::Known(caller)) => caller,
                _ => Caller::local(),
            });
        }
        match self.look_up(presented).await.map_err(away)? {
            Verdict::Known(caller) if need == Need::Change && caller.role < Role::Operator => {
                Err(ErrorBody::new(
                    StatusCode::FORBIDDEN,
                    "operator_required",
                    "this token is for reading: a change needs one with the role operator",
                ))
            }
            Verdict::Known(caller) => Ok(caller),
            Verdict::Expired => Err(ErrorBody::new(
                StatusCode::UNAUTHORIZED,
                "token_expired",
                "this token has expired: an operator makes a new one with `loadlab token new`",
            )),
            Verdict::NoTokens if self.rule != Rule::Nobody => {
                self.permits_locally(headers)?;
                Ok(Caller::local())
            }
            Verdict::Unknown | Verdict::NoTokens => Err(ErrorBody::new(
                StatusCode::UNAUTHORIZED,
                "token_required",
                "this needs the service's token: send it as `Authorization: Bearer <token>`",
            )),
        }
    }

    /// Whether a request without a token comes from this machine and from no foreign page.
    pub fn permits_locally(&self, headers: &HeaderMap) -> Result<(), ErrorBody> {
        if !pages::knows_host(headers, self.rule == Rule::Container) {
            return Err(ErrorBody::new(
                StatusCode::FORBIDDEN,
                "foreign_host",
                "without a token this service may be asked as localhost or 127.0.0.1 only: use \
                 that name, or start the service with --token-file or --allow-without-token",
            ));
        }
        if pages::is_of_foreign_page(headers) {
            return Err(ErrorBody::new(
                StatusCode::FORBIDDEN,
                "foreign_page",
                "web pages of other machines may not change anything here without a token",
            ));
        }
        Ok(())
    }
}

fn away(_: BookAway) -> ErrorBody {
    ErrorBody::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "tokens_unavailable",
        "the database with the tokens and the audit log does not answer at the moment; try again \
         later",
    )
}

async fn check(
    State((guard, need)): State<(Guard, Need)>,
    parameters: RawPathParams,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = match guard.permits(request.headers(), need).await {
        Ok(caller) => caller,
        Err(refusal) => return refused(&refusal, &request),
    };
    tracing::Span::current().record("actor", caller.name.as_str());
    request.extensions_mut().insert(caller.clone());
    let Some(book) = guard.book.filter(|_| need == Need::Change) else {
        return next.run(request).await;
    };
    let (request, change) = change_of(request, caller, &parameters);
    let work = Box::pin(next.run(request));
    match book.record(change, work).await {
        Ok(response) => response,
        Err(error) => away(error).into_response(),
    }
}

fn change_of(request: Request, caller: Caller, parameters: &RawPathParams) -> (Request, Change) {
    let names: Vec<&str> = parameters.iter().map(|(_, value)| value).collect();
    let text = |name: &str| {
        let value = request.headers().get(name)?.to_str().ok()?;
        Some(value.chars().take(FORWARDED_CHARACTERS).collect())
    };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = peer.map(|peer| peer.0.ip().to_canonical().to_string());
    let (forwarded_for, target) = (
        text("x-forwarded-for"),
        (!names.is_empty()).then(|| names.join("/")),
    );
    let (method, path) = (
        request.method().to_string(),
        request.uri().path().to_owned(),
    );
    let (request, parameters) = parameters::copy(request);
    let change = Change {
        caller,
        address,
        forwarded_for,
        method,
        path,
        target,
        request_id: request_id::current(),
        parameters,
    };
    (request, change)
}

fn refused(refusal: &ErrorBody, request: &Request) -> Response {
    ::metrics::counter!("guard_refusals_total").increment(1);
    tracing::warn!(
        path = request.uri().path(),
        "a request without permission was refused"
    );
    let mut response = refusal.clone().into_response();
    if response.status() == StatusCode::UNAUTHORIZED {
        let scheme = header::HeaderValue::from_static("Bearer");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}

/// What follows the scheme `Bearer`, whose case does not matter (RFC 9110, section 11.1).
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked("Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests;

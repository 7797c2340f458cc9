//! Tokens and the audit log over HTTP: who is asking, which tokens there are, making and revoking
//! them, and who has changed what.

use access::Secret;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use results::answers::Meta;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::extract::{Path, Query};
use service::refusals::Error;
use service::{ErrorBody, Guard, Verdict};
use store::Database;
use store::access::{AccessToken, AuditEntry, AuditPage, NewAccessToken, TokenError, TokenRole};
use utoipa::{IntoParams, ToSchema};

use crate::body::object;
use crate::error::Refused;
use crate::v1::answer::{answer, failed, invalid, unknown, unreadable};
use crate::v1::parameters::{InScope, PageParameters};
use service::refusals::ReadRefusals as Refusals;

/// Most days that a token holds: a hundred years.
const DAYS_MAX: f64 = 36_500.0;
/// Most characters that the audit log is searched for.
const SEARCH_CHARACTERS_MAX: usize = 200;
const DAY_S: f64 = 86_400.0;

/// The routes, with the description by which unknown parameters are refused.
pub(crate) fn routes(guard: &Guard, description: &'static str) -> Router<Database> {
    let strict = |router| service::openapi::refuse_unknown_parameters(router, description);
    let changing = Router::new()
        .route("/api/v1/tokens", post(create_token))
        .route("/api/v1/tokens/{id}", delete(revoke_token));
    let asking = Router::new()
        .route("/api/v1/tokens", get(tokens))
        .route("/api/v1/audit", get(audit));
    guard
        .protect(strict(changing))
        .merge(guard.protect_asking(strict(asking)))
        .route("/api/v1/session", get(session))
        .layer(Extension(guard.clone()))
}

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionAnswer {
    /// Whether changes need a token.
    tokens_needed: bool,
    /// `valid`, `expired` or `unknown`; null if none was presented.
    token: Option<&'static str>,
    /// `viewer`, `operator`, or `local` where no token is needed; null without a valid token.
    role: Option<&'static str>,
    /// The name of the token.
    name: Option<String>,
    /// When it ends.
    expires: Option<String>,
}

/// Who asks, by the token that the request presents.
#[utoipa::path(get, path = "/api/v1/session", operation_id = "who_asks",
    responses((status = 200, body = SessionAnswer), Refusals))]
pub(crate) async fn session(
    Extension(guard): Extension<Guard>,
    headers: HeaderMap,
) -> Result<Json<SessionAnswer>, ErrorBody> {
    let presents = headers.contains_key(header::AUTHORIZATION);
    let verdict = guard.verdict(&headers).await?;
    let needed = guard.needs_token_after(&verdict);
    let (token, caller) = match verdict {
        Verdict::NoTokens | Verdict::Unknown => (presents.then_some("unknown"), None),
        Verdict::Expired => (Some("expired"), None),
        Verdict::Known(caller) => (Some("valid"), Some(caller)),
    };
    let local = (!needed).then_some("local");
    Ok(Json(SessionAnswer {
        tokens_needed: needed,
        token,
        role: caller.as_ref().map(|caller| caller.role.as_str()).or(local),
        expires: caller
            .as_ref()
            .and_then(|caller| Some(caller.expires_at?.to_string())),
        name: caller.map(|caller| caller.name),
    }))
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Token {
    /// Its number.
    id: String,
    /// Its name.
    name: String,
    /// `viewer` or `operator`.
    role: String,
    /// When it was made.
    created: String,
    /// When it ends; null if it does not.
    expires: Option<String>,
    /// When it was used last, to a minute.
    last_used: Option<String>,
}

impl From<AccessToken> for Token {
    fn from(token: AccessToken) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name,
            role: token.role,
            created: token.created_at.to_string(),
            expires: token.expires_at.map(|at| at.to_string()),
            last_used: token.last_used_at.map(|at| at.to_string()),
        }
    }
}

/// All tokens that are not revoked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// By name.
    tokens: Vec<Token>,
}

/// A token that has just been made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewToken {
    /// What is known of it.
    #[serde(flatten)]
    known: Token,
    /// The token itself. It is shown here only: the database has its hash.
    token: String,
}

/// A token that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenRequest {
    /// Its name: who will have it, or for what it is.
    name: String,
    /// `viewer` or `operator`.
    role: String,
    /// For how many days it holds; for ever unless given.
    #[schema(exclusive_minimum = 0, maximum = 36_500)]
    days: Option<f64>,
}

/// The tokens, without their secrets.
#[utoipa::path(get, path = "/api/v1/tokens",
    responses((status = 200, body = Tokens), Refusals))]
pub(crate) async fn tokens(State(database): State<Database>) -> Result<Response, ErrorBody> {
    let tokens = database.access_tokens().await.map_err(failed)?;
    let tokens = tokens.into_iter().map(Token::from).collect();
    Ok(not_kept(Json(Tokens { tokens })))
}

/// Makes a token.
#[utoipa::path(post, path = "/api/v1/tokens", request_body = TokenRequest,
    responses((status = 201, body = NewToken), Refusals,
        (status = 409, description = "The name is taken, or there are too many", body = Error),
        (status = 413, description = "The body is too large", body = Error),
        (status = 415, description = "The body is not JSON", body = Error)))]
pub(crate) async fn create_token(
    State(database): State<Database>,
    request: axum::extract::Request,
) -> Result<Response, ErrorBody> {
    let body = object(request).await.map_err(Refused::in_new_form)?;
    let wanted: TokenRequest = serde_json::from_value(Value::Object(body)).map_err(|error| {
        unreadable(
            "body",
            &format!("this is no token to be made: {error}"),
            None,
        )
    })?;
    let role: TokenRole = wanted
        .role
        .parse()
        .map_err(|error: String| unreadable("role", &error, None))?;
    if wanted
        .days
        .is_some_and(|days| !(days > 0.0 && days <= DAYS_MAX))
    {
        return Err(invalid(
            "days",
            &format!("must be above 0 and at most {DAYS_MAX}"),
        ));
    }
    let secret = Secret::new().map_err(|error| {
        tracing::error!(%error, "the system has no randomness for a token");
        ErrorBody::internal()
    })?;
    let new = NewAccessToken {
        name: &wanted.name,
        role,
        digest: &secret.digest(),
        lifetime_s: wanted.days.map(|days| days * DAY_S),
    };
    let made = database.create_access_token(&new).await.map_err(|error| {
        let code = match &error {
            TokenError::Name => return unreadable("name", &error.to_string(), None),
            TokenError::NameTaken(_) => "name_taken",
            TokenError::TooMany => "too_many_tokens",
            TokenError::Store(_) => {
                let TokenError::Store(error) = error else {
                    return ErrorBody::internal();
                };
                return failed(error);
            }
        };
        ErrorBody::new(StatusCode::CONFLICT, code, error.to_string())
    })?;
    tracing::info!(token = made.name, role = made.role, "a token was made");
    let answer = NewToken {
        known: made.into(),
        token: secret.expose().to_owned(),
    };
    Ok(not_kept((StatusCode::CREATED, Json(answer))))
}

/// Ends a token: services refuse it within seconds.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}",
    params(("id" = i64, Path, description = "Number of the token")),
    responses((status = 204, description = "It is revoked"), Refusals))]
pub(crate) async fn revoke_token(
    State(database): State<Database>,
    Path(id): Path<i64>,
) -> Result<StatusCode, ErrorBody> {
    let name = database.revoke_access_token(id).await.map_err(failed)?;
    let name = name.ok_or_else(|| unknown("unknown_token", format!("there is no token {id}")))?;
    tracing::info!(token = name, "a token was revoked");
    Ok(StatusCode::NO_CONTENT)
}

/// What is looked for in the audit log.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Only entries with this text in actor, address, path, target or request id.
    q: Option<String>,
}

/// Who has changed what.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditAnswer {
    /// Newest first.
    entries: Vec<Entry>,
    /// What the answer rests on.
    meta: Meta,
}

/// A change that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Entry {
    /// Its number; later ones are greater.
    id: i64,
    /// When it was asked for.
    at: String,
    /// The name of the token, or `local` where none was needed.
    actor: String,
    /// What the actor may do: `operator` or `local`.
    role: String,
    /// Where the request came from.
    address: Option<String>,
    /// For whom that machine said that it asks.
    forwarded_for: Option<String>,
    /// The service that was asked, or `command line`.
    service: String,
    /// The method of HTTP, or `COMMAND`.
    method: String,
    /// The path that was asked for, or the words of the command.
    path: String,
    /// What was changed.
    target: Option<String>,
    /// What was asked for, without secrets.
    #[schema(value_type = Object, nullable)]
    parameters: Option<Value>,
    /// When the change was stored, if that was one transaction of the database.
    changed_at: Option<String>,
    /// When the answer was given; null if none was.
    ended_at: Option<String>,
    /// The status of the answer; null if none was given.
    status: Option<i32>,
    /// The id of the request.
    request_id: Option<String>,
}

impl From<AuditEntry> for Entry {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id,
            at: entry.at.to_string(),
            actor: entry.actor,
            role: entry.role,
            address: entry.address,
            forwarded_for: entry.forwarded_for,
            service: entry.service,
            method: entry.method,
            path: entry.path,
            target: entry.target,
            parameters: entry.parameters,
            changed_at: entry.changed_at.map(|at| at.to_string()),
            ended_at: entry.ended_at.map(|at| at.to_string()),
            status: entry.status,
            request_id: entry.request_id,
        }
    }
}

/// The audit log, newest first.
#[utoipa::path(get, path = "/api/v1/audit", params(AuditQuery, PageParameters),
    responses((status = 200, body = AuditAnswer), Refusals))]
pub(crate) async fn audit(
    State(database): State<Database>,
    Query(query): Query<AuditQuery>,
    Query(page): Query<PageParameters>,
    InScope(scope): InScope,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let (before, limit) = page.read()?;
    let contains = query.q.filter(|text| !text.is_empty());
    if contains
        .as_ref()
        .is_some_and(|text| text.chars().count() > SEARCH_CHARACTERS_MAX)
    {
        return Err(invalid(
            "q",
            &format!("has at most {SEARCH_CHARACTERS_MAX} characters"),
        ));
    }
    let page = AuditPage {
        before,
        limit,
        contains,
    };
    let entries = database.audit(&page).await.map_err(failed)?;
    let mut meta = database.results_meta(&scope).await.map_err(failed)?;
    meta.next = entries
        .last()
        .filter(|_| i64::try_from(entries.len()).is_ok_and(|rows| rows >= limit))
        .map(|last| last.id.to_string());
    let entries = entries.into_iter().map(Entry::from).collect();
    answer(&headers, &AuditAnswer { entries, meta })
}

/// Answers that no cache may keep.
fn not_kept(answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    let never = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    response
}

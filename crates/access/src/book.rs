//! The tokens in the database as guards of services see them, and the record of changes.
//!
//! All tokens are read at once and kept for a few seconds: checking one costs no query, and wrong
//! ones cost nothing at all. A revoked token is therefore refused a few seconds later at the latest.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use parking_lot::Mutex;
use service::{Book, BookAway, Caller, Change, Role, Verdict, error_chain};
use store::Database;
use store::access::{NewAuditEntry, TokenDigest, TokenRole};
use subtle::ConstantTimeEq as _;
use tokio::time::Instant;

use crate::secret::digest;

/// For how long tokens that were read are taken for those in the database.
const FRESH: Duration = Duration::from_secs(3);
/// For how long they are if the database does not answer.
const STALE_MAX: Duration = Duration::from_mins(1);
/// Time for the database to give them, or to take a record.
const DATABASE_TIME: Duration = Duration::from_secs(5);
/// How often the use of a token is noted.
const USE_NOTED_EVERY: Duration = Duration::from_mins(1);
/// How often old rows of the audit log are deleted.
const DELETE_EVERY: Duration = Duration::from_hours(1);

/// Tokens and audit log in a database. Clones share what they have read.
#[derive(Debug, Clone)]
pub struct DatabaseBook(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Database,
    /// The service in whose name changes are recorded.
    service: String,
    keep_audit: Duration,
    known: tokio::sync::Mutex<Option<Known>>,
    /// When the use of each token was noted.
    noted: Mutex<HashMap<i64, Instant>>,
    deleted: Mutex<Option<Instant>>,
}

#[derive(Debug, Clone)]
struct Known {
    tokens: Arc<[TokenDigest]>,
    read: Instant,
    /// When the database was asked last, with or without success.
    asked: Instant,
}

impl DatabaseBook {
    /// The book of a service with this name.
    #[must_use]
    pub fn new(database: Database, service: impl Into<String>, keep_audit: Duration) -> Self {
        Self(Arc::new(Inner {
            database,
            service: service.into(),
            keep_audit,
            known: tokio::sync::Mutex::default(),
            noted: Mutex::default(),
            deleted: Mutex::default(),
        }))
    }

    /// The tokens, not older than a few seconds.
    async fn tokens(&self) -> Result<Arc<[TokenDigest]>, BookAway> {
        // Requests that come meanwhile wait for the same answer.
        let mut known = self.0.known.lock().await;
        if let Some(known) = &*known
            && known.asked.elapsed() < FRESH
            && known.read.elapsed() < STALE_MAX
        {
            return Ok(Arc::clone(&known.tokens));
        }
        let asking = tokio::time::timeout(DATABASE_TIME, self.0.database.token_digests());
        let now = Instant::now();
        match asking.await {
            Ok(Ok(tokens)) => {
                let tokens: Arc<[TokenDigest]> = tokens.into();
                *known = Some(Known {
                    tokens: Arc::clone(&tokens),
                    read: now,
                    asked: now,
                });
                Ok(tokens)
            }
            failed => {
                let why = failed.map_or_else(
                    |_| "it does not answer in time".to_owned(),
                    |failed| failed.map_or_else(|error| error_chain(&error), |_| String::new()),
                );
                tracing::warn!("the database does not give the tokens: {why}");
                match &mut *known {
                    Some(known) if known.read.elapsed() < STALE_MAX => {
                        known.asked = now;
                        Ok(Arc::clone(&known.tokens))
                    }
                    _ => Err(BookAway),
                }
            }
        }
    }

    /// Notes the use of a token, beside the request that uses it.
    fn note_use(&self, id: i64) {
        {
            let mut noted = self.0.noted.lock();
            if noted
                .get(&id)
                .is_some_and(|at| at.elapsed() < USE_NOTED_EVERY)
            {
                return;
            }
            noted.retain(|_, at| at.elapsed() < USE_NOTED_EVERY);
            noted.insert(id, Instant::now());
        }
        let database = self.0.database.clone();
        tokio::spawn(async move {
            if let Err(error) = database.note_token_use(id).await {
                tracing::debug!("the use of a token was not noted: {}", error_chain(&error));
            }
        });
    }

    fn delete_old(&self) {
        {
            let mut deleted = self.0.deleted.lock();
            if deleted.is_some_and(|at| at.elapsed() < DELETE_EVERY) {
                return;
            }
            *deleted = Some(Instant::now());
        }
        let (database, keep) = (self.0.database.clone(), self.0.keep_audit);
        tokio::spawn(async move {
            match database.delete_old_audit(keep).await {
                Ok(0) => {}
                Ok(rows) => tracing::info!(rows, "old rows of the audit log are deleted"),
                Err(error) => {
                    let error = error_chain(&error);
                    tracing::warn!("old rows of the audit log are not deleted: {error}");
                }
            }
        });
    }

    async fn recorded(
        self,
        change: Change,
        work: BoxFuture<'static, Response>,
    ) -> Result<Response, BookAway> {
        let database = &self.0.database;
        let entry = NewAuditEntry {
            actor: change.caller.name,
            role: change.caller.role.as_str().to_owned(),
            address: change.address,
            forwarded_for: change.forwarded_for,
            service: self.0.service.clone(),
            method: change.method,
            path: change.path,
            target: change.target,
            request_id: change.request_id,
        };
        let begun = tokio::time::timeout(DATABASE_TIME, database.begin_audit(&entry)).await;
        let id = match begun {
            Ok(Ok(id)) => id,
            Ok(Err(error)) => {
                tracing::warn!("a change is not recorded: {}", error_chain(&error));
                return Err(BookAway);
            }
            Err(_) => return Err(BookAway),
        };
        let response = store::access::within(id, work).await;
        metrics::counter!("audit_entries_total").increment(1);
        let status = response.status().as_u16();
        let parameters = change.parameters.read();
        let target = parameters.as_ref().and_then(named);
        let ending = database.end_audit(id, Some(status), target.as_deref(), parameters);
        // The change is made: its answer is given whatever becomes of the record.
        match tokio::time::timeout(DATABASE_TIME, ending).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let error = error_chain(&error);
                tracing::warn!(audit_id = id, status, "a record is not completed: {error}");
            }
            Err(_) => tracing::warn!(audit_id = id, status, "a record is not completed in time"),
        }
        self.delete_old();
        Ok(response)
    }
}

/// What a body names as the thing that is changed, where the path names nothing.
fn named(parameters: &serde_json::Value) -> Option<String> {
    let body = parameters.get("experiment_setup").unwrap_or(parameters);
    ["experiment_name", "node_name", "name"]
        .iter()
        .find_map(|member| body.get(member)?.as_str())
        .map(str::to_owned)
}

impl Book for DatabaseBook {
    fn judge<'a>(
        &'a self,
        presented: Option<&'a [u8]>,
    ) -> BoxFuture<'a, Result<Verdict, BookAway>> {
        Box::pin(async move {
            let tokens = self.tokens().await?;
            if tokens.is_empty() {
                return Ok(Verdict::NoTokens);
            }
            let Some(presented) = presented else {
                return Ok(Verdict::Unknown);
            };
            let digest = digest(presented);
            let found = tokens
                .iter()
                .find(|token| bool::from(token.digest.ct_eq(&digest)));
            Ok(match found {
                None => Verdict::Unknown,
                Some(token) => {
                    let verdict = judged(token, Timestamp::now());
                    if matches!(verdict, Verdict::Known(_)) {
                        self.note_use(token.id);
                    }
                    verdict
                }
            })
        })
    }

    fn record(
        &self,
        change: Change,
        work: BoxFuture<'static, Response>,
    ) -> BoxFuture<'static, Result<Response, BookAway>> {
        Box::pin(self.clone().recorded(change, work))
    }
}

fn judged(token: &TokenDigest, now: Timestamp) -> Verdict {
    let end = token.expires_at.map(|end| end.0);
    if end.is_some_and(|end| end <= now) {
        return Verdict::Expired;
    }
    Verdict::Known(Caller {
        name: token.name.clone(),
        role: match token.role {
            TokenRole::Viewer => Role::Viewer,
            TokenRole::Operator => Role::Operator,
        },
        expires_at: end,
    })
}

//! The tokens of the lab as the dashboard knows them: it has no database and asks the experiments
//! API, whose answers hold for a few seconds.

use std::collections::HashMap;
use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use reqwest::{Client, Url};
use serde::Deserialize;
use service::{Book, BookAway, Caller, Change, Role, Verdict};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

/// For how long an answer is taken for true.
const FRESH: Duration = Duration::from_secs(3);
/// For how long it is if the experiments API does not answer.
const STALE_MAX: Duration = Duration::from_mins(1);
/// Time for an answer.
const TIME: Duration = Duration::from_secs(3);
/// Most answers that are kept.
const KEPT_MAX: usize = 1_024;
/// Longest token that is asked about.
const TOKEN_BYTES_MAX: usize = 4_096;

/// Asks the experiments API what a token is.
#[derive(Debug)]
pub(crate) struct LabBook {
    client: Client,
    url: Url,
    known: Mutex<Known>,
}

/// What was said of tokens by their digest, and when.
type Known = HashMap<Option<[u8; 32]>, (Instant, Verdict)>;

/// What the experiments API says of a token.
#[derive(Debug, Deserialize)]
struct Said {
    tokens_needed: bool,
    token: Option<String>,
    role: Option<String>,
    name: Option<String>,
    expires: Option<jiff::Timestamp>,
}

impl Said {
    fn verdict(self) -> Verdict {
        let role = match self.role.as_deref() {
            Some("operator") => Some(Role::Operator),
            Some("viewer") => Some(Role::Viewer),
            _ => None,
        };
        match (self.token.as_deref(), role) {
            (Some("valid"), Some(role)) => Verdict::Known(Caller {
                name: self.name.unwrap_or_default(),
                role,
                expires_at: self.expires,
            }),
            (Some("expired"), _) => Verdict::Expired,
            _ if self.tokens_needed => Verdict::Unknown,
            _ => Verdict::NoTokens,
        }
    }
}

impl LabBook {
    /// `url` is that of the route that says who asks.
    pub(crate) fn new(client: Client, url: Url) -> Self {
        Self {
            client,
            url,
            known: Mutex::default(),
        }
    }

    fn remembered(&self, key: Option<&[u8; 32]>, age_max: Duration) -> Option<Verdict> {
        let known = self.known.lock();
        let (at, verdict) = known.get(&key.copied())?;
        (at.elapsed() < age_max).then(|| verdict.clone())
    }

    fn remember(&self, key: Option<[u8; 32]>, verdict: Verdict) {
        let mut known = self.known.lock();
        if known.len() >= KEPT_MAX {
            known.retain(|_, (at, _)| at.elapsed() < FRESH);
        }
        if known.len() < KEPT_MAX {
            known.insert(key, (Instant::now(), verdict));
        }
    }

    async fn ask(&self, presented: Option<&[u8]>) -> Option<Verdict> {
        let mut request = self.client.get(self.url.clone()).timeout(TIME);
        if let Some(token) = presented {
            let mut value = HeaderValue::from_bytes(&[b"Bearer ", token].concat()).ok()?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let answer = request.send().await.ok()?.error_for_status().ok()?;
        let bytes = crate::upstreams::bounded(answer).await.ok()?;
        let said: Said = serde_json::from_slice(&bytes).ok()?;
        Some(said.verdict())
    }
}

impl Book for LabBook {
    fn judge<'a>(
        &'a self,
        presented: Option<&'a [u8]>,
    ) -> BoxFuture<'a, Result<Verdict, BookAway>> {
        Box::pin(async move {
            if presented.is_some_and(|token| token.len() > TOKEN_BYTES_MAX) {
                return Ok(Verdict::Unknown);
            }
            let key = presented.map(|token| <[u8; 32]>::from(Sha256::digest(token)));
            if let Some(verdict) = self.remembered(key.as_ref(), FRESH) {
                return Ok(verdict);
            }
            match self.ask(presented).await {
                Some(verdict) => {
                    self.remember(key, verdict.clone());
                    Ok(verdict)
                }
                None => self.remembered(key.as_ref(), STALE_MAX).ok_or(BookAway),
            }
        })
    }

    /// The services that are asked record what is changed there.
    fn record(
        &self,
        _: Change,
        work: BoxFuture<'static, Response>,
    ) -> BoxFuture<'static, Result<Response, BookAway>> {
        Box::pin(async move { Ok(work.await) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_token_is_understood() {
        let verdict = |text: &str| serde_json::from_str::<Said>(text).unwrap().verdict();
        assert_eq!(
            verdict(
                r#"{"tokens_needed":false,"token":null,"role":"local","name":null,"expires":null}"#
            ),
            Verdict::NoTokens
        );
        assert_eq!(
            verdict(
                r#"{"tokens_needed":true,"token":"unknown","role":null,"name":null,"expires":null}"#
            ),
            Verdict::Unknown
        );
        assert_eq!(
            verdict(
                r#"{"tokens_needed":true,"token":"expired","role":null,"name":null,"expires":null}"#
            ),
            Verdict::Expired
        );
        let known = verdict(
            r#"{"tokens_needed":true,"token":"valid","role":"viewer","name":"a","expires":"2026-01-01T00:00:00Z"}"#,
        );
        let Verdict::Known(caller) = known else {
            panic!("{known:?}");
        };
        assert_eq!((caller.name.as_str(), caller.role), ("a", Role::Viewer));
    }
}

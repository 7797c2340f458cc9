//! What a change was asked for with, for its record: the query, and a bounded copy of the body as
//! the handler reads it. Values that may be secrets are left out.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use hyper::body::{Frame, SizeHint};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

/// Most bytes of a body that are kept. A longer body is recorded by its size only.
const COPIED_BYTES_MAX: usize = 64 << 10;

/// Most characters of one recorded text.
const TEXT_CHARACTERS_MAX: usize = 500;

/// What stands in place of a secret.
const REDACTED: &str = "***";

/// Parts of names of values that may be secrets. `privkeys` name files with keys.
const SECRET_PARTS: [&str; 9] = [
    "token",
    "secret",
    "password",
    "passphrase",
    "authorization",
    "credential",
    "privkey",
    "private_key",
    "webhook",
];

/// Names of values that may be secrets.
const SECRET_NAMES: [&str; 6] = [
    "key",
    "feepayer",
    "feepayers",
    "privatekey",
    "senders",
    "cookie",
];

/// A query, and what has been read of a body.
#[derive(Debug, Default)]
pub(crate) struct Copied {
    query: Option<String>,
    body: Mutex<Kept>,
}

/// What a change was asked for with: the query and the body, as far as the handler has read it.
#[derive(Debug, Clone, Default)]
pub struct Parameters(Arc<Copied>);

impl Parameters {
    /// As JSON, without secrets; none if there were none.
    #[must_use]
    pub fn read(&self) -> Option<Value> {
        self.0.read()
    }
}

#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    size: u64,
}

/// Lets the body of `request` pass, and gives it with what will be known of it.
pub(super) fn copy(request: Request) -> (Request, Parameters) {
    let copied = Arc::new(Copied {
        query: request.uri().query().map(str::to_owned),
        body: Mutex::default(),
    });
    let parameters = Parameters(Arc::clone(&copied));
    let (parts, body) = request.into_parts();
    let body = Body::new(CopiedBody { body, copied });
    (Request::from_parts(parts, body), parameters)
}

struct CopiedBody {
    body: Body,
    copied: Arc<Copied>,
}

impl HttpBody for CopiedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(bytes) = frame.data_ref()
        {
            self.copied.add(bytes);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Copied {
    fn add(&self, bytes: &Bytes) {
        let mut kept = self.body.lock();
        kept.size = kept.size.saturating_add(bytes.len() as u64);
        if kept.size <= COPIED_BYTES_MAX as u64 {
            kept.bytes.extend_from_slice(bytes);
        } else {
            kept.bytes = Vec::new();
        }
    }

    pub(super) fn read(&self) -> Option<Value> {
        let mut all = Map::new();
        for (name, value) in self.query.iter().flat_map(|query| pairs(query)) {
            all.insert(name.clone(), redacted(&name, value.into()));
        }
        let kept = self.body.lock();
        if kept.size > 0 {
            // What is no JSON is no body of ours: it is refused, and may be anything.
            let body = serde_json::from_slice(&kept.bytes).unwrap_or_else(|_| {
                let size = kept.size;
                json!({ "size_bytes": size })
            });
            match redacted("", body) {
                Value::Object(members) => all.extend(members),
                other => drop(all.insert("body".to_owned(), other)),
            }
        }
        (!all.is_empty()).then_some(Value::Object(all))
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let url = format!("http://query/?{query}");
    let Ok(url) = reqwest::Url::parse(&url) else {
        return Vec::new();
    };
    let pairs = url.query_pairs().take(50);
    pairs
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

fn redacted(name: &str, value: Value) -> Value {
    if is_secret(name) && !value.is_null() {
        return REDACTED.into();
    }
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let value = redacted(&name, value);
                (name, value)
            })
            .collect(),
        Value::Array(values) => values
            .into_iter()
            .map(|value| redacted("", value))
            .collect(),
        Value::String(text) => Value::String(shown(&text)),
        other => other,
    }
}

fn is_secret(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(|character| !matches!(character, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect();
    let is_part = |part: &&str| plain.contains(&part.replace('_', ""));
    SECRET_NAMES.contains(&plain.as_str()) || SECRET_PARTS.iter().any(is_part)
}

/// A text as the record shows it: of an address only where it leads, since paths of webhooks and
/// user names in addresses may be secrets.
fn shown(text: &str) -> String {
    if let Ok(url) = reqwest::Url::parse(text)
        && url.has_host()
        && (!url.username().is_empty() || url.password().is_some() || url.query().is_some())
    {
        return format!(
            "{}://{}/{REDACTED}",
            url.scheme(),
            url.host_str().unwrap_or_default()
        );
    }
    match text.char_indices().nth(TEXT_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn recorded(uri: &str, body: Vec<u8>) -> Option<Value> {
        let request = Request::post(uri).body(Body::from(body.clone())).unwrap();
        let (request, parameters) = copy(request);
        let passed = to_bytes(request.into_body(), usize::MAX).await.unwrap();
        assert_eq!(passed, body);
        parameters.read()
    }

    #[tokio::test]
    async fn a_record_has_what_was_asked_for_without_secrets() {
        let body = json!({
            "experiment_name": "a", "webhook_url": "https://hook.example/abc",
            "Privkeys": ["keys/a"], "apiToken": "t", "key": "k", "nested": { "Password": "p" },
            "list": ["https://user:pw@host.example/x?sig=1", "https://github.com/a/commit/1"],
            "rounds": 3, "token": null,
        });
        let found = recorded("/a?dry_run=true&token=abc", body.to_string().into_bytes()).await;
        assert_eq!(
            found,
            Some(json!({
                "dry_run": "true", "token": null,
                "experiment_name": "a", "webhook_url": "***", "Privkeys": "***",
                "apiToken": "***", "key": "***", "nested": { "Password": "***" },
                "list": ["https://host.example/***", "https://github.com/a/commit/1"],
                "rounds": 3,
            }))
        );
    }

    #[tokio::test]
    async fn what_is_large_or_no_json_is_recorded_by_its_size() {
        assert_eq!(recorded("/a", Vec::new()).await, None);
        let odd = recorded("/a", b"password=1".to_vec()).await;
        assert_eq!(odd, Some(json!({ "size_bytes": 10 })));
        let large = vec![b' '; COPIED_BYTES_MAX + 1];
        let found = recorded("/a", large).await;
        assert_eq!(found, Some(json!({ "size_bytes": COPIED_BYTES_MAX + 1 })));
        let long = json!({ "note": "x".repeat(TEXT_CHARACTERS_MAX + 1) }).to_string();
        let found = recorded("/a", long.into_bytes()).await.unwrap();
        assert_eq!(
            found["note"].as_str().unwrap().chars().count(),
            TEXT_CHARACTERS_MAX + 1
        );
        assert!(found["note"].as_str().unwrap().ends_with('…'));
    }
}

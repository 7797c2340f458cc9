//! Answers that cost much and change only when rows do: made once for each state of the database.
//!
//! Pages ask for the same again and again, each of them. An answer is as new as the request: the
//! state of the rows is looked at after the request came, and the answer is made anew if those that
//! it depends on have come, gone or changed since it was made. Requests for one address wait for each other, so
//! that the database works for one of them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use parking_lot::Mutex;

use crate::{ErrorBody, etag};

/// Bytes of one answer; a larger one is made each time.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// Bytes of all answers that are kept.
const KEPT_BYTES_MAX: usize = 64 << 20;
/// Addresses that are remembered.
const ADDRESSES_MAX: usize = 1_000;

/// Keeps the answers of the routes of `router`, which must answer alike as long as `state` gives the
/// same text for a request: neither the time of the day nor who asks may matter. Put it inside the
/// guard. Without a state, when `state` gives none, nothing is kept.
pub fn keep<S, F, R>(router: Router<S>, state: F) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    F: Fn(Parts) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Option<String>> + Send + 'static,
{
    let kept = KeptAnswers::default();
    router.route_layer(middleware::from_fn(move |request: Request, next: Next| {
        let (kept, state) = (kept.clone(), state.clone());
        async move { kept.answer(request, next, state).await }
    }))
}

/// Clones share what is kept.
#[derive(Debug, Clone, Default)]
struct KeptAnswers(Arc<Mutex<All>>);

#[derive(Debug, Default)]
struct All {
    places: HashMap<String, Place>,
    /// The addresses of `places`, the one that was remembered first in front.
    order: VecDeque<String>,
}

/// What is kept of one address. The request that makes the answer holds the lock.
type Place = Arc<tokio::sync::Mutex<Option<Kept>>>;

#[derive(Debug, Clone)]
struct Kept {
    state: String,
    headers: HeaderMap,
    body: Bytes,
}

impl KeptAnswers {
    async fn answer<R>(
        &self,
        mut request: Request,
        next: Next,
        state: impl Fn(Parts) -> R,
    ) -> Response
    where
        R: Future<Output = Option<String>>,
    {
        if request.method() != Method::GET {
            return next.run(request).await;
        }
        let address = request.uri().to_string();
        let place = self.place(&address);
        let mut kept = place.lock().await;
        let (parts, body) = request.into_parts();
        let now = state(parts.clone()).await;
        request = Request::from_parts(parts, body);
        let Some(now) = now else {
            return next.run(request).await;
        };
        if let Some(known) = kept.as_ref().filter(|known| known.state == now) {
            return known.response(request.headers());
        }
        *kept = None;
        // The whole answer is wanted, whatever this client has.
        let conditions = HeaderMap::from_iter(
            request
                .headers_mut()
                .remove(header::IF_NONE_MATCH)
                .map(|tags| (header::IF_NONE_MATCH, tags)),
        );
        let (parts, body) = next.run(request).await.into_parts();
        let is_short = hyper::body::Body::size_hint(&body)
            .exact()
            .is_some_and(|bytes| bytes <= ANSWER_BYTES_MAX as u64);
        if parts.status != StatusCode::OK || !is_short {
            return Response::from_parts(parts, body);
        }
        let Ok(body) = to_bytes(body, ANSWER_BYTES_MAX).await else {
            return ErrorBody::internal().into_response();
        };
        let made = Kept {
            state: now,
            headers: parts.headers,
            body,
        };
        let response = made.response(&conditions);
        *kept = Some(made);
        drop(kept);
        self.make_room();
        response
    }

    fn place(&self, address: &str) -> Place {
        let mut all = self.0.lock();
        if let Some(place) = all.places.get(address) {
            return Arc::clone(place);
        }
        if all.order.len() >= ADDRESSES_MAX {
            all.forget_oldest();
        }
        let place = Place::default();
        all.places.insert(address.to_owned(), Arc::clone(&place));
        all.order.push_back(address.to_owned());
        place
    }

    /// Forgets the oldest answers beyond what may be kept.
    fn make_room(&self) {
        let mut all = self.0.lock();
        // One that is being made has no bytes yet.
        let bytes_of = |place: &Place| {
            let kept = place.try_lock().ok();
            kept.and_then(|kept| Some(kept.as_ref()?.body.len()))
                .unwrap_or(0)
        };
        while all.places.values().map(bytes_of).sum::<usize>() > KEPT_BYTES_MAX {
            all.forget_oldest();
        }
    }
}

impl All {
    fn forget_oldest(&mut self) {
        if let Some(address) = self.order.pop_front() {
            self.places.remove(&address);
        }
    }
}

impl Kept {
    fn response(&self, conditions: &HeaderMap) -> Response {
        let is_known = self
            .headers
            .get(header::ETAG)
            .and_then(|tag| tag.to_str().ok())
            .is_some_and(|tag| etag::is_known(conditions, tag));
        let (status, body) = if is_known {
            (StatusCode::NOT_MODIFIED, Body::empty())
        } else {
            (StatusCode::OK, Body::from(self.body.clone()))
        };
        let mut headers = self.headers.clone();
        if is_known {
            headers.remove(header::CONTENT_LENGTH);
        }
        (status, headers, body).into_response()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use axum::extract::RawQuery;
    use axum::http::Request;
    use axum::routing::get;

    use super::*;
    use crate::layers::test_client::{body_text, get as ask, send};

    /// A route that counts how often it has answered, over a state that is given.
    fn router(state: &Arc<AtomicU64>) -> Router {
        let made = Arc::new(AtomicU64::new(0));
        let handler = async move |RawQuery(query): RawQuery, headers: HeaderMap| {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let made = made.fetch_add(1, Ordering::SeqCst);
            if query.as_deref() == Some("bad") {
                return Err(ErrorBody::parameter("bad", "is wrong", None));
            }
            etag::answer(&headers, &format!("{query:?} {made}"))
        };
        let state = Arc::clone(state);
        keep(Router::new().route("/", get(handler)), move |parts| {
            let state = match parts.uri.query() {
                Some("own") => 7,
                _ => state.load(Ordering::SeqCst),
            };
            async move { (state > 0).then(|| state.to_string()) }
        })
    }

    #[tokio::test]
    async fn an_answer_is_made_again_only_when_rows_have_changed() {
        let state = Arc::new(AtomicU64::new(1));
        let router = router(&state);
        let text = async |address: &str| body_text(ask(router.clone(), address).await).await;
        let first = text("/?a").await;
        assert_eq!(text("/?a").await, first);
        assert_ne!(text("/?b").await, first);
        state.store(2, Ordering::SeqCst);
        let second = text("/?a").await;
        assert_ne!(second, first);
        assert_eq!(text("/?a").await, second);
        // A request may depend on a part of the rows.
        let own = text("/?own").await;
        state.store(3, Ordering::SeqCst);
        assert_eq!(text("/?own").await, own);
        assert_ne!(text("/?a").await, second);
        // Without a state nothing is known to be the same.
        state.store(0, Ordering::SeqCst);
        assert_ne!(text("/?a").await, text("/?a").await);
    }

    #[tokio::test]
    async fn requests_at_the_same_time_share_one_answer() {
        let router = router(&Arc::new(AtomicU64::new(1)));
        let asked = (0..20).map(|_| async { body_text(ask(router.clone(), "/?a").await).await });
        let answers = futures_util::future::join_all(asked).await;
        assert!(
            answers
                .iter()
                .all(|answer| answer == "\"Some(\\\"a\\\") 0\""),
            "{answers:?}"
        );
    }

    #[tokio::test]
    async fn refusals_are_not_kept_and_a_client_that_has_the_answer_is_told_so() {
        let router = router(&Arc::new(AtomicU64::new(1)));
        for _ in 0..2 {
            let refused = ask(router.clone(), "/?bad").await;
            assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        }
        let first = ask(router.clone(), "/").await;
        let tag = first.headers()[header::ETAG].clone();
        for _ in 0..2 {
            let request = Request::get("/").header(header::IF_NONE_MATCH, &tag);
            let again = send(router.clone(), request.body(Body::empty()).unwrap()).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
            assert_eq!(body_text(again).await, "");
        }
    }

    #[tokio::test]
    async fn the_oldest_answers_go_when_there_are_too_many() {
        let kept = KeptAnswers::default();
        for number in 0..10 {
            let place = kept.place(&number.to_string());
            *place.lock().await = Some(Kept {
                state: String::new(),
                headers: HeaderMap::new(),
                body: Bytes::from(vec![0; ANSWER_BYTES_MAX]),
            });
        }
        kept.make_room();
        let all = kept.0.lock();
        assert_eq!(all.order, ["6", "7", "8", "9"]);
        assert_eq!(all.places.len(), 4);
    }
}

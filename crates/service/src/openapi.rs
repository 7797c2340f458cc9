//! Where each service describes its routes for programs, and requests that the description does not
//! know.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::Value;

use crate::ErrorBody;

/// The address of the description.
pub const PATH: &str = "/api/v1/openapi.json";

/// Routes below it are strict. Those of the original ignore what they do not know, which its clients
/// may rely on.
const STRICT: &str = "/api/v1/";

/// A route that gives `document`. The addresses in it are relative to its own, so that they are
/// right behind a proxy that serves everything below a path.
pub fn routes<S: Clone + Send + Sync + 'static>(document: &'static str) -> Router<S> {
    let answer = async move || ([(header::CONTENT_TYPE, "application/json")], document);
    Router::new().route(PATH, get(answer))
}

/// Refuses requests of `/api/v1` with query parameters that `document` does not know: 400, code
/// `bad_request`, with the nearest known name. The routes must be there already, inside the guard, so
/// that only callers who may ask learn the names.
pub fn refuse_unknown_parameters<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    document: &str,
) -> Router<S> {
    let known = Arc::new(KnownParameters::of(document));
    router.route_layer(middleware::from_fn_with_state(known, check))
}

/// The query parameters of a description, by path and method.
#[derive(Debug)]
struct KnownParameters(HashMap<String, HashMap<String, BTreeSet<String>>>);

impl KnownParameters {
    fn of(document: &str) -> Self {
        let document: Value = serde_json::from_str(document).unwrap_or_default();
        let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let names = |parameters: &Value| -> BTreeSet<String> {
            let parameters = parameters.as_array().map_or(&[][..], Vec::as_slice);
            let of_query = parameters.iter().filter(|one| one["in"] == "query");
            let names = of_query.filter_map(|one| one["name"].as_str());
            names.map(str::to_owned).collect()
        };
        let paths = members(&document["paths"]).into_iter();
        let strict = paths.filter(|(path, _)| path.starts_with(STRICT));
        Self(
            strict
                .map(|(path, operations)| {
                    let operations = members(&operations).into_iter();
                    let operations = operations.map(|(method, operation)| {
                        (method.to_uppercase(), names(&operation["parameters"]))
                    });
                    (path, operations.collect())
                })
                .collect(),
        )
    }

    /// The first parameter of a query string that is not known, with those that are.
    fn unknown(
        &self,
        path: &str,
        method: &str,
        query: &str,
    ) -> Option<(String, &BTreeSet<String>)> {
        let known = self.0.get(path)?.get(method)?;
        url::form_urlencoded::parse(query.as_bytes())
            .map(|(name, _)| name.into_owned())
            .find(|name| !known.contains(name))
            .map(|name| (name, known))
    }
}

async fn check(
    State(known): State<Arc<KnownParameters>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let unknown = path
        .zip(request.uri().query())
        .and_then(|(path, query)| known.unknown(path.as_str(), request.method().as_str(), query));
    match unknown {
        None => next.run(request).await,
        Some((name, known)) => refusal(&name, known).into_response(),
    }
}

fn refusal(name: &str, known: &BTreeSet<String>) -> ErrorBody {
    let nearest = nearest::nearest(name, known.iter().map(String::as_str));
    let message = match (nearest, known.is_empty()) {
        (Some(_), _) => "is no parameter of this route".to_owned(),
        (None, true) => "is no parameter of this route; it has none".to_owned(),
        (None, false) => {
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            format!(
                "is no parameter of this route; there are {}",
                names.join(", ")
            )
        }
    };
    ErrorBody::parameter(name, &message, nearest.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::routing::get;

    use super::*;
    use crate::layers::test_client::{body_text, get as ask};

    const DOCUMENT: &str = r#"{"paths": {
        "/api/v1/things/{name}": {"get": {"parameters": [
            {"name": "name", "in": "path"},
            {"name": "limit", "in": "query"},
            {"name": "run", "in": "query"}]}},
        "/api/v1/bare": {"get": {}},
        "/api/old": {"get": {}}}}"#;

    fn router() -> Router {
        let routes = Router::new()
            .route("/api/v1/things/{name}", get(async || "things"))
            .route("/api/v1/bare", get(async || "bare"))
            .route("/api/old", get(async || "old"))
            .merge(routes(DOCUMENT));
        refuse_unknown_parameters(routes, DOCUMENT)
    }

    #[tokio::test]
    async fn a_parameter_that_the_description_does_not_know_is_refused_with_the_nearest() {
        for (address, expected) in [
            (
                "/api/v1/things/a?limits=3",
                r#""\"limits\" is no parameter of this route; did you mean limit?","details":[{"parameter":"limits","message":"is no parameter of this route","nearest":"limit"}]"#,
            ),
            (
                "/api/v1/things/a?run=x&zzz",
                r#""\"zzz\" is no parameter of this route; there are limit, run""#,
            ),
            // A parameter of the path is not one of the query.
            ("/api/v1/things/a?name=b", r#""\"name\" is no parameter"#),
            (
                "/api/v1/bare?limit=3",
                r#""\"limit\" is no parameter of this route; it has none""#,
            ),
        ] {
            let response = ask(router(), address).await;
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{address}");
            let body = body_text(response).await;
            assert!(body.contains(expected), "{body}");
        }
    }

    #[tokio::test]
    async fn known_parameters_and_routes_of_the_original_pass() {
        for (address, expected) in [
            ("/api/v1/things/a?limit=3&run=%20", "things"),
            ("/api/v1/things/a?l%69mit=3", "things"),
            ("/api/v1/things/a?", "things"),
            ("/api/v1/bare", "bare"),
            ("/api/old?_=17", "old"),
        ] {
            assert_eq!(body_text(ask(router(), address).await).await, expected);
        }
        let description = ask(router(), "/api/v1/openapi.json?_=17").await;
        assert_eq!(description.status(), StatusCode::OK);
    }
}

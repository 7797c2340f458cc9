//! GraphQL over HTTP, as the daemon's server does it: which requests are executed, where the
//! parameters come from, and what the status of the answer is.

use axum::body::Bytes;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Map, Value as Json};

use super::engine::Request;

/// How to answer a request.
pub(crate) enum Action {
    /// Execute this.
    Execute(Request),
    /// Answer this.
    Answer(Response),
}

/// Decides by method, address, headers and body.
pub(crate) fn action(method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Action {
    if *method == Method::GET && accepts_html(headers) {
        return Action::Answer(Html(PAGE).into_response());
    }
    if *method != Method::GET && *method != Method::POST {
        return Action::Answer(StatusCode::NOT_FOUND.into_response());
    }
    match request(uri, headers, body) {
        Ok(request) => Action::Execute(request),
        Err(message) => Action::Answer((StatusCode::BAD_REQUEST, message).into_response()),
    }
}

/// The answer to a request that was executed, whatever came of it.
pub(crate) fn executed(body: Vec<u8>) -> Response {
    let content_type = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, content_type)], body).into_response()
}

/// An element of the list must be exactly `text/html`: browsers ask so, programs do not.
pub(crate) fn accepts_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|list| list.split(',').any(|element| element == "text/html"))
}

/// Parameters that one source gives.
#[derive(Default)]
struct Parameters {
    query: Option<String>,
    variables: Option<Map<String, Json>>,
    operation_name: Option<String>,
}

/// Those of the URL take precedence over those of the body.
fn request(uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Result<Request, String> {
    let url = url_parameters(uri)?;
    // Compared as a whole: with a charset behind it, the body counts as empty.
    let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let body = match content_type {
        Some(b"application/json") => json_parameters(body)?,
        Some(b"application/graphql") => Parameters {
            query: Some(String::from_utf8_lossy(body).into_owned()),
            ..Parameters::default()
        },
        _ => Parameters::default(),
    };
    Ok(Request {
        query: url.query.or(body.query).ok_or_else(no_query)?,
        variables: url.variables.or(body.variables).unwrap_or_default(),
        operation_name: url.operation_name.or(body.operation_name),
    })
}

fn url_parameters(uri: &Uri) -> Result<Parameters, String> {
    let mut parameters = Parameters::default();
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    for (name, value) in pairs {
        match &*name {
            "query" => parameters.query = Some(value.into_owned()),
            "operationName" => parameters.operation_name = Some(value.into_owned()),
            "variables" => {
                parameters.variables =
                    member(&parse(value.as_bytes())?, |json| json.as_object().cloned())?;
            }
            _ => {}
        }
    }
    Ok(parameters)
}

fn json_parameters(body: &[u8]) -> Result<Parameters, String> {
    parameters_of(&parse(body)?)
}

fn parameters_of(json: &Json) -> Result<Parameters, String> {
    let text = |json: &Json| json.as_str().map(str::to_owned);
    let get = |name| json.get(name).unwrap_or(&Json::Null);
    if !json.is_object() {
        return Err(wrong_type());
    }
    Ok(Parameters {
        query: member(get("query"), text)?,
        variables: member(get("variables"), |json| json.as_object().cloned())?,
        operation_name: member(get("operationName"), text)?,
    })
}

/// A value that may be null or left out, but not of another type.
fn member<T>(json: &Json, read: impl Fn(&Json) -> Option<T>) -> Result<Option<T>, String> {
    match json {
        Json::Null => Ok(None),
        json => read(json).map(Some).ok_or_else(wrong_type),
    }
}

fn no_query() -> String {
    "Must provide query string".to_owned()
}

fn wrong_type() -> String {
    "A member of the request has the wrong type".to_owned()
}

fn parse(bytes: &[u8]) -> Result<Json, String> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err("Blank input data".to_owned());
    }
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// For people with a browser.
const PAGE: &str = include_str!("page.html");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| ((*name).try_into().unwrap(), value.parse().unwrap()))
            .collect()
    }

    fn act(method: &Method, uri: &str, pairs: &[(&'static str, &str)], body: &str) -> Action {
        let body = Bytes::from(body.to_owned());
        action(method, &uri.parse().unwrap(), &headers(pairs), &body)
    }

    #[track_caller]
    fn check_executed(method: &Method, uri: &str, content_type: &str, body: &str) -> Request {
        match act(method, uri, &[("content-type", content_type)], body) {
            Action::Execute(request) => request,
            Action::Answer(answer) => panic!("{answer:?}"),
        }
    }

    #[track_caller]
    fn check_status(action: Action, status: u16) {
        match action {
            Action::Answer(answer) => assert_eq!(answer.status(), status),
            Action::Execute(request) => panic!("{request:?}"),
        }
    }

    #[test]
    fn parameters_come_from_json_graphql_or_the_url_which_wins() {
        let body = r#"{"query":"{ a }","variables":{"x":1},"operationName":"N"}"#;
        let request = check_executed(&Method::POST, "/graphql", "application/json", body);
        assert_eq!(request.query, "{ a }");
        assert_eq!(request.variables["x"], 1);
        assert_eq!(request.operation_name.as_deref(), Some("N"));

        let request = check_executed(&Method::POST, "/graphql", "application/graphql", "{ b }");
        assert_eq!(request.query, "{ b }");

        let uri = "/graphql?query=%7B+c+%7D&variables=%7B%22x%22%3A2%7D";
        let request = check_executed(&Method::POST, uri, "application/json", body);
        assert_eq!(request.query, "{ c }");
        assert_eq!(request.variables["x"], 2);
        assert_eq!(request.operation_name.as_deref(), Some("N"));
        let request = check_executed(&Method::GET, uri, "", "");
        assert_eq!(request.query, "{ c }");
    }

    #[test]
    fn null_counts_as_left_out() {
        let body = r#"{"query":"{ a }","variables":null,"operationName":null}"#;
        let request = check_executed(&Method::POST, "/graphql", "application/json", body);
        assert!(request.variables.is_empty() && request.operation_name.is_none());
    }

    #[test]
    fn any_other_content_type_makes_the_body_count_as_empty() {
        let body = r#"{"query":"{ a }"}"#;
        for content_type in [
            "application/json; charset=utf-8",
            "Application/JSON",
            "text/plain",
            "application/json ",
        ] {
            let header = [("content-type", content_type)];
            let trimmed = content_type.trim_end() == "application/json";
            if !trimmed {
                check_status(act(&Method::POST, "/graphql", &header, body), 400);
            }
        }
        check_status(act(&Method::POST, "/graphql", &[], body), 400);
    }

    #[test]
    fn bad_bodies_are_refused() {
        let json = [("content-type", "application/json")];
        for body in [
            "",
            " \n",
            "x",
            "[]",
            "1",
            r#"{"query":1}"#,
            r#"{"query":"{ a }","variables":[]}"#,
            r#"{"query":"{ a }","operationName":{}}"#,
            r#"{"variables":{}}"#,
            &"[".repeat(10_000),
        ] {
            check_status(act(&Method::POST, "/graphql", &json, body), 400);
        }
        check_status(
            act(&Method::GET, "/graphql?query=x&variables=x", &[], ""),
            400,
        );
        check_status(act(&Method::GET, "/graphql", &[], ""), 400);
    }

    #[test]
    fn browsers_get_a_page_and_other_methods_nothing() {
        let html = [("accept", "text/html,application/xhtml+xml")];
        check_status(act(&Method::GET, "/graphql", &html, ""), 200);
        let other = [("accept", "text/html;q=0.9, */*")];
        check_status(act(&Method::GET, "/graphql", &other, ""), 400);
        for method in [Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS] {
            check_status(act(&method, "/graphql", &html, "{ a }"), 404);
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(
            query in "[a-z=&%{}0-9]{0,40}",
            content_type in "(application/(json|graphql))|[ -~]{0,20}",
            body: Vec<u8>,
            text in r#"[\[\]{}":,a-z0-9\\]{0,60}"#,
        ) {
            let Ok(uri) = format!("/graphql?{query}").parse::<Uri>() else { return Ok(()) };
            let headers = headers(&[("content-type", &content_type)]);
            for body in [body, text.into_bytes()] {
                let _ = action(&Method::POST, &uri, &headers, &body.into());
            }
        }
    }
}

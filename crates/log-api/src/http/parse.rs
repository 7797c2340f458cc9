//! GraphQL requests out of HTTP requests.

use async_graphql::{Request as GraphQlRequest, Variables};
use axum::RequestExt as _;
use axum::body::Bytes;
use axum::extract::{Query, Request};
use axum::http::{HeaderMap, Method, Uri, header};
use serde::Deserialize;

use crate::request_error::RequestError;

/// Why an HTTP request is no GraphQL request.
#[derive(Debug)]
pub(super) enum ParseError {
    /// The body is longer than allowed.
    TooLarge,
    /// Anything else.
    Request(RequestError),
}

impl From<RequestError> for ParseError {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

/// What a JSON body or the query string of an address says.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts<V> {
    query: Option<String>,
    variables: Option<V>,
    operation_name: Option<String>,
}

/// Reads a GraphQL request. What the address says wins over the body.
pub(super) async fn request(request: Request) -> Result<GraphQlRequest, ParseError> {
    let address = of_address(request.uri())?;
    let body = if request.method() == Method::POST {
        let media = MediaType::of(request.headers());
        let bytes = request
            .extract::<Bytes, _>()
            .await
            .map_err(|_| ParseError::TooLarge)?;
        of_body(media, &bytes)?
    } else {
        Parts::default()
    };
    let query = address.query.or(body.query).ok_or(RequestError::NoQuery)?;
    let variables = address.variables.or(body.variables).unwrap_or_default();
    let mut request = GraphQlRequest::new(query).variables(variables);
    request.operation_name = address.operation_name.or(body.operation_name);
    Ok(request)
}

fn of_address(address: &Uri) -> Result<Parts<Variables>, RequestError> {
    let Query(parts) = Query::<Parts<String>>::try_from_uri(address)
        .map_err(|_| RequestError::Malformed("The query string of the address is malformed"))?;
    let variables = parts
        .variables
        .map(|text| {
            serde_json::from_str(&text)
                .map_err(|_| RequestError::Malformed("The variables are not a JSON object"))
        })
        .transpose()?;
    Ok(Parts {
        query: parts.query,
        variables,
        operation_name: parts.operation_name,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MediaType {
    /// JSON; also a body that does not say what it is.
    Json,
    /// The body is the document.
    GraphQl,
    Other,
}

impl MediaType {
    fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(header::CONTENT_TYPE) else {
            return Self::Json;
        };
        let essence = value.to_str().unwrap_or_default().split(';').next();
        match essence.map(|essence| essence.trim().to_ascii_lowercase()) {
            Some(essence) if essence == "application/json" => Self::Json,
            Some(essence) if essence == "application/graphql" => Self::GraphQl,
            _ => Self::Other,
        }
    }
}

fn of_body(media: MediaType, bytes: &[u8]) -> Result<Parts<Variables>, RequestError> {
    match media {
        MediaType::Json if !bytes.is_empty() => serde_json::from_slice(bytes)
            .map_err(|_| RequestError::Malformed("The body is not a GraphQL request in JSON")),
        MediaType::GraphQl => Ok(Parts {
            query: Some(
                String::from_utf8(bytes.to_vec())
                    .map_err(|_| RequestError::Malformed("The body is not UTF-8"))?,
            ),
            ..Parts::default()
        }),
        MediaType::Json | MediaType::Other => Ok(Parts::default()),
    }
}

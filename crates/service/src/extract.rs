//! Parameters of requests, whose refusals are error bodies as all others.
//!
//! PostgreSQL stores no text with the character NUL, so nothing can have a name with one: it is
//! refused here instead of being a failure of the database.

use axum::extract::{FromRequestParts, Path as AxumPath, Query as AxumQuery};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::ErrorBody;

/// The parameters behind the `?` of an address. What cannot be read is answered with 400 (code
/// `bad_request`).
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ErrorBody;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ErrorBody> {
        refuse_nul(parts.uri.query())?;
        match AxumQuery::from_request_parts(parts, state).await {
            Ok(AxumQuery(parameters)) => Ok(Self(parameters)),
            Err(error) => Err(refusal(error.status(), error.body_text())),
        }
    }
}

/// The parameters within the path of an address. What cannot be read is answered with 400 (code
/// `bad_request`).
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ErrorBody;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ErrorBody> {
        refuse_nul(Some(parts.uri.path()))?;
        match AxumPath::from_request_parts(parts, state).await {
            Ok(AxumPath(parameters)) => Ok(Self(parameters)),
            Err(error) => Err(refusal(error.status(), error.body_text())),
        }
    }
}

fn refuse_nul(text: Option<&str>) -> Result<(), ErrorBody> {
    if text.is_some_and(|text| text.contains("%00")) {
        let message = "the address contains the character NUL, which no name has";
        return Err(refusal(StatusCode::BAD_REQUEST, message.to_owned()));
    }
    Ok(())
}

fn refusal(status: StatusCode, message: String) -> ErrorBody {
    ErrorBody::new(status, "bad_request", message)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use serde::Deserialize;

    use super::*;
    use crate::layers::test_client::{body_text, get as ask};

    #[derive(Deserialize)]
    struct Page {
        limit: Option<u32>,
    }

    fn router() -> Router {
        let handler = async |Path(name): Path<String>, Query(page): Query<Page>| {
            format!("{name} {:?}", page.limit)
        };
        Router::new().route("/{name}", get(handler))
    }

    #[tokio::test]
    async fn what_can_be_read_reaches_the_handler() {
        for (address, expected) in [
            ("/a?limit=0", "a Some(0)"),
            ("/%C3%A4", "ä None"),
            ("/a%20b?other=x", "a b None"),
        ] {
            assert_eq!(body_text(ask(router(), address).await).await, expected);
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_refused_in_json() {
        for address in ["/a?limit=x", "/a?limit=-1", "/%FF", "/a%00", "/a?limit=%00"] {
            let response = ask(router(), address).await;
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{address}");
            assert_eq!(response.headers()["content-type"], "application/json");
            let body = body_text(response).await;
            assert!(
                body.starts_with(r#"{"error":{"code":"bad_request","#),
                "{body}"
            );
        }
    }
}

//! Where each service describes its routes for programs.

use axum::Router;
use axum::http::header;
use axum::routing::get;

/// The address of the description.
pub const PATH: &str = "/api/v1/openapi.json";

/// A route that gives `document`. The addresses in it are relative to its own, so that they are
/// right behind a proxy that serves everything below a path.
pub fn routes<S: Clone + Send + Sync + 'static>(document: &'static str) -> Router<S> {
    let answer = async move || ([(header::CONTENT_TYPE, "application/json")], document);
    Router::new().route(PATH, get(answer))
}

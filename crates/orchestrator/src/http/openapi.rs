//! The description of the interface, generated from the code.

use std::sync::LazyLock;

use utoipa::OpenApi;

use run_records::{events, journal, runs};

use super::{parameters, v0, v1};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "loadlab orchestrator",
        description = "Durable runs of experiments. Requests that change something need the \
                       service's token, unless it listens on loopback only.",
        license(name = "Apache-2.0")
    ),
    servers((
        url = "../..",
        description = "Where this document was read from, whatever the path before it."
    )),
    paths(
        v0::run,
        v0::test,
        v0::status,
        v0::cancel,
        runs::list,
        runs::get,
        v1::plan,
        v1::start,
        v1::cancel,
        journal::journal,
        parameters::list,
        events::stream
    )
)]
struct Api;

/// The description as JSON.
#[must_use]
pub fn openapi() -> String {
    let mut text = Api::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// The same, made once.
pub(super) fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(openapi);
    &DOCUMENT
}

//! The description of the reading API, generated from the code.

use std::sync::LazyLock;

use service::refusals::{Error, ErrorContent, ErrorDetail};
use utoipa::OpenApi;

use super::{diff, traces};
use crate::export;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "loadlab log API",
        description = "Block traces with their trees of checkpoints. GraphQL, as clients of the \
                       original know it, is at `/graphql`.",
        license(name = "Apache-2.0")
    ),
    servers((
        url = "../..",
        description = "Where this document was read from, whatever the path before it."
    )),
    paths(
        traces::trace,
        traces::checkpoint,
        export::export,
        diff::trace_diff
    ),
    components(schemas(Error, ErrorContent, ErrorDetail))
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
pub(crate) fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(openapi);
    &DOCUMENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_that_is_referred_to_is_there() {
        service::testing::assert_references_exist(&openapi());
    }

    #[test]
    fn the_description_in_the_repository_is_the_present_one() {
        service::testing::assert_checked_in("openapi/log-api.json", &openapi());
    }
}

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
        let text = openapi();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let references = text.split("\"$ref\": \"#").skip(1);
        for reference in references {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn the_description_in_the_repository_is_the_present_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/log-api.json");
        let current = openapi();
        if std::env::var_os("LOADLAB_UPDATE_OPENAPI").is_some() {
            std::fs::write(path, &current).unwrap();
        }
        assert!(
            std::fs::read_to_string(path).is_ok_and(|text| text == current),
            "run this test with LOADLAB_UPDATE_OPENAPI=1 and check openapi/log-api.json in"
        );
    }
}

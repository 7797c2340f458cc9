//! The description of the reading API, generated from the code.

use std::sync::LazyLock;

use utoipa::OpenApi;

use super::{diff, traces};

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
    paths(traces::trace, traces::checkpoint, diff::trace_diff)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_in_the_repository_is_the_present_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        let current = openapi();
        if std::env::var_os("LOADLAB_UPDATE_OPENAPI").is_some() {
            std::fs::write(path, &current).unwrap();
        }
        assert!(
            std::fs::read_to_string(path).is_ok_and(|text| text == current),
            "run this test with LOADLAB_UPDATE_OPENAPI=1 and check openapi.json in"
        );
    }
}

//! The description of the routes: that of the original's, written down, and that of the reading
//! API, generated from the code.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use utoipa::{IntoResponses, OpenApi, ToSchema};

use crate::v1::{blocks, comparison, experiments, lab, nodes, overview, transactions};

#[derive(OpenApi)]
#[openapi(paths(
    overview::overview,
    overview::series,
    overview::incidents,
    nodes::nodes,
    nodes::node,
    lab::deployments,
    lab::gaps,
    lab::minutes,
    lab::database,
    experiments::experiments,
    experiments::results,
    blocks::blocks,
    blocks::matrix,
    blocks::block,
    comparison::checkpoints,
    comparison::comparison,
    comparison::attribution,
    transactions::transactions,
    transactions::flow,
    transactions::transaction,
    transactions::snark_work,
))]
struct ReadingApi;

/// The body of every refusal of the reading API.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `service::ErrorBody` writes")]
pub(crate) struct Error {
    /// What went wrong.
    error: ErrorContent,
}

/// What went wrong.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `service::ErrorBody` writes")]
pub(crate) struct ErrorContent {
    /// A stable word for programs.
    code: String,
    /// One sentence for people.
    message: String,
}

/// What every route of the reading API may answer instead.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes answers")]
pub(crate) enum Refusals {
    /// The answer is the one that the client has.
    #[response(status = 304)]
    Unchanged,
    /// A parameter or the path cannot be read.
    #[response(status = 400)]
    Malformed(Error),
    /// No such deployment, run, node or route.
    #[response(status = 404)]
    Unknown(Error),
    /// The service failed; its log says why.
    #[response(status = 500)]
    Internal(Error),
    /// The answer took too long.
    #[response(status = 503)]
    Busy(Error),
}

/// The description of all routes as JSON.
#[must_use]
pub fn openapi() -> String {
    let original = serde_json::from_str(include_str!("../original-openapi.json"));
    let mut document: Value = original.unwrap_or_default();
    let reading = serde_json::to_value(ReadingApi::openapi()).unwrap_or_default();
    for part in ["/paths", "/components/schemas"] {
        let added = reading.pointer(part).and_then(Value::as_object);
        if let Some(all) = document.pointer_mut(part).and_then(Value::as_object_mut) {
            all.extend(added.cloned().unwrap_or_else(Map::new));
        }
    }
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
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

    #[test]
    fn every_schema_that_is_referred_to_is_there() {
        let text = openapi();
        let document: Value = serde_json::from_str(&text).unwrap();
        let references = text.split("\"$ref\": \"#").skip(1);
        for reference in references {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}

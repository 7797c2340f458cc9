//! The description of the routes: that of the original's, written down, and that of the reading
//! API, generated from the code.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use service::refusals::{Error, ErrorContent, ErrorDetail};
use utoipa::OpenApi;

use crate::access_routes;
use crate::v1::{
    blocks, checkpoints, comparison, deployments, experiments, lab, nodes, overview, transactions,
};

#[derive(OpenApi)]
#[openapi(
    components(schemas(Error, ErrorContent, ErrorDetail)),
    paths(
        access_routes::session,
        access_routes::tokens,
        access_routes::create_token,
        access_routes::revoke_token,
        access_routes::audit,
        overview::overview,
        overview::series,
        overview::incidents,
        nodes::nodes,
        nodes::node,
        lab::deployments,
        deployments::note,
        deployments::drop_one,
        lab::gaps,
        lab::minutes,
        lab::database,
        lab::leases,
        experiments::experiments,
        experiments::results,
        run_records::runs::get,
        run_records::journal::journal,
        run_records::events::stream,
        blocks::blocks,
        blocks::matrix,
        blocks::block,
        checkpoints::checkpoints,
        checkpoints::checkpoint,
        comparison::comparison,
        comparison::attribution,
        transactions::transactions,
        transactions::flow,
        transactions::latency,
        transactions::transaction,
        transactions::snark_work,
    )
)]
struct ReadingApi;

/// The description of all routes as JSON.
#[must_use]
pub fn openapi() -> String {
    let original = serde_json::from_str(include_str!("../original-openapi.json"));
    let mut document: Value = original.unwrap_or_default();
    let reading = serde_json::to_value(ReadingApi::openapi()).unwrap_or_default();
    for part in ["/paths", "/components/schemas"] {
        let added = reading.pointer(part).and_then(Value::as_object);
        if let Some(all) = document.pointer_mut(part).and_then(Value::as_object_mut) {
            for (name, value) in added.cloned().unwrap_or_else(Map::new) {
                match all.get_mut(&name).and_then(Value::as_object_mut) {
                    // another method of the same path
                    Some(known) if part == "/paths" => {
                        known.extend(value.as_object().cloned().unwrap_or_default());
                    }
                    _ => drop(all.insert(name, value)),
                }
            }
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
        service::testing::assert_checked_in("openapi/experiments-api.json", &openapi());
    }

    #[test]
    fn refusals_have_details_and_the_id_of_the_request() {
        let document: Value = serde_json::from_str(&openapi()).unwrap();
        let content = "/components/schemas/ErrorContent/properties";
        for member in ["details", "request_id"] {
            let pointer = format!("{content}/{member}");
            assert!(document.pointer(&pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn every_schema_that_is_referred_to_is_there() {
        service::testing::assert_references_exist(&openapi());
    }
}

//! `/api/v1/parameters`: the parameters of a setup, for forms.

use axum::Json;
use experiment::setup::describe::{Description, descriptions};
use serde::Serialize;
use utoipa::ToSchema;

use super::refusals::Refusals;

/// The parameters of a setup.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ParametersAnswer {
    /// All of them, group by group in the order of a form.
    #[schema(value_type = Vec<Parameter>)]
    parameters: Vec<Description>,
}

/// A parameter of a setup.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `Description` writes")]
pub(crate) struct Parameter {
    /// Its name in requests; a point stands for nesting.
    name: String,
    /// Its name in `setup` objects, which requests may use, too.
    key: String,
    /// `number`, `integer`, `amount`, `flag`, `text`, `texts`, `numbers`, `choice` or `seed`.
    r#type: String,
    /// The unit of its number.
    unit: Option<String>,
    /// Which parameters it stands with.
    group: String,
    /// Its value where a setup does not give one; null where there is none.
    #[schema(value_type = serde_json::Value)]
    default: (),
    /// What it means.
    help: String,
    /// Least value.
    min: Option<f64>,
    /// Greatest value.
    max: Option<f64>,
    /// The words of a choice.
    choices: Vec<String>,
}

/// The parameters of a setup, with defaults, bounds and help.
#[utoipa::path(get, path = "/api/v1/parameters", operation_id = "parameters",
    responses((status = 200, body = ParametersAnswer), Refusals))]
pub(crate) async fn list() -> Json<ParametersAnswer> {
    Json(ParametersAnswer {
        parameters: descriptions(),
    })
}

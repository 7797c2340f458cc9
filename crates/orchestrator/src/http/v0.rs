//! `/api/v0/experiment`: run, test, status and cancel as clients of the original know them.
//! Wrapped bodies get the answers of its first version, flat ones those of the newest.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use experiment::plan::RoundInfo;
use experiment::setup::Setup;
use experiment::setup::body::{BodyError, Form, from_body};
use experiment::setup::decode::Strictness;
use serde::Serialize;
use serde_json::{Value, json};
use store::StoreError;
use store::experiment_runs::{self, Admission, CancelRequest, RunView};

use super::answers::{self, Data, busy, holding, outcome, text, validation_failed};
use super::intake::{Planned, Refused, SetupBody, admit, messages, plan};
use super::refusals::{OldRefusals, Outcome};
use super::shared::Shared;
use service::error_chain;

const BAD: StatusCode = StatusCode::BAD_REQUEST;
const UNAVAILABLE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

/// Which of the two requests.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Run,
    Test,
}

/// Starts a run, in the form of the original.
#[utoipa::path(post, path = "/api/v0/experiment/run", operation_id = "v0_run",
    request_body(content = Object, description = "The setup, also wrapped in `experiment_setup`"),
    responses((status = 200, body = Outcome), OldRefusals,
        (status = 409, description = "Another run has the slot", content(
            (Outcome = "application/json"), (String = "text/plain")))))]
pub(crate) async fn run(State(shared): State<Shared>, body: SetupBody) -> Response {
    let (planned, queue) = match planned(&shared, body, Purpose::Run).await {
        Ok(planned) => planned,
        Err(response) => return response,
    };
    let form = planned.form;
    match admit(&shared, &planned, queue).await {
        Ok(Admission::Started | Admission::Queued { .. }) => match form {
            Form::Wrapped => {
                let answer = with_warnings(json!({ "result": "success" }), &planned.warnings);
                answers::json(StatusCode::OK, &answer)
            }
            Form::Flat => newest(planned),
        },
        Ok(Admission::NameTaken) => outcome(BAD, &[name_taken(form, None)], "error"),
        Ok(Admission::Busy(run)) => match form {
            Form::Wrapped => text(StatusCode::CONFLICT, "an experiment is already running"),
            Form::Flat => outcome(StatusCode::CONFLICT, &[busy(&run)], "error"),
        },
        Err(Refused::Store(error)) => {
            tracing::error!("cannot take a run in: {}", error_chain(&error));
            let message = format!("failed to write experiment to database: {error}");
            match form {
                Form::Wrapped => text(StatusCode::INTERNAL_SERVER_ERROR, &message),
                Form::Flat => outcome(StatusCode::INTERNAL_SERVER_ERROR, &[message], "error"),
            }
        }
        Err(refused) => outcome(BAD, &[refused.to_string()], "error"),
    }
}

/// Plans without starting, in the form of the original.
#[utoipa::path(post, path = "/api/v0/experiment/test", operation_id = "v0_test",
    request_body(content = Object, description = "The setup, also wrapped in `experiment_setup`"),
    responses((status = 200, description = "The plan", body = serde_json::Value), OldRefusals))]
pub(crate) async fn test(State(shared): State<Shared>, body: SetupBody) -> Response {
    match planned(&shared, body, Purpose::Test).await {
        Ok((planned, _)) => match planned.form {
            Form::Wrapped => {
                let rounds = planned.plan.legacy_rounds();
                let setup = &planned.plan.setup;
                let answer = json!({ "rounds": rounds, "setup": setup });
                holding(&with_warnings(answer, &planned.warnings), planned.permit)
            }
            Form::Flat => newest(planned),
        },
        Err(response) => response,
    }
}

/// A plan in the newest form.
#[derive(Serialize)]
struct Newest {
    rounds: Vec<RoundInfo>,
    script: String,
    setup: Setup,
    /// What will go wrong: a member that the original does not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

fn newest(planned: Planned) -> Response {
    let Planned {
        plan,
        script,
        warnings,
        permit,
        ..
    } = planned;
    let result = Newest {
        rounds: plan.round_infos(),
        script,
        setup: plan.setup,
        warnings,
    };
    holding(&Data { result }, permit)
}

/// An answer with what will go wrong, if anything will: a member that the original does not have.
fn with_warnings(mut answer: Value, warnings: &[String]) -> Value {
    if !warnings.is_empty() {
        answer["warnings"] = json!(warnings);
    }
    answer
}

/// Whether the request may wait for its turn: the member `queue` beside the setup.
fn wants_queue(body: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Queue {
        #[serde(default)]
        queue: bool,
    }
    serde_json::from_slice(body).is_ok_and(|Queue { queue }| queue)
}

/// What is common to run and test, the plan and whether it may wait for its turn, or the answer to
/// what cannot be planned.
async fn planned(
    shared: &Shared,
    body: SetupBody,
    purpose: Purpose,
) -> Result<(Planned, bool), Response> {
    let unusable = |error: BodyError| outcome(BAD, &[error.to_string()], "error");
    let body = body.bytes().map_err(unusable)?;
    let request =
        from_body(text_file::without_mark(&body), Strictness::Lenient).map_err(unusable)?;
    let form = request.form;
    let invalid = |messages: &[String]| match (form, purpose) {
        (Form::Wrapped, _) => validation_failed(messages),
        (Form::Flat, Purpose::Run) => outcome(BAD, messages, "invalid"),
        (Form::Flat, Purpose::Test) => {
            outcome(BAD, &[format!("[{}]", messages.join(" "))], "invalid")
        }
    };
    let planned = plan(shared, request)
        .await
        .map_err(|refused| match refused {
            Refused::Rules(problems) => invalid(&messages(&problems)),
            Refused::Unplannable(message) => invalid(&[message]),
            Refused::Busy(busy) => outcome(UNAVAILABLE, &[busy.to_string()], "error"),
            other => outcome(BAD, &[other.to_string()], "invalid"),
        })?;
    let name = planned.plan.setup.experiment_name.as_str();
    match shared.database.experiment_exists(name).await {
        Ok(false) => Ok((planned, wants_queue(&body))),
        Ok(true) => {
            let shown = (purpose == Purpose::Test).then_some(name);
            Err(outcome(BAD, &[name_taken(form, shown)], "error"))
        }
        Err(error) => {
            tracing::error!("cannot look a name up: {}", error_chain(&error));
            let message = format!("failed to look the name up in the database: {error}");
            Err(outcome(
                StatusCode::INTERNAL_SERVER_ERROR,
                &[message],
                "error",
            ))
        }
    }
}

fn name_taken(form: Form, shown: Option<&str>) -> String {
    match (form, shown) {
        (Form::Wrapped, _) => "Experiment with the same name already exists".to_owned(),
        (Form::Flat, None) => "experiment with the same name already exists".to_owned(),
        (Form::Flat, Some(name)) => format!("experiment with name {name} already exists"),
    }
}

/// The run that is executed, or was last.
#[utoipa::path(get, path = "/api/v0/experiment/status", operation_id = "v0_status",
    responses((status = 200, body = Outcome), OldRefusals,
        (status = 404, description = "No experiment has run", body = Outcome)))]
pub(crate) async fn status(State(shared): State<Shared>) -> Response {
    match current(&shared).await {
        Ok(Some(run)) => answers::json(
            StatusCode::OK,
            &json!({ "result": answers::State::from(run) }),
        ),
        Ok(None) => outcome(
            StatusCode::NOT_FOUND,
            &["no experiment running".to_owned()],
            "error",
        ),
        Err(error) => failure(&error),
    }
}

/// The run that runs, or ran last. What failed in blocks is counted anew once it has ended: the
/// last of it is known only then.
async fn current(shared: &Shared) -> Result<Option<RunView>, StoreError> {
    let Some(mut run) = shared.database.current_experiment().await? else {
        return Ok(None);
    };
    if run.summary.ended_at.is_some() {
        let rows = shared.database.experiment_delivery(&run.summary.name);
        let outcome = experiment_runs::Outcome::of(&rows.await?);
        run.warnings = outcome.warnings(run.warnings);
    }
    Ok(Some(run))
}

/// Cancels the run that is executed.
#[utoipa::path(post, path = "/api/v0/experiment/cancel", operation_id = "v0_cancel",
    responses((status = 200, body = Outcome), OldRefusals,
        (status = 409, description = "No experiment is running", body = Outcome)))]
pub(crate) async fn cancel(State(shared): State<Shared>) -> Response {
    match shared.database.request_cancel(None).await {
        Ok(CancelRequest::NothingToCancel) => outcome(
            StatusCode::CONFLICT,
            &["no experiment running".to_owned()],
            "error",
        ),
        Ok(_) => {
            shared.wake.notify_one();
            outcome(StatusCode::OK, &[], "canceled")
        }
        Err(error) => failure(&error),
    }
}

fn failure(error: &store::StoreError) -> Response {
    tracing::error!("a request failed: {}", error_chain(error));
    outcome(
        StatusCode::INTERNAL_SERVER_ERROR,
        &["the database failed".to_owned()],
        "error",
    )
}

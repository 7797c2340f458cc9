//! `/api/v1/experiments`: planning, starting and cancelling runs, for programs. What reads them is
//! in crate `run-records`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use experiment::plan::{Plan, Round, RoundInfo};
use experiment::setup::Setup;
use experiment::setup::body::{BodyError, from_body};
use experiment::setup::decode::Strictness;
use serde::Serialize;
use serde_json::Value;
use service::extract::Path;
use service::{ErrorBody, ErrorDetail};
use store::experiment_runs::{Admission, CancelRequest};
use utoipa::ToSchema;

use super::answers::{busy, holding};
use super::intake::{Planned, Refused, SetupBody, admit, plan as make_plan};
use super::refusals::{Error, Refusals, internal};
use super::shared::Shared;

/// A plan: what the run with this setup and seed does.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanAnswer {
    /// What it was drawn from: give it as `seed` to run exactly this plan.
    seed: u64,
    /// The setup with defaults.
    #[schema(value_type = Object)]
    setup: Setup,
    /// The rounds.
    #[schema(value_type = Vec<Object>)]
    rounds: Vec<RoundInfo>,
    /// Everything, funding included, in full.
    #[schema(value_type = Object)]
    plan: Plan,
    /// The script that is executed.
    script: String,
    /// What it comes to.
    totals: PlanTotals,
    /// What will go wrong, as far as that can be known now.
    warnings: Vec<String>,
}

/// What a plan comes to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanTotals {
    /// Seconds from the first round to the end of the last, by plan.
    duration_s: u64,
    /// Transactions intended.
    transactions: u64,
    /// Accounts that are made.
    accounts: u64,
    /// MINA that the key files must hold; null if that is too much to be calculated.
    funding: Option<String>,
}

/// Plans without starting. Unknown keys are refused.
#[utoipa::path(post, path = "/api/v1/experiments/plan",
    request_body(content = Object, description = "The setup"),
    responses((status = 200, body = PlanAnswer), Refusals))]
pub(crate) async fn plan(
    State(shared): State<Shared>,
    body: SetupBody,
) -> Result<Response, ErrorBody> {
    let body = body.bytes().map_err(Refused::Body).map_err(refused)?;
    wants_queue(&body)?;
    let request = from_body(text_file::without_mark(&body), Strictness::Strict)
        .map_err(Refused::Body)
        .map_err(refused)?;
    let planned = make_plan(&shared, request).await.map_err(refused)?;
    let Planned {
        plan,
        script,
        warnings,
        permit,
        ..
    } = planned;
    let answer = PlanAnswer {
        seed: plan.seed,
        setup: plan.setup.clone(),
        rounds: plan.round_infos(),
        totals: PlanTotals {
            duration_s: plan.duration_sec(),
            transactions: plan.rounds.iter().map(Round::transactions).sum(),
            accounts: plan.accounts(),
            funding: plan
                .funding_estimate()
                .ok()
                .map(|amount| amount.to_string()),
        },
        plan,
        script,
        warnings,
    };
    Ok(holding(&answer, permit))
}

/// What became of a request to start.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StartAnswer {
    /// The name.
    name: String,
    /// `running` or `queued`.
    status: &'static str,
    /// Runs before it, if it is queued.
    ahead: i64,
    /// What the plan was drawn from.
    seed: u64,
    /// What will go wrong, as far as that can be known now.
    warnings: Vec<String>,
}

/// Starts a run, or queues it when `"queue": true` stands beside the setup and another runs.
#[utoipa::path(post, path = "/api/v1/experiments",
    request_body(content = Object, description = "The setup, and `queue`"),
    responses((status = 201, body = StartAnswer), Refusals,
        (status = 409, description = "The name is taken, or another run has the slot", body = Error)))]
pub(crate) async fn start(
    State(shared): State<Shared>,
    body: SetupBody,
) -> Result<(StatusCode, Json<StartAnswer>), ErrorBody> {
    let body = body.bytes().map_err(Refused::Body).map_err(refused)?;
    let queue = wants_queue(&body)?;
    let request = from_body(text_file::without_mark(&body), Strictness::Strict)
        .map_err(Refused::Body)
        .map_err(refused)?;
    let planned = make_plan(&shared, request).await.map_err(refused)?;
    let name = planned.plan.setup.experiment_name.clone();
    let (status, ahead) = match admit(&shared, &planned, queue).await.map_err(refused)? {
        Admission::Started => ("running", 0),
        Admission::Queued { ahead } => ("queued", ahead),
        Admission::NameTaken => {
            return Err(ErrorBody::new(
                StatusCode::CONFLICT,
                "name_taken",
                format!("experiment with name {name} already exists"),
            ));
        }
        Admission::Busy(run) => {
            return Err(ErrorBody::new(StatusCode::CONFLICT, "busy", busy(&run)));
        }
    };
    let answer = StartAnswer {
        name,
        status,
        ahead,
        seed: planned.plan.seed,
        warnings: planned.warnings,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Whether a run may wait for its turn: the member `queue` of a body, which is otherwise a setup.
fn wants_queue(body: &[u8]) -> Result<bool, ErrorBody> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        // What is wrong with it is told where it is decoded.
        return Ok(false);
    };
    match members.get("queue") {
        None => Ok(false),
        Some(Value::Bool(queue)) => Ok(*queue),
        Some(_) => Err(ErrorBody::new(
            StatusCode::BAD_REQUEST,
            "malformed",
            "queue: expected true or false",
        )),
    }
}

/// Cancels a run, or takes it out of the queue.
#[utoipa::path(post, path = "/api/v1/experiments/{name}/cancel",
    params(("name" = String, Path, description = "Name of the run")),
    responses((status = 202, description = "It will be cancelled"), Refusals,
        (status = 404, description = "No such run", body = Error),
        (status = 409, description = "It has ended", body = Error)))]
pub(crate) async fn cancel(
    State(shared): State<Shared>,
    Path(name): Path<String>,
) -> Result<StatusCode, ErrorBody> {
    let requested = shared.database.request_cancel(Some(&name)).await;
    match requested.map_err(internal)? {
        CancelRequest::Requested | CancelRequest::Withdrawn => {
            shared.wake.notify_one();
            Ok(StatusCode::ACCEPTED)
        }
        CancelRequest::NothingToCancel => {
            let exists = shared.database.experiment_exists(&name).await;
            if exists.map_err(internal)? {
                Err(ErrorBody::new(
                    StatusCode::CONFLICT,
                    "ended",
                    "the run has ended already",
                ))
            } else {
                Err(run_records::unknown())
            }
        }
    }
}

fn refused(refused: Refused) -> ErrorBody {
    let code = match &refused {
        Refused::Body(_) => "malformed",
        Refused::Rules(_) | Refused::Unplannable(_) | Refused::Webhook(_) | Refused::TooLarge => {
            "invalid"
        }
        Refused::Busy(busy) => {
            let unavailable = StatusCode::SERVICE_UNAVAILABLE;
            return ErrorBody::new(unavailable, "too_many_plans", busy.to_string());
        }
        Refused::Funding(_) => "no_funding",
        Refused::Store(_) => {
            let Refused::Store(error) = refused else {
                return ErrorBody::internal();
            };
            return internal(error);
        }
    };
    let body = ErrorBody::new(StatusCode::BAD_REQUEST, code, refused.to_string());
    details(&refused)
        .into_iter()
        .fold(body, ErrorBody::with_detail)
}

/// What is wrong with which parameter, so that a form can say it beside its field.
fn details(refused: &Refused) -> Vec<ErrorDetail> {
    let detail = |parameter: Option<&str>, message: &str| ErrorDetail {
        parameter: parameter.map(str::to_owned),
        message: message.to_owned(),
        nearest: None,
    };
    match refused {
        Refused::Rules(problems) => problems
            .iter()
            .map(|problem| detail(Some(problem.parameter), &problem.message))
            .collect(),
        Refused::Body(BodyError::NoName) => {
            vec![detail(Some("ExperimentName"), &refused.to_string())]
        }
        Refused::Body(BodyError::Malformed(error)) => error
            .problems
            .iter()
            .map(|problem| detail(None, problem))
            .collect(),
        Refused::Webhook(_) => vec![detail(Some("webhook_url"), &refused.to_string())],
        _ => Vec::new(),
    }
}

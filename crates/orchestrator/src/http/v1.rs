//! `/api/v1/experiments`: everything about runs, for programs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use experiment::plan::{Plan, Round, RoundInfo};
use experiment::setup::Setup;
use experiment::setup::body::{BodyError, from_body};
use experiment::setup::decode::Strictness;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::extract::{Path, Query};
use service::{ErrorBody, ErrorDetail};
use store::experiment_runs::{
    Admission, CancelRequest, Outcome, RequestRow, RequestStatus, RunSummary, StepRow,
};
use utoipa::{IntoParams, ToSchema};

use super::answers::{busy, holding};
use super::counts::{InBlocks, RoundCounts, Total, count};
use super::intake::{Planned, Refused, SetupBody, admit, plan as make_plan};
use super::refusals::{Error, Refusals, internal, unknown};
use super::shared::Shared;
use crate::funding::RemainingFunds;

/// Most runs of one page.
const PAGE_MAX: u32 = 500;

/// A run in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Summary {
    /// Its name.
    name: String,
    /// `queued`, `running`, `cancelling`, `cancelled`, `success` or `error`.
    status: String,
    /// When it was taken in, RFC 3339.
    created_at: String,
    /// When it ended.
    ended_at: Option<String>,
    /// The step that began last.
    step: i32,
    /// Its action.
    step_name: String,
    /// What the plan was drawn from.
    seed: Option<i64>,
    /// What it waits for, if it waits.
    waiting_for: Option<String>,
    /// Until when at most.
    waiting_until: Option<String>,
    /// State of the webhook, if there is one: `pending`, `delivered` or `failed`.
    webhook: Option<String>,
    /// Later runs have greater numbers.
    number: i64,
}

impl From<RunSummary> for Summary {
    fn from(run: RunSummary) -> Self {
        Self {
            name: run.name,
            status: run.status.to_string(),
            created_at: run.created_at,
            ended_at: run.ended_at,
            step: run.step,
            step_name: run.step_name,
            seed: run.seed,
            waiting_for: run.waiting_for,
            waiting_until: run.waiting_until,
            webhook: run.webhook.map(|state| state.as_str().to_owned()),
            number: run.number,
        }
    }
}

/// A run in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed {
    /// The run in short.
    #[serde(flatten)]
    summary: Summary,
    /// What became of its transactions that are in blocks.
    transactions: InBlocks,
    /// The warning about transactions that failed in blocks, if any did.
    warning: Option<String>,
}

/// A run with everything.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Experiment {
    /// The run in short.
    #[serde(flatten)]
    summary: Summary,
    /// The setup, keys as in the original.
    #[schema(value_type = Object)]
    setup: Value,
    /// The rounds as planned.
    #[schema(value_type = Vec<Object>)]
    rounds: Value,
    /// Transactions of the whole run.
    transactions: Total,
    /// Transactions by round and kind.
    delivery: Vec<RoundCounts>,
    /// What is left of the money, once the run has ended.
    leftover: Option<RemainingFunds>,
    /// What still has to be undone at nodes that could not be reached.
    clean_up: Vec<CleanUp>,
    /// Warnings.
    warnings: Vec<String>,
    /// Errors.
    errors: Vec<String>,
}

/// Something that still has to be undone at a node.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CleanUp {
    /// `host:port`.
    node: String,
    /// What was asked.
    kind: String,
    /// Its handle.
    handle: Option<String>,
    /// Attempts so far.
    attempts: i32,
    /// Why the last one failed.
    error: Option<String>,
}

/// Which page of the list.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Page {
    /// Only runs with smaller numbers.
    before: Option<i64>,
    /// How many at most; 100 unless given. More than 500 count as 500.
    limit: Option<u32>,
}

/// All runs, the newest first.
#[utoipa::path(get, path = "/api/v1/experiments", params(Page),
    responses((status = 200, body = Vec<Listed>), Refusals))]
pub(crate) async fn list(
    State(shared): State<Shared>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<Listed>>, ErrorBody> {
    let limit = page.limit.unwrap_or(100).min(PAGE_MAX);
    let runs = shared.database.experiment_runs(page.before, limit).await;
    let runs = runs.map_err(internal)?;
    let names: Vec<String> = runs.iter().map(|run| run.name.clone()).collect();
    let outcomes = shared.outcomes.of(&shared.database, &names).await;
    let outcomes = outcomes.map_err(internal)?;
    let runs = runs.into_iter().zip(outcomes).map(|(run, outcome)| Listed {
        summary: run.into(),
        warning: outcome.warning(),
        transactions: outcome.into(),
    });
    Ok(Json(runs.collect()))
}

/// One run.
#[utoipa::path(get, path = "/api/v1/experiments/{name}",
    params(("name" = String, Path, description = "Name of the run")),
    responses((status = 200, body = Experiment), Refusals,
        (status = 404, description = "No such run", body = Error)))]
pub(crate) async fn get(
    State(shared): State<Shared>,
    Path(name): Path<String>,
) -> Result<Json<Experiment>, ErrorBody> {
    let run = shared.database.experiment_run(&name).await;
    let run = run.map_err(internal)?.ok_or_else(unknown)?;
    let rows = shared.database.experiment_delivery(&name).await;
    let rows = rows.map_err(internal)?;
    let (transactions, delivery) = count(&rows);
    let undo = shared.database.undo_rows(Some(&name)).await;
    let clean_up = undo
        .map_err(internal)?
        .into_iter()
        .map(|row| CleanUp {
            node: row.node,
            kind: row.kind,
            handle: row.handle,
            attempts: row.attempts,
            error: row.error,
        })
        .collect();
    Ok(Json(Experiment {
        summary: run.summary.into(),
        setup: run.setup,
        rounds: run.rounds,
        transactions,
        delivery,
        leftover: run
            .remaining_funds
            .and_then(|left| serde_json::from_value(left).ok()),
        clean_up,
        warnings: Outcome::of(&rows).warnings(run.warnings),
        errors: run.errors,
    }))
}

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
                Err(unknown())
            }
        }
    }
}

/// The journal of a run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Journal {
    /// Steps that began, in order.
    steps: Vec<JournalStep>,
    /// What was asked of nodes, in order.
    requests: Vec<JournalRequest>,
}

/// A step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Step)]
pub(crate) struct JournalStep {
    /// Its number.
    step: u32,
    /// Of a batch the number of its last command.
    last_step: u32,
    /// The action.
    action: String,
    /// When it began.
    started_at: String,
    /// When it ended.
    ended_at: Option<String>,
    /// Why it failed.
    error: Option<String>,
}

impl From<StepRow> for JournalStep {
    fn from(row: StepRow) -> Self {
        Self {
            step: row.step,
            last_step: row.last_step,
            action: row.action,
            started_at: row.started_at,
            ended_at: row.ended_at,
            error: row.error,
        }
    }
}

/// A request to a node.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Request)]
pub(crate) struct JournalRequest {
    /// The step.
    step: u32,
    /// Position within the step; of load the batch.
    request: u32,
    /// `host:port`.
    node: String,
    /// What was asked.
    kind: String,
    /// The round.
    round: Option<i32>,
    /// Rate asked for, transactions per second.
    tps: Option<f64>,
    /// Transactions intended.
    intended: Option<i64>,
    /// When it was written down.
    asked_at: String,
    /// `accepted`, `unconfirmed`, `unanswered` or `refused`.
    outcome: Option<&'static str>,
    /// The handle.
    handle: Option<String>,
    /// Why it was refused.
    error: Option<String>,
    /// When it was undone.
    undone_at: Option<String>,
}

impl From<RequestRow> for JournalRequest {
    fn from(row: RequestRow) -> Self {
        Self {
            step: row.step,
            request: row.request,
            node: row.node,
            kind: row.kind,
            round: row.round,
            tps: row.tps,
            intended: row.intended,
            asked_at: row.asked_at,
            outcome: row.outcome.map(RequestStatus::as_str),
            handle: row.handle,
            error: row.error,
            undone_at: row.undone_at,
        }
    }
}

/// What has happened in a run so far.
#[utoipa::path(get, path = "/api/v1/experiments/{name}/journal",
    params(("name" = String, Path, description = "Name of the run")),
    responses((status = 200, body = Journal), Refusals,
        (status = 404, description = "No such run", body = Error)))]
pub(crate) async fn journal(
    State(shared): State<Shared>,
    Path(name): Path<String>,
) -> Result<Json<Journal>, ErrorBody> {
    let state = shared.database.read_journal(&name).await;
    let state = state.map_err(internal)?.ok_or_else(unknown)?;
    Ok(Json(Journal {
        steps: state.steps.into_iter().map(JournalStep::from).collect(),
        requests: state
            .requests
            .into_iter()
            .map(JournalRequest::from)
            .collect(),
    }))
}

#[expect(clippy::needless_pass_by_value, reason = "the end of an error")]
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

//! From a request to a run: decoding, rules, plan, and taking it in.

use std::convert::Infallible;

use axum::body::{Bytes, to_bytes};
use axum::extract::FromRequest;
use axum::http::header::CONTENT_LENGTH;
use experiment::plan::Plan;
use experiment::seeded_rng::SEED_MAX;
use experiment::setup::Setup;
use experiment::setup::body::{BYTES_MAX, BodyError, ExperimentRequest, Form};
use experiment::setup::decode::Decoded;
use experiment::setup::validate::{Problem, problems};
use rand::Rng as _;
use serde_json::Value;
use store::StoreError;
use store::experiment_runs::{Admission, NewRun};

use super::permits::{Busy, Permit};
use super::shared::Shared;
use crate::funding;
use crate::receivers;
use crate::webhook;
use service::error_chain;

/// What was asked for, planned.
pub(crate) struct Planned {
    pub(crate) form: Form,
    pub(crate) decoded: Decoded,
    pub(crate) plan: Plan,
    pub(crate) script: String,
    /// What will go wrong, as far as that can be known now.
    pub(crate) warnings: Vec<String>,
    /// Held as long as the plan, and then as the answer.
    pub(crate) permit: Permit,
}

/// Why a request cannot be planned or started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// The body is no setup.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The setup breaks rules: all of them.
    #[error("{}", messages(.0).join("; "))]
    Rules(Vec<Problem>),
    /// The setup keeps all rules, and no plan can be made of it.
    #[error("{0}")]
    Unplannable(String),
    /// The address of the webhook may not be used.
    #[error("invalid webhook_url: {0}")]
    Webhook(String),
    /// The plan would be too large.
    #[error(
        "the script may have more than {SCRIPT_BYTES_MAX} bytes: ask for fewer rounds, stops or keys"
    )]
    TooLarge,
    /// Too many plans at the same time.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// Accounts cannot be funded.
    #[error("{0}")]
    Funding(String),
    /// The database failed.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// What is wrong, one line for each rule.
pub(crate) fn messages(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| problem.message.clone())
        .collect()
}

/// Most bytes of a script that is planned for a request. To make it takes eight times as much memory.
const SCRIPT_BYTES_MAX: u64 = 32 << 20;
/// Bytes of a round in a script, without texts of the setup and without stops.
const ROUND_BYTES: u64 = 2_304;
/// Bytes of a stop in a script.
const STOP_BYTES: u64 = 768;

/// Bytes read of a body that is too large, so that the client gets to read the answer.
const TAKEN_BYTES_MAX: usize = 8 * BYTES_MAX;

/// The body of a request, or why it cannot be had.
pub(crate) struct SetupBody(Result<Bytes, BodyError>);

impl SetupBody {
    /// The bytes.
    pub(crate) fn bytes(self) -> Result<Bytes, BodyError> {
        self.0
    }
}

impl<S: Sync> FromRequest<S> for SetupBody {
    type Rejection = Infallible;

    async fn from_request(request: axum::extract::Request, _: &S) -> Result<Self, Infallible> {
        Ok(Self(read(request).await))
    }
}

/// Reads a body. Its announced length is looked at first.
async fn read(request: axum::extract::Request) -> Result<Bytes, BodyError> {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if let Some(bytes) = announced.filter(|bytes| *bytes > BYTES_MAX as u64) {
        if bytes <= TAKEN_BYTES_MAX as u64 {
            // It is refused, whatever it is.
            let _ = to_bytes(request.into_body(), TAKEN_BYTES_MAX).await;
        }
        return Err(BodyError::TooLarge { bytes });
    }
    let body = to_bytes(request.into_body(), TAKEN_BYTES_MAX)
        .await
        .map_err(|error| BodyError::Unreadable(error_chain(&error)))?;
    if body.len() > BYTES_MAX {
        let text = format!("it has more than {BYTES_MAX} bytes");
        return Err(BodyError::Unreadable(text));
    }
    Ok(body)
}

/// Checks the rules and plans. The same setup with the same seed gives the same plan and script,
/// so that a dry run shows what the run will do.
pub(crate) async fn plan(shared: &Shared, request: ExperimentRequest) -> Result<Planned, Refused> {
    let ExperimentRequest { mut decoded, form } = request;
    let paths = shared.config.paths();
    let exists = |path: &str| paths.key_file(path).is_file();
    let broken = problems(&decoded.setup, exists);
    if !broken.is_empty() {
        return Err(Refused::Rules(broken));
    }
    if script_bytes(&decoded.setup) > SCRIPT_BYTES_MAX {
        return Err(Refused::TooLarge);
    }
    if let Some(url) = &decoded.webhook_url {
        webhook::check(url.expose(), &shared.config.webhooks())
            .await
            .map_err(Refused::Webhook)?;
    }
    let seed = *decoded
        .setup
        .seed
        .get_or_insert_with(|| rand::rng().random_range(0..=SEED_MAX));
    let setup = decoded.setup.clone();
    let permit = shared.plans.acquire().await?;
    // Thousands of rounds take a moment. The plan continues when the client is gone, so it holds the
    // permit itself.
    let planned = tokio::task::spawn_blocking(move || {
        let plan = Plan::new(&setup, seed)?;
        let script = plan.script(&plan.service_header());
        let text = script.to_string();
        Ok::<_, experiment::plan::PlanError>((plan, script, text, permit))
    });
    let (plan, commands, script, permit) = planned
        .await
        .map_err(|error| Refused::Unplannable(error.to_string()))?
        .map_err(|error| Refused::Unplannable(error.to_string()))?;
    if script.len() as u64 > SCRIPT_BYTES_MAX {
        return Err(Refused::TooLarge);
    }
    Ok(Planned {
        form,
        decoded,
        plan,
        script,
        warnings: receivers::warnings(&shared.config.network, &commands).await,
        permit,
    })
}

/// About how many bytes the script of a setup has, told before it is made.
fn script_bytes(setup: &Setup) -> u64 {
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    let texts = |texts: &[String]| {
        let bytes = texts.iter().map(|text| text.len() as u64 + 8);
        bytes.fold(0_u64, u64::saturating_add)
    };
    let prefix = setup.fund_key_prefix.len() as u64;
    // Two commands of each round fund keys, two load them, and each names the password's variable.
    let paid_by = if setup.generate_fund_keys > 0 {
        number(setup.privkeys_per_fund_cmd).saturating_mul(prefix + 24)
    } else {
        texts(&setup.priv_keys)
    };
    let rotation = (setup.rotation_keys.len() as u64)
        .saturating_mul(80)
        .saturating_add(texts(&setup.rotation_servers));
    let round = ROUND_BYTES
        .saturating_add(number(setup.stops_per_round).saturating_mul(STOP_BYTES))
        .saturating_add(paid_by.saturating_mul(2))
        .saturating_add(prefix.saturating_mul(4))
        .saturating_add((setup.password_env.len() as u64).saturating_mul(6))
        .saturating_add(rotation);
    number(setup.rounds).saturating_mul(round)
}

/// Takes the run in, if accounts can be funded at all.
pub(crate) async fn admit(
    shared: &Shared,
    planned: &Planned,
    queue: bool,
) -> Result<Admission, Refused> {
    let setup = &planned.decoded.setup;
    funding::check(&shared.config.network, &shared.database)
        .await
        .map_err(Refused::Funding)?;
    let setup_json = serde_json::to_value(setup).unwrap_or(Value::Null);
    let rounds = serde_json::to_value(planned.plan.timed_rounds()).unwrap_or(Value::Null);
    let sealed = planned
        .decoded
        .webhook_url
        .as_ref()
        .and_then(|url| shared.seal.close(url.expose()));
    let run = NewRun {
        name: &setup.experiment_name,
        setup: &setup_json,
        script: &planned.script,
        seed: i64::try_from(planned.plan.seed).ok(),
        rounds: &rounds,
        sealed_webhook: sealed.as_deref(),
        queue,
    };
    let admission = shared.database.admit_experiment(&run).await?;
    if matches!(admission, Admission::Started | Admission::Queued { .. }) {
        shared.wake.notify_one();
    }
    Ok(admission)
}

//! What each action does. The part that needs no node is in the crate `experiment`.

mod discovery;
mod gating;
mod load;
mod preflight;
mod restart;
mod rotate;
mod slots;
mod soft_limit;
mod stop;
mod wait;

use experiment::action::{Action, LoadKeys};
use experiment::script::outputs::Output;
use experiment::seeded_rng::{Purpose, SeededRng};

use futures_util::StreamExt as _;

use crate::key_files;
use crate::nodes::Nodes;
use crate::run::{Run, StepError};

/// Runs an action.
pub(crate) async fn run(
    run: &Run<'_>,
    step: u32,
    action: Action,
) -> Result<Vec<Output>, StepError> {
    match action {
        Action::Discovery(params) => discovery::run(run, step, &params).await,
        Action::Payments(params) => load::payments(run, step, &params).await,
        Action::ZkappTxs(params) => load::zkapps(run, step, &params).await,
        Action::LoadKeys(params) => load_keys(run, &params).await,
        Action::Stop(params) => stop::receipts(run, step, params.receipts).await,
        Action::StopAllScheduled(params) => stop::all_scheduled(run, step, params.nodes).await,
        Action::StopDaemon(params) => stop::daemons(run, step, &params).await,
        Action::Restart(params) => restart::run(run, step, &params).await,
        Action::Wait(params) => wait::run(run, step, &params).await,
        Action::Join(params) => Ok(params.outputs()),
        Action::Except(params) => Ok(params.outputs()),
        Action::Sample(params) => {
            let parts = params
                .parts(&mut chance(run, step))
                .map_err(StepError::failed)?;
            let output = |(name, value)| Output::exact(name, false, value);
            Ok(parts.into_iter().map(output).collect())
        }
        Action::SetZkappSoftLimit(params) => soft_limit::run(run, step, &params).await,
        Action::Isolate(params) => gating::isolate(run, step, &params.nodes).await,
        Action::ResetGating(params) => gating::reset(run, step, &params).await,
        Action::SlotsWon(params) => slots::won(run, step, &params.nodes).await,
        Action::SlotsCoveredCheck(params) => {
            params.check().map_err(StepError::failed)?;
            Ok(Vec::new())
        }
        Action::AllocateSlots(params) => slots::allocate(run, step, params).await,
        Action::Preflight(params) => preflight::run(run, &params).await,
        Action::RotateBalance(params) => rotate::run(run, step, &params).await,
        // Runs with its batch, never alone.
        Action::FundKeys(params) => {
            crate::funding::run_batch(run, step, &[(step, params)]).await?;
            Ok(Vec::new())
        }
    }
}

/// The random values of a step: the same when it is taken up again.
pub(crate) fn chance(run: &Run<'_>, step: u32) -> SeededRng {
    SeededRng::new(run.seed, Purpose::Step(step))
}

/// An output whose name is made at run time.
pub(crate) fn named_output(name: String, multi: bool, value: serde_json::Value) -> Output {
    let mut output = Output::single(name, value);
    output.multi = multi;
    output
}

/// `load-keys`: the private keys of a directory.
pub(crate) async fn load_keys(run: &Run<'_>, params: &LoadKeys) -> Result<Vec<Output>, StepError> {
    let password = key_files::password(&params.password_env);
    let limit = usize::try_from(params.limit).unwrap_or(usize::MAX);
    let keys = key_files::load_directory(
        run.means.paths.path(&params.dir),
        limit,
        password,
        run.means.cancel.clone(),
    )
    .await?;
    Ok(keys
        .iter()
        .map(|key| Output::secret("key", key.to_base58check().as_str()))
        .collect())
}

/// Does something with each of many, as many at once as the limit permits, in order; until the
/// run is cancelled. For requests without an effect that would have to be undone.
async fn each_node<T, R, F>(
    run: &Run<'_>,
    items: Vec<T>,
    work: impl Fn(Nodes, T) -> F,
) -> Result<Vec<(T, R)>, StepError>
where
    T: Clone,
    F: Future<Output = R>,
{
    let all = futures_util::stream::iter(items.into_iter().map(|item| {
        let result = work(run.means.nodes.clone(), item.clone());
        async move { (item, result.await) }
    }))
    .buffered(run.means.concurrency)
    .collect();
    tokio::select! {
        () = run.means.cancel.cancelled() => Err(StepError::Cancelled),
        all = all => Ok(all),
    }
}

//! What each action does. The part that needs no node is in the crate `experiment`.

mod discovery;
mod gating;
mod load;
mod load_keys;
mod preflight;
mod restart;
mod rotate;
mod slots;
mod soft_limit;
mod stop;
mod tools;
mod wait;

use experiment::action::Action;
use experiment::script::outputs::Output;

use crate::run::{Run, StepError};

pub(crate) use load_keys::load_keys;
use tools::chance;

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

//! `wait`: until a moment that is written down when the wait begins.

use experiment::action::Wait;
use experiment::script::outputs::Output;
use serde_json::json;
use store::experiment_runs::JournalWrites;

use crate::clock::{now_unix_ms, sleep_until};
use crate::run::{Run, StepError};

pub(super) async fn run(run: &Run<'_>, step: u32, params: &Wait) -> Result<Vec<Output>, StepError> {
    let decided = run
        .past
        .decided(step)
        .and_then(|decided| decided.get("until_unix_ms")?.as_u64());
    let until = match decided {
        Some(until) => until,
        None => begin(run, step, params).await?,
    };
    sleep_until(until, &run.means.cancel).await?;
    Ok(Vec::new())
}

async fn begin(run: &Run<'_>, step: u32, params: &Wait) -> Result<u64, StepError> {
    let clock = run.means.clock;
    let network = &run.means.network;
    let milliseconds = |network_ms: i128| {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let seconds = network_ms.unsigned_abs() as f64 / 1000.0;
        let length = u64::try_from(clock.real(seconds).as_millis()).unwrap_or(u64::MAX);
        (network_ms < 0, length)
    };
    let after = |moment: u64, network_ms: i128| match milliseconds(network_ms) {
        (true, length) => moment.saturating_sub(length),
        (false, length) => moment.saturating_add(length),
    };
    let delay_ms = i128::from(params.delay_sec()) * 1000;
    let now = now_unix_ms();
    let until = if params.slot > 0 {
        // Slots are given in real time, as genesis is: a simulated network that runs faster has
        // shorter ones.
        let since_genesis = i128::from(params.slot) * i128::from(network.slot_duration_ms);
        let since_genesis = u64::try_from(since_genesis).unwrap_or(u64::MAX);
        after(
            network.genesis_unix_ms.saturating_add(since_genesis),
            delay_ms,
        )
    } else {
        after(now, delay_ms)
    };
    let left = std::time::Duration::from_millis(until.saturating_sub(now));
    let writes = JournalWrites {
        decided: [(step, json!({ "until_unix_ms": until }))].into(),
        waiting: Some(("time".to_owned(), left.as_secs_f64())),
        ..JournalWrites::default()
    };
    run.journal.write(writes).await?;
    Ok(until)
}

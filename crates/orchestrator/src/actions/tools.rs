//! What several actions need: their random values, outputs that are named at run time, and asking
//! each of many nodes.

use experiment::script::outputs::Output;
use experiment::seeded_rng::{Purpose, SeededRng};
use futures_util::StreamExt as _;

use crate::nodes::Nodes;
use crate::run::{Run, StepError};

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

/// Does something with each of many, as many at once as the limit permits, in order; until the
/// run is cancelled. For requests without an effect that would have to be undone.
pub(super) async fn each_node<T, R, F>(
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

//! `bench fan-in`: one fetcher and many nodes on one machine. How late entries
//! are stored, what that costs, what bad nodes do to good ones, and how fast a
//! backlog is drained.

mod arguments;
mod catch_up;
mod child;
mod fleet;
mod lag;
mod log;
mod nodes;
mod process;
mod report;
mod steady;

use anyhow::ensure;

pub(crate) use arguments::Arguments;
pub(crate) use child::{ChildArguments, run_child};
use report::Report;

use crate::source;

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    ensure!(
        arguments.lines_per_second > 0.0 && arguments.lines_per_second <= 10_000.0,
        "--lines-per-second must be above 0 and at most 10000"
    );
    let template = source::template(arguments.trace.clone())?;
    let steady = steady::measure(&arguments, &template).await?;
    let catch_up = catch_up::measure(&arguments, &template).await?;
    Report {
        arguments: &arguments,
        steady,
        catch_up,
    }
    .print(arguments.format);
    Ok(())
}

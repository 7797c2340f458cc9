//! `set-zkapp-soft-limit`.

use experiment::action::SetZkappSoftLimit;
use experiment::script::outputs::Output;

use super::tools::each_node;
use crate::nodes::NodeError;
use crate::run::{Level, Run, StepError};

pub(super) async fn run(
    run: &Run<'_>,
    step: u32,
    params: &SetZkappSoftLimit,
) -> Result<Vec<Output>, StepError> {
    let limit = params.limit;
    let results = each_node(
        run,
        params.nodes.clone(),
        move |nodes, address: String| async move {
            let node = nodes.get(&address).await?;
            let mut client = node.client().await;
            client
                .ask(async |client| client.zkapp_command_limit(limit).await)
                .await?;
            Ok::<_, NodeError>(())
        },
    )
    .await?;
    let mut outputs = Vec::new();
    for (address, result) in results {
        match result {
            Ok(()) => outputs.push(Output::multi("participant", address)),
            Err(error) => run.journal.log(
                Level::Warning,
                Some(step),
                format!("Failed to set soft limit for {address}: {error}"),
            ),
        }
    }
    Ok(outputs)
}

//! `slots-won` and `allocate-slots`.

use experiment::action::slots::AllocateSlots;
use experiment::script::outputs::Output;
use serde_json::json;

use super::tools::{each_node, named_output};
use crate::nodes::NodeError;
use crate::run::{Level, Run, StepError};

/// Asks block producers for their slots.
pub(super) async fn won(
    run: &Run<'_>,
    step: u32,
    nodes: &[String],
) -> Result<Vec<Output>, StepError> {
    let results = each_node(run, nodes.to_vec(), |nodes, address: String| async move {
        let node = nodes.get(&address).await?;
        if !node.facts().is_block_producer {
            return Ok(None);
        }
        let mut client = node.client().await;
        let slots = client.ask(async |client| client.slots_won().await).await?;
        Ok::<_, NodeError>(Some(slots))
    })
    .await?;
    let mut outputs = Vec::new();
    for (address, result) in results {
        match result {
            Ok(Some(slots)) => {
                let won = json!({ "address": address, "slots": slots });
                outputs.push(Output::multi("slotsWon", won));
            }
            Ok(None) => run.journal.log(
                Level::Info,
                Some(step),
                format!("{address} is no block producer: it wins no slots"),
            ),
            Err(error) => run.journal.log(
                Level::Warning,
                Some(step),
                format!("failed to ask {address} for its slots: {error}"),
            ),
        }
    }
    Ok(outputs)
}

/// A list of numbers as the original writes it: `[1 2 3]`.
pub(super) fn list(numbers: &[impl ToString]) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("[{}]", texts.join(" "))
}

/// Parts nodes by their slots: much arithmetic, so beside the threads that talk to nodes.
pub(super) async fn allocate(
    run: &Run<'_>,
    step: u32,
    params: AllocateSlots,
) -> Result<Vec<Output>, StepError> {
    let parts: u64 = params
        .groups
        .iter()
        .fold(0, |sum, size| sum.saturating_add(*size));
    let allocation = tokio::task::spawn_blocking(move || params.allocate())
        .await
        .map_err(StepError::joined)?
        .map_err(StepError::failed)?;
    let log = |text: String| run.journal.log(Level::Info, Some(step), text);
    log(format!(
        "Split to {parts} groups: {} difference, last slot {}",
        allocation.spread, allocation.last_slot
    ));
    for (number, slots) in allocation.slots.iter().enumerate() {
        log(format!("Slots for group {number}: {}", list(slots)));
    }
    let mut outputs = vec![
        Output::single("nextEmptySlot", allocation.next_empty_slot),
        Output::single("lastSlot", allocation.last_slot),
    ];
    for (number, group) in allocation.groups.into_iter().enumerate() {
        outputs.push(named_output(format!("group{number}"), false, json!(group)));
    }
    Ok(outputs)
}

//! SNARK work: in the pool, pending, and in blocks.

use serde_json::{Value as Json, json};
use simulation::WorkDetails;

use super::hashes;
use super::protocol_state::{fee_excess, signed_amount};
use crate::node::Node;

/// A bundle that is done, as a `CompletedWork`.
pub(super) fn completed_work(work: &WorkDetails) -> Option<Json> {
    let (prover, fee) = work.done?;
    Some(json!({
        "prover": prover.to_string(),
        "fee": fee.nanomina().to_string(),
        "workIds": work.ids,
    }))
}

/// The SNARK pool of a node.
pub(super) fn pool(node: &Node) -> Json {
    let [done, _] = of(node);
    done.iter().filter_map(completed_work).collect()
}

/// Bundles that nobody has done yet.
pub(super) fn pending(node: &Node) -> Json {
    let [_, pending] = of(node);
    pending
        .iter()
        .map(|work| json!({ "workBundle": work.ids.map(description) }))
        .collect()
}

/// Some of the bundles that nobody has done yet.
pub(super) fn range(node: &Node, start: usize, end: Option<usize>) -> Json {
    let [_, pending] = of(node);
    let end = end.unwrap_or(pending.len()).min(pending.len());
    let range = pending.get(start.min(end)..end).unwrap_or_default();
    let specs = range
        .iter()
        .map(|work| json!({ "workBundleSpec": { "spec": &*work.text, "workIds": work.ids } }));
    specs.collect()
}

fn of(node: &Node) -> [Vec<WorkDetails>; 2] {
    let id = node.id();
    node.chain().now(|chain| chain.snark_work(id))
}

fn description(id: u32) -> Json {
    let ledger = |what: &str| hashes::ledger(&format!("{what} {id}"));
    let (source, target) = (ledger("source"), ledger("target"));
    json!({
        "sourceFirstPassLedgerHash": source,
        "targetFirstPassLedgerHash": target,
        "sourceSecondPassLedgerHash": source,
        "targetSecondPassLedgerHash": target,
        "feeExcess": fee_excess(),
        "supplyIncrease": "0",
        "supplyChange": signed_amount(),
        "workId": id,
    })
}

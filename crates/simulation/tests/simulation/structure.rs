//! The structure of traces, compared with that of a real one: names in order, and the members of
//! metadata.

use std::collections::{BTreeMap, BTreeSet};

use simulation::{Network, NetworkConfig, Span};
use trace::entry::{self, Entry};

use crate::support::Lines;

/// A block as one node traced it.
#[derive(Debug, Default)]
struct Block {
    names: Vec<String>,
    /// Keys of `block_metadata`, in order.
    block_metadata: Vec<BTreeSet<String>>,
}

/// What the main process of a node wrote.
#[derive(Debug, Default)]
struct Structure {
    blocks: BTreeMap<String, Block>,
    /// Keys of the metadata of each checkpoint.
    metadata: BTreeMap<String, BTreeSet<String>>,
    /// Tags of calls, and how often.
    calls: BTreeMap<Option<String>, usize>,
}

fn keys(json: &str) -> BTreeSet<String> {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    value
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect()
}

fn structure(text: &str) -> Structure {
    let mut structure = Structure::default();
    let mut block = "0".to_owned();
    let mut slot_of: BTreeMap<String, String> = BTreeMap::new();
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    let mut previous = "";
    for line in text.lines() {
        // The reader of the real trace wrote some lines again and again.
        if std::mem::replace(&mut previous, line) == line {
            continue;
        }
        match entry::parse(line.as_bytes()).expect("an entry") {
            Entry::CurrentBlock(id) => {
                block = slot_of
                    .get(&*id)
                    .cloned()
                    .unwrap_or_else(|| id.into_owned());
            }
            Entry::ProducedBlock(hash) => {
                slot_of.insert(hash.into_owned(), block.clone());
            }
            Entry::CurrentCall { tag, .. } => {
                let tag = match tag {
                    trace::entry::CallTag::Set(tag) => Some(tag.into_owned()),
                    _ => None,
                };
                *structure.calls.entry(tag).or_default() += 1;
            }
            Entry::Checkpoint { name, .. } => {
                last.insert(block.clone(), name.to_string());
                if !name.starts_with("Snark_work") && !name.starts_with("Transaction_diff") {
                    let block = structure.blocks.entry(block.clone()).or_default();
                    block.names.push(name.into_owned());
                }
            }
            Entry::Metadata(json) => {
                if let Some(name) = last.get(&block) {
                    let known = structure.metadata.entry(name.clone()).or_default();
                    known.extend(keys(json));
                }
            }
            Entry::BlockMetadata(json) => {
                let block = structure.blocks.entry(block.clone()).or_default();
                block.block_metadata.push(keys(json));
            }
            Entry::Ignored => {}
            other => panic!("{other:?}"),
        }
    }
    structure
}

/// The names up to and including `last`, without the two of a moved root.
fn until<'a>(block: &'a Block, last: &str) -> Vec<&'a str> {
    let end = block.names.iter().position(|name| name == last);
    let names = &block.names[..=end.expect("the block has got so far")];
    let names = names.iter().map(String::as_str);
    names
        .filter(|name| !name.starts_with("Move_frontier_root"))
        .collect()
}

fn begins(block: &Block, name: &str) -> bool {
    block.names.first().is_some_and(|first| first == name)
}

fn simulated() -> Structure {
    let mut config = NetworkConfig::with_nodes(2, 7);
    config.k = 5;
    let mut network = Network::new(config, 7).expect("a network");
    let mut lines = Lines::new(&network);
    network.advance_to(network.now() + Span::from_seconds(2 * 3_600));
    lines.take(&mut network);
    // Unfinished blocks at the end are not judged.
    let mut structure = structure(&lines.nodes[1][0]);
    structure.blocks.retain(|_, block| {
        block
            .names
            .iter()
            .any(|name| name == "Breadcrumb_integrated")
    });
    structure
}

/// Checkpoints of a received block as a daemon of 2025 writes them, when the root moves.
const RECEIVED: [&str; 57] = [
    "External_block_received",
    "Validate_transition",
    "Check_transition_not_in_process",
    "Validate_transition",
    "Check_transition_not_in_frontier",
    "Check_transition_can_be_connected",
    "Register_transition_for_processing",
    "Validate_transition_done",
    "Begin_external_block_processing",
    "Validate_frontier_dependencies",
    "Find_parent_breadcrumb",
    "Build_breadcrumb",
    "Validate_staged_ledger_diff",
    "Check_completed_works",
    "Prediff",
    "Verify_commands",
    "Verify_commands_done",
    "Apply_diff",
    "Update_coinbase_stack",
    "Update_ledger_and_get_statements",
    "Update_ledger_and_get_statements_done",
    "Update_coinbase_stack_done",
    "Check_for_sufficient_snark_work",
    "Check_zero_fee_excess",
    "Fill_work_and_enqueue_transactions",
    "Update_pending_coinbase_collection",
    "Verify_scan_state_after_apply",
    "Hash_new_staged_ledger",
    "Hash_new_staged_ledger_done",
    "Diff_applied",
    "Create_breadcrumb",
    "Add_and_finalize",
    "Add_breadcrumb_to_frontier",
    "Calculate_diffs",
    "Calculate_diffs_done",
    "Apply_catchup_state_diffs",
    "Apply_full_frontier_diffs",
    "Move_frontier_root",
    "Move_frontier_root_done",
    "Apply_full_frontier_diffs_done",
    "Synchronize_persistent_frontier",
    "Synchronize_persistent_frontier_done",
    "Notify_frontier_extensions",
    "Update_frontier_extension",
    "Update_frontier_extension",
    "Update_frontier_extension",
    "Update_frontier_extension",
    "Update_frontier_extension",
    "Update_frontier_extension_done",
    "Update_frontier_extension_done",
    "Update_frontier_extension_done",
    "Update_frontier_extension_done",
    "Update_frontier_extension_done",
    "Notify_frontier_extensions_done",
    "Add_breadcrumb_to_frontier_done",
    "Add_and_finalize_done",
    "Breadcrumb_integrated",
];

#[test]
fn a_received_block_passes_these_checkpoints() {
    let simulated = simulated();
    let mut with_root = 0;
    for block in simulated.blocks.values() {
        if !begins(block, "External_block_received") {
            continue;
        }
        let moves_root = block.names.iter().any(|name| name == "Move_frontier_root");
        with_root += usize::from(moves_root);
        let names: Vec<&str> = block.names.iter().map(String::as_str).collect();
        let without: Vec<&str> = RECEIVED
            .into_iter()
            .filter(|name| moves_root || !name.starts_with("Move_frontier_root"))
            .collect();
        assert_eq!(names, without);
        assert_eq!(block.block_metadata.len(), 4);
    }
    assert!(with_root > 3);
}

#[test]
fn structure_agrees_with_a_real_trace() {
    let Some(real) = captured_data::read_text("internal-trace.jsonl") else {
        return;
    };
    let real = structure(&real);
    let simulated = simulated();
    let expected_block = |first: &str| {
        let block = simulated.blocks.values().find(|block| begins(block, first));
        block.expect("such a block was simulated")
    };
    let received = expected_block("External_block_received");
    let produced = expected_block("Begin_block_production");
    let mut compared = [0; 2];
    for block in real.blocks.values() {
        if begins(block, "External_block_received") {
            compared[0] += 1;
            let last = "Breadcrumb_integrated";
            assert_eq!(until(received, last), until(block, last));
            assert_eq!(received.block_metadata, block.block_metadata);
        } else if begins(block, "Begin_block_production") {
            compared[1] += 1;
            let last = "Produce_state_transition_proof";
            assert_eq!(until(produced, last), until(block, last));
            assert_eq!(produced.block_metadata[0], block.block_metadata[0]);
        }
    }
    assert_eq!(
        compared,
        [3, 8],
        "blocks received and produced in the real trace"
    );
    for (name, keys) in &real.metadata {
        assert_eq!(
            simulated.metadata.get(name),
            Some(keys),
            "metadata of {name}"
        );
    }
    let tags = |structure: &Structure| -> Vec<Option<String>> {
        structure.calls.keys().cloned().collect()
    };
    assert_eq!(tags(&simulated), tags(&real));
}

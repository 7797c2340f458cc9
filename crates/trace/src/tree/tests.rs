//! Trees: the worked example and the rules that every tree obeys.

#![expect(
    clippy::float_cmp,
    reason = "the operations are defined to the last bit"
)]

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// The tree of `name time` words, one line per node: depth in dots, name, duration.
fn outline(checkpoints: &str, compatibility: Compatibility) -> String {
    let words: Vec<&str> = checkpoints.split_whitespace().collect();
    let checkpoints: Vec<(&str, f64)> = words
        .chunks(2)
        .map(|pair| (pair[0], pair[1].parse().unwrap()))
        .collect();
    build(&checkpoints, compatibility)
        .iter()
        .map(|node| {
            let dots = ".".repeat(node.depth);
            format!("{dots}{} {}", checkpoints[node.index].0, node.duration)
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn check(checkpoints: &str, compatibility: Compatibility, expected: &[&str]) {
    assert_eq!(outline(checkpoints, compatibility), expected.join("\n"));
}

const BUILD_BREADCRUMB: &str = "
    Build_breadcrumb 300 Validate_staged_ledger_diff 301 Check_completed_works 302
    Prediff 303 Verify_commands 304 Verify_commands_done 589 Apply_diff 590
    Update_coinbase_stack 592 Update_ledger_and_get_statements 593
    Update_ledger_and_get_statements_done 599 Update_coinbase_stack_done 600
    Hash_new_staged_ledger_done 668 Diff_applied 669 Create_breadcrumb 670";

#[test]
fn parts_end_with_their_parent() {
    check(
        &format!("{BUILD_BREADCRUMB} Add_and_finalize_done 680"),
        Compatibility::Original,
        &[
            "Build_breadcrumb 380",
            ".Validate_staged_ledger_diff 369",
            "..Check_completed_works 1",
            "..Prediff 287",
            "...Verify_commands 285",
            "...Verify_commands_done 1",
            "..Apply_diff 79",
            "...Update_coinbase_stack 8",
            "....Update_ledger_and_get_statements 6",
            "....Update_ledger_and_get_statements_done 1",
            "...Update_coinbase_stack_done 68",
            "...Hash_new_staged_ledger_done 1",
            "..Diff_applied 1",
            ".Create_breadcrumb 10",
            "Add_and_finalize_done 0",
        ],
    );
}

#[test]
fn an_open_entry_is_dropped_by_the_original_and_closed_when_corrected() {
    let unfinished = "Validate_transition_done 1 Build_breadcrumb 2
        Validate_staged_ledger_diff 3 Prediff 5 Verify_commands 6";
    check(
        unfinished,
        Compatibility::Original,
        &["Validate_transition_done 0"],
    );
    check(
        unfinished,
        Compatibility::Corrected,
        &[
            "Validate_transition_done 1",
            "Build_breadcrumb 4",
            ".Validate_staged_ledger_diff 3",
            "..Prediff 1",
            "...Verify_commands 0",
        ],
    );
}

#[test]
fn a_name_of_todays_daemons_does_not_cut_finalization_when_corrected() {
    let finalization = "Add_and_finalize 0 Add_breadcrumb_to_frontier 1
        Apply_catchup_state_diffs 2 Apply_full_frontier_diffs 3 Add_and_finalize_done 9";
    check(
        finalization,
        Compatibility::Original,
        &[
            "Add_and_finalize 2",
            ".Add_breadcrumb_to_frontier 1",
            "Apply_catchup_state_diffs 1",
            "Apply_full_frontier_diffs 6",
            "Add_and_finalize_done 0",
        ],
    );
    check(
        finalization,
        Compatibility::Corrected,
        &[
            "Add_and_finalize 9",
            ".Add_breadcrumb_to_frontier 8",
            "..Apply_catchup_state_diffs 1",
            "..Apply_full_frontier_diffs 6",
            "Add_and_finalize_done 0",
        ],
    );
}

#[test]
fn transition_accepted_ends_the_wait_for_confirmation() {
    let produced = "Begin_block_production 0 Wait_for_confirmation 1 Transition_accepted 2
        Begin_local_block_processing 3 Breadcrumb_integrated 5";
    check(
        produced,
        Compatibility::Corrected,
        &[
            "Begin_block_production 1",
            "Wait_for_confirmation 1",
            ".Begin_local_block_processing -1",
            "Transition_accepted 3",
            "Breadcrumb_integrated 0",
        ],
    );
    // Of a received block it stays where it is.
    let received = produced.replace("Begin_block_production", "External_block_received");
    check(
        &received,
        Compatibility::Corrected,
        &[
            "External_block_received 1",
            "Wait_for_confirmation 1",
            "Transition_accepted 1",
            "Begin_local_block_processing 2",
            "Breadcrumb_integrated 0",
        ],
    );
}

#[test]
fn a_produced_block_without_transition_accepted_has_a_tree() {
    check(
        "Begin_block_production 0 Breadcrumb_integrated 1",
        Compatibility::Original,
        &["Begin_block_production 1", "Breadcrumb_integrated 0"],
    );
    check("", Compatibility::Corrected, &[""]);
}

proptest! {
    #[test]
    fn a_closed_tree_has_every_checkpoint_and_children_end_with_their_parent(
        names in prop::collection::vec(
            prop::sample::select(vec![
                "Build_breadcrumb", "Validate_staged_ledger_diff", "Prediff", "Verify_commands",
                "Apply_diff", "Update_coinbase_stack", "Create_breadcrumb", "Unknown",
                "Validate_transition", "Check_transition_not_in_frontier", "Breadcrumb_integrated",
                "Begin_block_production",
            ]),
            0..60,
        ),
    ) {
        // Whole seconds, so that sums of durations are exact.
        let checkpoints: Vec<(&str, f64)> =
            names.iter().copied().zip((0..).map(f64::from)).collect();
        let nodes = build(&checkpoints, Compatibility::Corrected);
        let indices: Vec<usize> = nodes.iter().map(|node| node.index).collect();
        prop_assert_eq!(indices, (0..checkpoints.len()).collect::<Vec<_>>());
        check_level(&checkpoints, &nodes, checkpoints.last().map_or(0.0, |last| last.1))?;

        let original = build(&checkpoints, Compatibility::Original);
        prop_assert!(original.len() <= nodes.len());
        for (original, corrected) in original.iter().zip(&nodes) {
            prop_assert_eq!(original.depth, corrected.depth);
        }
    }
}

fn check_level(
    checkpoints: &[(&str, f64)],
    mut nodes: &[TreeNode],
    parent_end: f64,
) -> Result<(), TestCaseError> {
    let mut end = parent_end;
    while let Some((node, below, rest)) = split_first(nodes) {
        end = checkpoints[node.index].1 + node.duration;
        check_level(checkpoints, below, end)?;
        if let Some(next) = rest.first() {
            prop_assert_eq!(end, checkpoints[next.index].1);
        }
        nodes = rest;
    }
    prop_assert_eq!(end, parent_end);
    Ok(())
}

/// The answers that the original gave for the flat and the structured trace of
/// a real received block.
#[test]
fn real_blocks_give_the_trees_of_the_original() {
    let Some(text) = captured_data::read_text("golden/graphql.json") else {
        return;
    };
    let recorded: Vec<Value> = serde_json::from_str(&text).unwrap();
    let answers = |field: &str| -> Vec<Value> {
        recorded
            .iter()
            .filter_map(|exchange| exchange["body"]["data"].get(field))
            .filter(|trace| !trace.is_null())
            .cloned()
            .collect()
    };
    let flat_traces = answers("blockTrace");
    let mut compared = 0;
    for structured in answers("blockStructuredTrace") {
        let expected = &structured["sections"][0]["checkpoints"];
        // The metadata object shows the block.
        let flat = flat_traces
            .iter()
            .find(|flat| flat["metadata"] == structured["metadata"])
            .unwrap();
        let checkpoints: Vec<(&str, f64)> = flat["checkpoints"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| {
                (
                    c["checkpoint"].as_str().unwrap(),
                    c["started_at"].as_f64().unwrap(),
                )
            })
            .collect();
        let nodes = build(&checkpoints, Compatibility::Original);
        compare(&checkpoints, &nodes, expected);
        compared += nodes.len();
    }
    assert!(compared > 100, "{compared} nodes compared");
}

fn compare(checkpoints: &[(&str, f64)], mut nodes: &[TreeNode], expected: &Value) {
    for expected in expected.as_array().unwrap() {
        let (node, below, rest) = split_first(nodes).unwrap();
        assert_eq!(checkpoints[node.index].0, expected["checkpoint"]);
        assert_eq!(
            Some(node.duration),
            expected["duration"].as_f64(),
            "{expected}"
        );
        compare(checkpoints, below, &expected["checkpoints"]);
        nodes = rest;
    }
    assert!(nodes.is_empty());
}

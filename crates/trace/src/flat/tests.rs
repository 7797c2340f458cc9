//! Flat traces on composed entries.

#![expect(
    clippy::float_cmp,
    reason = "the operations are defined to the last bit"
)]

use serde_json::json;

use super::*;

fn checkpoint(name: &str, started_at: f64) -> StoredEntry {
    StoredEntry {
        process: Process::Main,
        is_control: false,
        name: name.to_owned(),
        started_at,
        metadata: json!([]),
        call_id: 0,
    }
}

fn metadata(metadata: Value) -> StoredEntry {
    StoredEntry {
        is_control: true,
        name: "metadata".to_owned(),
        started_at: -1.0,
        metadata,
        ..checkpoint("", 0.0)
    }
}

fn of_call(process: Process, call_id: i32, entry: StoredEntry) -> StoredEntry {
    StoredEntry {
        process,
        call_id,
        ..entry
    }
}

/// A list in short: name, time, duration, metadata if any.
fn outline(list: &[FlatCheckpoint]) -> Vec<String> {
    list.iter()
        .map(|c| {
            let metadata = Value::Object(c.metadata.clone());
            let metadata = match metadata.as_object() {
                Some(object) if object.is_empty() => String::new(),
                _ => format!(" {metadata}"),
            };
            format!("{} {} {}{metadata}", c.name, c.started_at, c.duration)
        })
        .collect()
}

#[test]
fn what_follows_success_is_a_list_of_its_own() {
    let trace = flatten(vec![
        checkpoint("External_block_received", 1.0),
        checkpoint("Failure", 2.0),
        checkpoint("Breadcrumb_integrated", 4.0),
        checkpoint("Produce_chain_transition_proof", 8.0),
        checkpoint("Produce_validated_transition", 16.0),
    ]);
    assert_eq!(
        outline(&trace.checkpoints),
        [
            "External_block_received 1 1",
            "Failure 2 2",
            "Breadcrumb_integrated 4 0",
        ]
    );
    assert_eq!(
        outline(&trace.after_success),
        [
            "Produce_chain_transition_proof 8 8",
            "Produce_validated_transition 16 0",
        ]
    );
    // What follows is not added: 3 + 1 + 2.
    assert_eq!(trace.original_total_time(3.0), 6.0);
}

#[test]
fn the_original_total_time_of_a_real_block_is_doubled() {
    let trace = flatten(vec![
        checkpoint("External_block_received", 1_746_628_222.361_262),
        checkpoint("Breadcrumb_integrated", 1_746_628_223.206_491),
    ]);
    let doubled = trace.original_total_time(0.844_959_020_614_624);
    assert!((doubled - 1.690_187_931_060_791).abs() < 1e-12, "{doubled}");
}

#[test]
fn metadata_is_merged_into_the_newest_checkpoint_and_later_keys_win() {
    let trace = flatten(vec![
        metadata(json!({"lost": true})),
        checkpoint("A", 1.0),
        metadata(json!({"a": 1, "b": 1})),
        metadata(json!({"b": 2})),
        metadata(json!(["not", "an", "object"])),
        StoredEntry {
            name: "block_metadata".to_owned(),
            ..metadata(json!({"ignored": true}))
        },
        checkpoint("Breadcrumb_integrated", 2.0),
        metadata(json!({"c": 3})),
        checkpoint("B", 3.0),
        metadata(json!({"d": 4})),
    ]);
    assert_eq!(
        outline(&trace.checkpoints),
        [
            r#"A 1 1 {"a":1,"b":2}"#,
            r#"Breadcrumb_integrated 2 0 {"c":3}"#
        ]
    );
    assert_eq!(outline(&trace.after_success), [r#"B 3 0 {"d":4}"#]);
}

#[test]
fn complete_calls_are_inserted_after_their_parent_provers_first() {
    let verifier = |call_id, entry| of_call(Process::Verifier, call_id, entry);
    let trace = flatten(vec![
        // Rows of calls come in any order between the others.
        verifier(9, checkpoint("Verifier_verify_commands", 2.5)),
        verifier(9, metadata(json!({"n": 1}))),
        checkpoint("Prediff", 1.0),
        verifier(9, checkpoint("Verifier_verify_commands_done", 2.75)),
        checkpoint("Verify_commands", 2.0),
        checkpoint("Verify_commands_done", 4.0),
        // Not complete: its last entry is missing.
        verifier(10, checkpoint("Verifier_verify_commands", 2.5)),
        // Complete, but older than its parent.
        verifier(11, checkpoint("Verifier_verify_blockchain_snarks", 0.5)),
        verifier(
            11,
            checkpoint("Verifier_verify_blockchain_snarks_done", 0.6),
        ),
    ]);
    assert_eq!(
        outline(&trace.checkpoints),
        [
            "Prediff 1 1",
            "Verify_commands 2 0.5",
            r#"Verifier_verify_commands 2.5 0.25 {"n":1}"#,
            "Verifier_verify_commands_done 2.75 0",
            "Verify_commands_done 4 0",
        ]
    );
    // Inserted checkpoints do not count: 1 + 2.
    assert_eq!(trace.original_total_time(0.0), 3.0);
}

#[test]
fn raw_data_of_the_proof_system_has_no_visible_effect() {
    let prover = |entry| of_call(Process::Prover, 1, entry);
    let trace = flatten(vec![
        checkpoint("Produce_state_transition_proof", 1.0),
        prover(checkpoint("Prover_extend_blockchain", 2.0)),
        prover(checkpoint("Backend_tick_proof_create_async", 3.0)),
        prover(metadata(json!({"raw": [1, 2, 3]}))),
        prover(checkpoint("Prover_extend_blockchain_done", 4.0)),
    ]);
    assert_eq!(
        outline(&trace.checkpoints),
        [
            "Produce_state_transition_proof 1 1",
            "Prover_extend_blockchain 2 1",
            "Backend_tick_proof_create_async 3 1",
            "Prover_extend_blockchain_done 4 0",
        ]
    );
    let [main, prover] = [Process::Main, Process::Prover];
    assert_eq!(trace.processes, [main, prover, prover, prover]);
}

#[test]
fn what_was_stored_later_and_is_older_comes_first() {
    let trace = flatten(vec![
        checkpoint("C", 8.0),
        metadata(json!({"of": "C"})),
        checkpoint("D", 16.0),
        checkpoint("A", 1.0),
        metadata(json!({"of": "A"})),
        metadata(json!({"more": 1})),
        checkpoint("B", 2.0),
        checkpoint("E", 16.0),
    ]);
    assert_eq!(
        outline(&trace.checkpoints),
        [
            "A 1 1 {\"of\":\"A\",\"more\":1}",
            "B 2 6",
            "C 8 8 {\"of\":\"C\"}",
            "D 16 0",
            "E 16 0",
        ]
    );
}

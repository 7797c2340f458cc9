//! Calls of the prover and the verifier.

use trace::{Process, Tracer, TracerOptions};

use crate::mirror::{Mirror, push_lines};

fn traced(parts: &[(Process, &str)]) -> Mirror {
    let mut tracer = Tracer::new(TracerOptions::default());
    for (process, lines) in parts {
        push_lines(&mut tracer, *process, lines);
    }
    let mut mirror = Mirror::default();
    mirror.apply(&tracer.take_batch());
    mirror
}

const PROOF: &str = r#"{"internal_tracing_enabled":1.5}
    {"mina_node_metadata":{"branch":"compatible"}}
    {"current_call_id":3}
    ["Prover_extend_blockchain",2.5]
    ["Pickles_step_proof",2.75]
    {"metadata":{"k":1}}
    {"other_control":1}
    ["Prover_extend_blockchain_done",4.5]"#;

const PARENT: &str = r#"{"current_block":"A"}
    ["Produce_state_transition_proof",2.0]"#;

const ROWS: [&str; 5] = [
    "M Produce_state_transition_proof main 2 - 0",
    "P Prover_extend_blockchain main 2.5 - 3",
    "P Pickles_step_proof main 2.75 - 3",
    r#"P metadata main control -1 {"k":1} 3"#,
    "P Prover_extend_blockchain_done main 4.5 - 3",
];

#[test]
fn a_complete_call_joins_the_block_of_its_parent() {
    let mirror = traced(&[(Process::Main, PARENT), (Process::Prover, PROOF)]);
    assert_eq!(mirror.rows("A"), ROWS);
}

#[test]
fn a_call_that_comes_first_waits_for_its_parent() {
    let mirror = traced(&[(Process::Prover, PROOF), (Process::Main, PARENT)]);
    assert_eq!(mirror.rows("A"), ROWS);
}

#[test]
fn an_incomplete_call_is_not_stored() {
    let begun = PROOF.replace("[\"Prover_extend_blockchain_done\",4.5]", "");
    let mirror = traced(&[(Process::Main, PARENT), (Process::Prover, &begun)]);
    assert_eq!(mirror.rows("A"), ROWS[..1]);
}

#[test]
fn a_call_belongs_to_the_latest_parent_before_it() {
    let parents = r#"{"current_block":"A"}
        ["Produce_state_transition_proof",2.0]
        {"current_block":"B"}
        ["Produce_state_transition_proof",2.25]
        {"current_block":"C"}
        ["Produce_state_transition_proof",2.75]"#;
    let mirror = traced(&[(Process::Main, parents), (Process::Prover, PROOF)]);
    assert_eq!(mirror.rows("A").len(), 1);
    assert_eq!(mirror.rows("B").len(), 5);
    assert_eq!(mirror.rows("C").len(), 1);
}

#[test]
fn a_call_before_every_parent_is_dropped_for_good() {
    let late = PARENT.replace("2.0", "3.0");
    let again = PARENT.replace("2.0", "2.25");
    let mirror = traced(&[
        (Process::Main, &late),
        (Process::Prover, PROOF),
        (Process::Main, &again),
    ]);
    assert_eq!(mirror.rows("A").len(), 2);
}

#[test]
fn calls_may_interleave() {
    let parent = r#"{"current_block":"A"}
        ["Verify_commands",1.0]
        {"current_block":"B"}
        ["Verify_blockchain_snarks",1.0]"#;
    let verifier = r#"{"current_call_id":1}
        ["Verifier_verify_commands",1.25]
        {"current_call_id":2}
        ["Verifier_verify_blockchain_snarks",1.5]
        {"current_call_id":1}
        ["Verifier_verify_commands_done",1.75]
        {"current_call_id":2}
        ["Verifier_verify_blockchain_snarks_done",2.0]"#;
    let mirror = traced(&[(Process::Main, parent), (Process::Verifier, verifier)]);
    assert_eq!(
        mirror.rows("A")[1..],
        [
            "V Verifier_verify_commands main 1.25 - 1",
            "V Verifier_verify_commands_done main 1.75 - 1"
        ]
    );
    assert_eq!(mirror.rows("B").len(), 3);
}

#[test]
fn a_call_that_begins_with_something_else_is_never_stored() {
    let verifier = r#"["Unknown_work",1.0]
        ["Verifier_verify_commands",1.25]
        ["Verifier_verify_commands_done",1.75]"#;
    let parent = r#"{"current_block":"A"}
        ["Verify_commands",1.0]"#;
    let mirror = traced(&[(Process::Main, parent), (Process::Verifier, verifier)]);
    assert_eq!(mirror.rows("A").len(), 1);
}

#[test]
fn of_parallel_runs_only_the_blocks_own_call_is_stored() {
    // The parent ran in the main list first, then again in the other one: the
    // second call's checkpoints belong to the parallel run.
    let parents = r#"{"current_block":"A"}
        {"current_call_id":6,"current_call_tag":"v"}
        ["Verify_commands",1.0]
        {"current_call_id":7,"current_call_tag":"v"}
        ["Verify_commands",2.0]"#;
    let call = r#"{"current_call_id":1}
        ["Verifier_verify_commands",1.25]
        ["Verifier_verify_commands_done",1.5]"#;
    let second = r#"{"current_call_id":2}
        ["Verifier_verify_commands",2.25]
        ["Verifier_verify_commands_done",2.5]"#;
    let mirror = traced(&[
        (Process::Main, parents),
        (Process::Verifier, call),
        (Process::Verifier, second),
    ]);
    let stored = mirror
        .rows("A")
        .iter()
        .filter(|row| row.starts_with('V'))
        .count();
    assert_eq!(stored, 2);
}

#[test]
fn a_restart_forgets_block_call_and_unfinished_calls() {
    let mut tracer = Tracer::new(TracerOptions::default());
    push_lines(&mut tracer, Process::Main, PARENT);
    let begun = PROOF.replace("[\"Prover_extend_blockchain_done\",4.5]", "");
    push_lines(&mut tracer, Process::Prover, &begun);
    tracer.node_restarted();
    push_lines(&mut tracer, Process::Main, "[\"Outside\",5.5]");
    push_lines(
        &mut tracer,
        Process::Prover,
        "{\"current_call_id\":3}\n[\"Prover_extend_blockchain_done\",6.5]",
    );
    let mut mirror = Mirror::default();
    mirror.apply(&tracer.take_batch());
    assert_eq!(mirror.rows("A").len(), 1);
    assert_eq!(mirror.rows("0"), ["M Outside main 5.5 - 0"]);
}

#[test]
fn endless_calls_are_given_up_in_bounded_memory() {
    let mut tracer = Tracer::new(TracerOptions::default());
    for call in 0..2_000 {
        let lines = format!("{{\"current_call_id\":{call}}}\n[\"Verifier_verify_commands\",1.5]");
        push_lines(&mut tracer, Process::Verifier, &lines);
    }
    assert_eq!(tracer.dropped_calls(), 2_000 - 512);
}

//! Blocks, calls, times, sources and statuses of the main process.

use trace::{BlockSource, BlockStatus, Compatibility, TracerOptions};

use crate::mirror::{traced, traced_with};

#[test]
fn parallel_runs_of_one_call_go_into_the_other_list() {
    let mirror = traced(
        r#"{"current_block":"A"}
        {"current_call_id":6,"current_call_tag":"v"}
        ["x",1.5]
        {"current_call_id":7,"current_call_tag":"v"}
        ["y",2.5]
        {"metadata":{"of":"y"}}
        {"current_call_id":6,"current_call_tag":"v"}
        ["z",3.5]
        {"metadata":{"of":"z"}}
        {"current_call_id":8}
        ["w",4.5]"#,
    );
    assert_eq!(
        mirror.rows("A"),
        [
            "M x main 1.5 - 0",
            "M y other 2.5 - 0",
            r#"M metadata other control -1 {"of":"y"} 0"#,
            "M z main 3.5 - 0",
            r#"M metadata main control -1 {"of":"z"} 0"#,
            "M w main 4.5 - 0",
        ]
    );
}

#[test]
fn a_bare_switch_of_the_block_keeps_call_and_tag() {
    let mirror = traced(
        r#"{"current_block":"A"}
        {"current_call_id":6,"current_call_tag":"v"}
        {"current_block":"B"}
        ["x",1.5]
        {"current_call_id":9,"current_call_tag":"v"}
        {"current_block":"A"}
        ["y",2.5]
        {"current_block":"0"}
        ["z",3.5]"#,
    );
    assert_eq!(mirror.rows("B"), ["M x main 1.5 - 0"]);
    assert_eq!(mirror.rows("A"), ["M y other 2.5 - 0"]);
    assert_eq!(mirror.rows("0"), ["M z main 3.5 - 0"]);
}

#[test]
fn the_first_telling_checkpoint_gives_the_source() {
    let mirror = traced(
        r#"{"current_block":"A"}
        ["Something",1.5]
        ["To_download",2.5]
        ["External_block_received",3.5]
        ["Breadcrumb_integrated",4.5]
        {"current_block":"B"}
        {"block_metadata":{}}
        ["Loaded_transition_from_storage",1.5]
        {"current_block":"C"}
        ["Begin_block_production",1.5]"#,
    );
    assert_eq!(mirror.trace("A").source, BlockSource::Catchup);
    assert_eq!(mirror.trace("B").source, BlockSource::Reconstruct);
    assert_eq!(mirror.trace("C").source, BlockSource::Internal);
}

#[test]
fn success_is_final_and_replaces_failure() {
    let mirror = traced(
        r#"{"current_block":"A"}
        ["a",1.5]
        ["Failure",2.5]
        ["b",3.5]
        ["Breadcrumb_integrated",4.5]
        ["Failure",5.5]
        ["Breadcrumb_integrated",6.5]
        {"current_block":"B"}
        ["a",1.5]
        ["Failure",2.5]
        ["b",3.25]"#,
    );
    let trace = mirror.trace("A");
    assert_eq!(trace.status, BlockStatus::Success);
    assert_eq!(
        (trace.started, trace.completed, trace.total_time),
        (1.5, 3.5, 2.0)
    );
    let trace = mirror.trace("B");
    assert_eq!(trace.status, BlockStatus::Failure);
    assert_eq!((trace.completed, trace.total_time), (3.25, 1.75));
}

#[test]
fn a_block_is_counted_once_in_the_distributions() {
    let mirror = traced(
        r#"{"current_block":"A"}
        ["a",1.5]
        ["b",2.0]
        ["Breadcrumb_integrated",4.5]
        ["c",5.5]
        ["Breadcrumb_integrated",6.5]"#,
    );
    assert_eq!(
        mirror.durations,
        [("a".to_owned(), 0.5), ("b".to_owned(), 0.0)]
    );
}

/// Times of the block `3NKPvaHB…` of the real trace.
const ONE_BLOCK: &str = r#"{"current_block":"A"}
    ["External_block_received",1746628222.361262]
    ["Add_and_finalize_done",1746628223.206221]
    ["Breadcrumb_integrated",1746628223.206491]"#;

#[test]
fn status_handling_ends_the_times_before_the_integration() {
    let mirror = traced(ONE_BLOCK);
    assert_eq!(mirror.trace("A").total_time, 0.844_959_020_614_624);
    assert_eq!(mirror.durations.len(), 2);
    let off = TracerOptions {
        status_handling: false,
        compatibility: Compatibility::Corrected,
    };
    let mirror = traced_with(off, ONE_BLOCK);
    assert_eq!(mirror.trace("A").total_time, 0.845_228_910_446_167);
    assert_eq!(mirror.trace("A").status, BlockStatus::Success);
    assert_eq!(mirror.durations, []);
}

#[test]
fn integration_as_the_only_checkpoint_gives_its_own_time() {
    let mirror = traced("{\"current_block\":\"A\"}\n[\"Breadcrumb_integrated\",4.5]");
    let trace = mirror.trace("A");
    assert_eq!(
        (trace.started, trace.completed, trace.total_time),
        (4.5, 4.5, 0.0)
    );
    assert_eq!(trace.status, BlockStatus::Success);
}

#[test]
fn a_produced_block_keeps_one_row_under_its_hash() {
    let mirror = traced(
        r#"{"current_block":"857"}
        ["Begin_block_production",1.5]
        {"produced_block_state_hash":"3NX"}
        {"current_block":"3NX"}
        ["Produce_state_transition_proof",2.5]
        {"current_block":"857"}
        ["Late",3.5]"#,
    );
    assert_eq!(mirror.traces.len(), 1);
    assert_eq!(mirror.rows("3NX").len(), 3);
    assert_eq!(mirror.trace("3NX").source, BlockSource::Internal);
}

#[test]
fn a_hash_that_is_known_already_keeps_its_own_row() {
    let mirror = traced(
        r#"{"current_block":"3NX"}
        ["External_block_received",1.5]
        {"current_block":"857"}
        ["Begin_block_production",2.5]
        {"produced_block_state_hash":"3NX"}
        {"current_block":"3NX"}
        ["Validate_transition",3.5]"#,
    );
    let blocks: Vec<_> = mirror
        .traces
        .values()
        .map(|t| (t.block_id.as_str(), t.source))
        .collect();
    assert_eq!(
        blocks,
        [
            ("3NX", BlockSource::External),
            ("3NX", BlockSource::Internal)
        ]
    );
    let traces: Vec<u32> = mirror.checkpoints.iter().map(|(trace, _)| *trace).collect();
    assert_eq!(traces, [0, 1, 0]);
}

#[test]
fn block_metadata_are_merged_and_fill_length_and_slot() {
    let mirror = traced(
        r#"{"current_block":"A"}
        {"block_metadata":{"blockchain_length":"461","slot":"855","a":1}}
        {"block_metadata":{"global_slot":["Since_genesis","855"],"a":2}}
        {"current_block":"B"}
        {"block_metadata":{"blockchain_length":101,"global_slot":"7"}}
        {"block_metadata":{"blockchain_length":null,"global_slot":"99999999999"}}"#,
    );
    let trace = mirror.trace("A");
    assert_eq!((trace.blockchain_length, trace.global_slot), (461, 855));
    assert_eq!(trace.metadata["a"], 2);
    let trace = mirror.trace("B");
    assert_eq!((trace.blockchain_length, trace.global_slot), (101, 7));
    assert_eq!(mirror.rows("A").len(), 2);
}

#[test]
fn unknown_controls_are_kept_apart() {
    let mirror = traced(r#"{"internal_tracing_disabled":1.5}"#);
    assert_eq!(
        mirror.unknown_controls,
        [r#"M 1 {"internal_tracing_disabled":1.5}"#]
    );
    assert_eq!(mirror.traces.len(), 0);
}

#[test]
fn blocks_beyond_the_limit_are_forgotten_without_loss() {
    let blocks = (0..3_000).map(|n| format!("{{\"current_block\":\"B{n}\"}}\n[\"a\",{n}.5]\n"));
    let mut lines: String = blocks.collect();
    lines += "{\"current_block\":\"B2999\"}\n[\"b\",3000.5]\n{\"current_block\":\"B0\"}\n[\"b\",3001.5]\n";
    let mirror = traced(&lines);
    // The block that came back after 3,000 others has a second row.
    assert_eq!(mirror.traces.len(), 3_001);
    assert_eq!(mirror.checkpoints.len(), 3_002);
    let remembered = mirror.state.keys().filter(|key| key.starts_with("block:"));
    assert!(remembered.count() <= 1_025);
}

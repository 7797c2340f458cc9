//! However the input is cut into pieces, the rows are the same.

use proptest::prelude::*;
use trace::TracerOptions;

use crate::mirror::traced_in_pieces;

fn check(text: &[u8], cuts: &[usize]) {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
    ends.extend([0, text.len()]);
    ends.sort_unstable();
    let pieces: Vec<&[u8]> = ends
        .windows(2)
        .map(|pair| &text[pair[0]..pair[1]])
        .collect();
    let options = TracerOptions::default();
    let (whole, counts) = traced_in_pieces(options, &[text]);
    let (cut, cut_counts) = traced_in_pieces(options, &pieces);
    assert_eq!(cut, whole);
    assert_eq!(cut_counts, counts);
}

/// Lines that touch every part of the tracer.
fn line() -> impl Strategy<Value = String> {
    let block = prop_oneof![Just("0"), Just("857"), Just("A"), Just("B")];
    let name = prop_oneof![
        Just("External_block_received"),
        Just("Begin_block_production"),
        Just("Validate_transition"),
        Just("Verify_commands"),
        Just("Snark_work_received"),
        Just("Transaction_diff_received"),
        Just("Breadcrumb_integrated"),
        Just("Failure"),
    ];
    prop_oneof![
        block.prop_map(|block| format!("{{\"current_block\":\"{block}\"}}")),
        (0..4).prop_map(|id| format!("{{\"current_call_id\":{id},\"current_call_tag\":\"v\"}}")),
        (name, 1_700_000_000_u64..1_700_000_100)
            .prop_map(|(name, time)| format!("[\"{name}\",{time}.5]")),
        Just("{\"metadata\":{\"work_ids\":[1,2]}}".to_owned()),
        Just("{\"metadata\":{\"diff\":[[\"payment\",\"7mA\",\"m\"]]}}".to_owned()),
        Just(
            "{\"block_metadata\":{\"blockchain_length\":\"4\",\"transactions\":[[\"payment\",\"7mA\",\"m\",[\"Applied\"]]]}}"
                .to_owned()
        ),
        Just("{\"produced_block_state_hash\":\"A\"}".to_owned()),
        Just("{\"news\":1}".to_owned()),
        Just("nonsense".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn composed_lines(
        lines in proptest::collection::vec(line(), 1..60),
        cuts in proptest::collection::vec(any::<usize>(), 0..6),
    ) {
        check(lines.join("\n").as_bytes(), &cuts);
    }
}

#[test]
fn real_trace() {
    let Some(text) = captured_data::read("internal-trace.jsonl") else {
        return;
    };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(12));
    let cuts = proptest::collection::vec(any::<usize>(), 1..6);
    runner
        .run(&cuts, |cuts| {
            check(&text, &cuts);
            Ok(())
        })
        .expect("any cut gives the same rows");
}

//! The captured trace of a real node and the figures that the reference
//! implementation has for it, repetitions left out.

use serde_json::Value;
use store::testing::assert_same;

use crate::scene::{Scene, dump_of};

#[tokio::test]
async fn figures_and_row_counts_are_those_of_the_reference() {
    let (Some(trace), Some(counts)) = (
        captured_data::read("internal-trace.jsonl"),
        captured_data::read("golden/row_counts.json"),
    ) else {
        return;
    };
    let scene = Scene::new().await;
    let path = scene.write("internal-trace.jsonl", &trace);
    let summary = scene.import(&path).await;
    assert_eq!((summary.lines, summary.repeated_lines), (4_488, 205));
    assert_eq!((summary.malformed_lines, summary.gaps), (0, 0));
    assert_eq!((summary.checkpoints, summary.controls), (2_382, 1_789));
    assert_eq!((summary.blocks, summary.transactions), (11, 0));
    assert_eq!((summary.snark_work, summary.unknown_controls), (1_460, 0));

    let counts: serde_json::Map<String, Value> = serde_json::from_slice(&counts).unwrap();
    assert!(counts.len() > 10);
    for again in [false, true] {
        if again {
            assert_eq!(scene.import(&path).await.already_stored_lines, 4_488);
        }
        for (table, expected) in &counts {
            let query = format!("SELECT count(*)::text FROM {table}");
            let found = scene.test.texts(&query).await.unwrap();
            assert_eq!(found, [expected.to_string()], "{table}");
        }
    }
}

#[tokio::test]
async fn any_two_parts_are_the_same_as_the_whole() {
    let Some(trace) = captured_data::read("internal-trace.jsonl") else {
        return;
    };
    let expected = dump_of(&[("t.jsonl", &trace)]).await;
    for cut in (0..trace.len()).step_by(trace.len() / 5) {
        let scene = Scene::new().await;
        scene.import(&scene.write("t.jsonl", &trace[..cut])).await;
        scene.import(&scene.write("t.jsonl", &trace)).await;
        assert_same(&scene.dump().await, &expected);
    }
}

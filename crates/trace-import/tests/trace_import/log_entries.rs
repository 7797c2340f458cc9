//! Log entries as a node's queue answers them, one JSON object a line.

use std::fmt::Write as _;

use serde_json::{Value, json};
use store::testing::assert_same;

use crate::scene::{Scene, composed, dump_of};

/// The same trace as log entries with these ids.
fn log_entries(lines: &str, ids: impl IntoIterator<Item = u64>) -> String {
    let mut text = String::new();
    for (line, id) in lines.lines().zip(ids) {
        let entry = match serde_json::from_str(line).unwrap() {
            Value::Object(control) => json!({
                "id": id, "timestamp": "2025-10-09 09:00:00Z", "message": "@control",
                "metadata": control.iter()
                    .map(|(item, value)| json!({"item": item, "value": value}))
                    .collect::<Vec<_>>(),
                "process": null
            }),
            checkpoint => {
                let seconds = checkpoint[1].as_f64().unwrap();
                let within = seconds - 1_760_000_400.0;
                let (minutes, seconds) = ((within / 60.0).floor(), within.rem_euclid(60.0));
                json!({
                    "id": id,
                    "timestamp": format!("2025-10-09 09:{minutes:02}:{seconds:08.5}Z"),
                    "message": checkpoint[0], "metadata": [], "process": null
                })
            }
        };
        writeln!(text, "{entry}").unwrap();
    }
    text
}

/// Composed lines from 2025-10-09 09:00 on, without repetitions and unknown
/// controls, which look different in the two forms.
fn lines() -> String {
    let mut previous = "";
    let lines = composed(400, 3);
    let mut text = String::new();
    for line in lines.lines() {
        if line != previous && !line.contains("news") {
            text.push_str(line);
            text.push('\n');
        }
        previous = line;
    }
    text
}

#[tokio::test]
async fn log_entries_give_the_same_rows_as_trace_lines() {
    let lines = lines();
    let expected = dump_of(&[("t.jsonl", lines.as_bytes())]).await;
    let entries = log_entries(&lines, 1..);
    assert_same(
        &dump_of(&[("l.jsonl", entries.as_bytes())]).await,
        &expected,
    );
    // In any two parts, too, and twice.
    let scene = Scene::new().await;
    for length in (0..entries.len()).step_by(entries.len() / 7) {
        scene
            .import(&scene.write("l.jsonl", &entries[..length]))
            .await;
    }
    let path = scene.write("l.jsonl", &entries);
    assert_eq!(scene.import(&path).await.gaps, 0);
    let again = scene.import(&path).await;
    assert_eq!(again.already_stored_lines, again.lines);
    assert_same(&scene.dump().await, &expected);
}

#[tokio::test]
async fn gaps_repetitions_and_restarts_are_known_by_the_ids() {
    let scene = Scene::new().await;
    let lines: String = (0..7)
        .map(|second| format!("[\"X\",176000040{second}.5]\n"))
        .collect::<Vec<_>>()
        .concat();
    let entries = log_entries(&lines, [40, 41, 41, 45, 3, 4, 5]);
    let path = scene.write("l.jsonl", entries);
    let summary = scene.import(&path).await;
    assert_eq!((summary.lines, summary.repeated_lines), (7, 1));
    assert_eq!((summary.gaps, summary.lost_entries), (2, 5));
    assert_eq!(summary.checkpoints, 6);
    let gaps = scene
        .test
        .texts(
            "SELECT concat_ws(' ', process, after_entry, missing, reason)
               FROM loadlab.gap ORDER BY gap_id",
        )
        .await
        .unwrap();
    assert_eq!(gaps, ["M 41 3 log ids jump", "M 0 2 the node restarted"]);
}

#[tokio::test]
async fn a_restarted_node_begins_outside_of_blocks() {
    let scene = Scene::new().await;
    let lines = "{\"current_block\":\"3NA\"}\n[\"X\",1760000400.5]\n[\"Y\",1760000401.5]\n";
    scene
        .import(&scene.write("l.jsonl", log_entries(lines, [8, 9, 1])))
        .await;
    let entries = "SELECT block_id || name FROM block_trace_checkpoint
                     JOIN block_trace USING (block_trace_id) ORDER BY block_trace_checkpoint_id";
    assert_eq!(scene.test.texts(entries).await.unwrap(), ["3NAX", "0Y"]);
}

#[tokio::test]
async fn lines_before_the_first_entry_do_not_decide_what_the_file_is() {
    let lines = lines();
    for (before, content) in [
        ("tail of a line\"}\n\n", log_entries(&lines, 1..)),
        ("tail of a line\"]\n\n", lines.clone()),
    ] {
        let scene = Scene::new().await;
        let path = scene.write("l.jsonl", format!("{before}{content}"));
        let summary = scene.import(&path).await;
        assert_eq!((summary.malformed_lines, summary.unknown_controls), (2, 0));
        assert_eq!(summary.lines, 2 + lines.lines().count() as u64);
        let expected = dump_of(&[("t.jsonl", lines.as_bytes())]).await;
        assert_same(&scene.dump().await, &expected);
        assert_eq!(scene.import(&path).await.checkpoints, 0);
    }
}

#[tokio::test]
async fn ids_of_any_size_do_not_stop_an_import() {
    let scene = Scene::new().await;
    let lines = "[\"X\",1760000400.5]\n".repeat(6);
    let ids = [1, u64::MAX, 7, u64::MAX - 1, 2, u64::MAX];
    let summary = scene
        .import(&scene.write("l.jsonl", log_entries(&lines, ids)))
        .await;
    assert_eq!((summary.checkpoints, summary.gaps), (6, 5));
    assert_eq!(summary.lost_entries, u64::MAX);
}

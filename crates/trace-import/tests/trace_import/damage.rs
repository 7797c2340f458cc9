//! Bad lines are counted, named and skipped; the rest is stored.

use store::testing::assert_same;

use crate::scene::{Scene, composed, dump_of};

#[tokio::test]
async fn bad_lines_are_named_and_the_rest_is_stored() {
    let content = composed(1, 2);
    let expected = dump_of(&[("t.jsonl", content.as_bytes())]).await;
    let long = format!("[\"{}\",1.5]", "x".repeat(5 << 20));
    let long_name = format!("[\"{}\",1.5]", "x".repeat(1_001));
    let deep = format!("{{\"metadata\":{}{}}}", "[".repeat(99), "]".repeat(99));
    let neither = "the line is neither a checkpoint nor a control";
    let name = "the name is empty, longer than 1000 bytes, or contains U+0000";
    let bad: [(&[u8], &str); 14] = [
        (b"", neither),
        (b"nonsense", neither),
        (b"{}", neither),
        (b"[\"X\",1.5,2]", neither),
        (b"[\"X\",1760000000.", neither),
        (
            b"[\"X\",1760000000]",
            "the time has neither a fraction nor an exponent",
        ),
        (
            b"[\"X\",-1.5]",
            "the time is not between the years 1970 and 2262",
        ),
        (b"[\"\",1.5]", name),
        (b"[\"a\\u0000b\",1.5]", name),
        (long_name.as_bytes(), name),
        (b"\xff\xfe[\"X\",1.5]", "the line is not UTF-8"),
        (
            b"{\"current_block\":7}",
            "`current_block` has a value of the wrong type",
        ),
        (
            b"{\"metadata\":{\"x\":\"\\u0000\"}}",
            "the line contains the character U+0000",
        ),
        (
            b"{\"metadata\":{\"x\":1e999999}}",
            "the line contains a number of more than 1000 digits",
        ),
    ];
    // Few enough for each to be described; in the middle, behind line 32.
    for bad in bad.chunks(7) {
        let at = content.match_indices('\n').nth(31).unwrap().0 + 1;
        let (before, after) = content.as_bytes().split_at(at);
        let mut damaged = before.to_vec();
        for (line, _) in bad {
            damaged.extend_from_slice(line);
            damaged.push(b'\n');
        }
        damaged.extend_from_slice(after);
        let scene = Scene::new().await;
        let path = scene.write("t.jsonl", damaged);
        let summary = scene.import(&path).await;
        assert_eq!(summary.malformed_lines, 7);
        let file = path.display().to_string();
        for (number, (described, (_, reason))) in (33..).zip(summary.malformed.iter().zip(bad)) {
            assert_eq!(described.file, file);
            assert_eq!(
                (described.line, described.reason.as_str()),
                (number, *reason)
            );
        }
        let without_lines = |dump: &str| -> Vec<String> {
            // The line numbers of unknown controls have moved.
            let kept = |line: &&str| !line.starts_with("loadlab.unknown_control");
            dump.lines().filter(kept).map(str::to_owned).collect()
        };
        assert_eq!(without_lines(&scene.dump().await), without_lines(&expected));
        assert_eq!(scene.import(&path).await.checkpoints, 0);
    }
    let scene = Scene::new().await;
    let path = scene.write("t.jsonl", format!("{long}\n{deep}\n{content}"));
    let summary = scene.import(&path).await;
    let reasons: Vec<_> = summary
        .malformed
        .iter()
        .map(|line| line.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "the line is longer than 4194304 bytes",
            "the line is nested more than 64 deep"
        ]
    );
    assert_eq!(scene.import(&path).await.malformed_lines, 0);
}

#[tokio::test]
async fn only_the_first_malformed_lines_are_described() {
    let scene = Scene::new().await;
    let path = scene.write("t.jsonl", "x\n".repeat(1_000) + "[\"X\",1.5]\n");
    let summary = scene.import(&path).await;
    assert_eq!((summary.lines, summary.malformed_lines), (1_001, 1_000));
    assert_eq!((summary.malformed.len(), summary.checkpoints), (10, 1));
}

#[tokio::test]
async fn line_ends_of_other_systems_and_no_last_line_end_are_no_damage() {
    let content = composed(1, 2);
    let expected = dump_of(&[("t.jsonl", content.as_bytes())]).await;
    let carriage_returns = content.replace('\n', "\r\n");
    assert_same(
        &dump_of(&[("t.jsonl", carriage_returns.as_bytes())]).await,
        &expected,
    );
    assert_same(
        &dump_of(&[("t.jsonl", content.trim_end().as_bytes())]).await,
        &expected,
    );
}

#[tokio::test]
async fn unknown_controls_are_kept_with_their_place() {
    let scene = Scene::new().await;
    let path = scene.write(
        "t.jsonl",
        "[\"X\",1.5]\n{\"news\":{\"a\":[1,\"é\"]}}\n{\"internal_tracing_disabled\":2.5}\n",
    );
    scene.write("prover-t.jsonl", "{\"news\":7}\n");
    let summary = scene.import(&path).await;
    assert_eq!((summary.unknown_controls, summary.malformed_lines), (3, 0));
    scene.import(&path).await;
    let kept = scene
        .test
        .texts("SELECT process || line || content FROM loadlab.unknown_control ORDER BY 1")
        .await
        .unwrap();
    assert_eq!(
        kept,
        [
            r#"M2{"news": {"a": [1, "é"]}}"#,
            r#"M3{"internal_tracing_disabled": 2.5}"#,
            r#"P1{"news": 7}"#
        ]
    );
}

#[tokio::test]
async fn an_empty_file_is_an_import_of_nothing() {
    let scene = Scene::new().await;
    let summary = scene.import(&scene.write("t.jsonl", "")).await;
    assert_eq!((summary.lines, summary.blocks), (0, 0));
}

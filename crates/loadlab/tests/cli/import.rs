//! `trace import`: the summary, bad lines, standard input, importing again.

use std::fs::File;
use std::process::Stdio;

use serde_json::Value;
use store::testing::{TestDatabase, assert_same};

use crate::program::{Said, composed, example, import, loadlab, recorded};

const KEYS: [&str; 11] = [
    "lines",
    "repeated_lines",
    "malformed_lines",
    "checkpoints",
    "controls",
    "blocks",
    "transactions",
    "snark_work",
    "gaps",
    "unknown_controls",
    "already_stored_lines",
];

fn figures(summary: &str) -> [u64; 11] {
    assert_eq!(summary.lines().count(), 1);
    let summary: Value = serde_json::from_str(summary).unwrap();
    assert!(summary["seconds"].as_f64().unwrap() > 0.0);
    KEYS.map(|key| summary[key].as_u64().unwrap())
}

#[tokio::test]
async fn the_recorded_trace_has_its_known_figures_and_adds_nothing_again() {
    let Some(trace) = recorded() else { return };
    let test = TestDatabase::create().await.unwrap();
    let said = Said::of(&mut import(&trace, test.url()));
    assert_eq!(said.err, "");
    assert_eq!(
        figures(&said.success()),
        [4_488, 205, 0, 2_382, 1_789, 11, 0, 1_460, 0, 0, 0]
    );
    let before = test.dump().await.unwrap();
    let again = Said::of(&mut import(&trace, test.url())).success();
    assert_eq!(figures(&again), [4_488, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4_488]);
    assert_same(&test.dump().await.unwrap(), &before);
}

#[tokio::test]
async fn bad_lines_are_named_on_standard_error_and_the_rest_is_stored() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.jsonl");
    let bad = "nonsense\n".repeat(15);
    std::fs::write(&path, format!("{bad}{}", composed(2))).unwrap();
    let said = Said::of(&mut import(&path, test.url()));
    let lines: Vec<&str> = said.err.lines().collect();
    assert_eq!(lines.len(), 11);
    for (number, line) in (1..).zip(&lines[..10]) {
        let place = format!("t.jsonl:{number}: the line is neither a checkpoint nor a control");
        assert!(line.ends_with(&place), "{line}");
    }
    assert_eq!(lines[10], "… and 5 more malformed lines");
    let [lines, _, malformed, checkpoints, .., unknown, _] = figures(&said.success());
    assert_eq!((lines, malformed, checkpoints, unknown), (41, 15, 14, 2));
}

#[tokio::test]
async fn standard_input_is_a_file_like_others() {
    let test = TestDatabase::create().await.unwrap();
    let run = || {
        let mut command = loadlab(["trace", "import", "-", "--node", "n"]);
        command.env("DATABASE_URL", test.url());
        command.stdin(Stdio::from(File::open(example()).unwrap()));
        Said::of(&mut command).success()
    };
    let text = run();
    assert!(text.starts_with("node n in deployment 1: "), "{text}");
    assert!(text.contains("new block traces"), "{text}");
    let before = test.dump().await.unwrap();
    assert!(run().contains("lines that were stored already"));
    assert_same(&test.dump().await.unwrap(), &before);
}

#[tokio::test]
async fn whatever_cat_can_read_can_be_imported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.jsonl");
    std::fs::write(&path, composed(3)).unwrap();
    let test = TestDatabase::create().await.unwrap();
    let expected = figures(&Said::of(&mut import(&path, test.url())).success());
    for (from, shell) in [
        ("standard input by name", "$LOADLAB /dev/stdin $END < $FILE"),
        ("a pipe by name", "cat $FILE | $LOADLAB /dev/stdin $END"),
        ("a file descriptor", "$LOADLAB /dev/fd/9 $END 9< $FILE"),
        ("a process substitution", "$LOADLAB <(cat $FILE) $END"),
        (
            "a packed process substitution",
            "$LOADLAB <(gzip -c $FILE) $END",
        ),
        (
            "a named pipe",
            "mkfifo $FILE.p; cat $FILE > $FILE.p & $LOADLAB $FILE.p $END",
        ),
    ] {
        let test = TestDatabase::create().await.unwrap();
        let mut command = std::process::Command::new("bash");
        command
            .args(["-c", shell])
            .env(
                "LOADLAB",
                concat!(env!("CARGO_BIN_EXE_loadlab"), " trace import"),
            )
            .env("END", "--node n --format json")
            .env("FILE", &path)
            .env("DATABASE_URL", test.url());
        let said = Said::of(&mut command);
        assert_eq!(figures(&said.success()), expected, "{from}");
    }
}

#[tokio::test]
async fn a_cut_archive_says_where_it_ends_and_another_format_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let test = TestDatabase::create().await.unwrap();
    let path = folder.path().join("t.jsonl");
    std::fs::write(&path, composed(2_000)).unwrap();
    let packed = std::process::Command::new("gzip")
        .arg("-c")
        .arg(&path)
        .output();
    let packed = packed.unwrap().stdout;
    std::fs::write(folder.path().join("cut.gz"), &packed[..packed.len() / 2]).unwrap();
    let said = Said::of(&mut import(&folder.path().join("cut.gz"), test.url()));
    let last = said.err.lines().last().unwrap();
    assert!(last.contains("cut.gz ends in the middle of its compressed data, after line "));
    let summary: Value = serde_json::from_str(&said.success()).unwrap();
    assert!(summary["checkpoints"].as_u64().unwrap() > 0);
    assert!(summary["cut"][0]["after_line"].as_u64().unwrap() > 0);
    std::fs::write(folder.path().join("t.xz"), b"\xfd7zXZ\0\0\n").unwrap();
    Said::of(&mut import(&folder.path().join("t.xz"), test.url()))
        .assert_failure("no line of it is an entry: it is likely xz; unpack it");
}

//! The forms in which traces come: compressed, rotated, by standard input, of
//! several processes.

use std::io::Write as _;

use store::testing::assert_same;
use trace_import::Inputs;

use crate::scene::{EXAMPLE, Scene, composed, dump_of};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(content, 1).unwrap()
}

#[tokio::test]
async fn compressed_files_give_the_same_rows() {
    let content = composed(1, 3);
    let expected = dump_of(&[("t.jsonl", content.as_bytes())]).await;
    for (name, file) in [
        ("t.jsonl.gz", gzip(content.as_bytes())),
        ("t.jsonl.zst", zstd(content.as_bytes())),
        ("without-an-ending", gzip(content.as_bytes())),
    ] {
        assert_same(&dump_of(&[(name, &file)]).await, &expected);
    }
}

#[tokio::test]
async fn of_a_cut_archive_what_can_be_read_is_stored_and_it_goes_on_when_it_is_whole() {
    let content = composed(1, 900);
    let expected = dump_of(&[("t.jsonl", content.as_bytes())]).await;
    for file in [gzip(content.as_bytes()), zstd(content.as_bytes())] {
        let scene = Scene::new().await;
        let path = scene.write("t", &file[..file.len() / 2]);
        for again in [false, true] {
            let summary = scene.import(&path).await;
            let [cut] = summary.cut.as_slice() else {
                panic!("{:?}", summary.cut);
            };
            assert_eq!(cut.file, path.display().to_string());
            assert!(cut.after_line > 100, "{}", cut.after_line);
            assert_eq!(summary.lines - summary.malformed_lines, cut.after_line);
            assert_eq!(summary.checkpoints == 0, again);
        }
        let summary = scene.import(&scene.write("t", &file)).await;
        assert_eq!(summary.cut, []);
        assert_same(&scene.dump().await, &expected);
    }
}

#[tokio::test]
async fn a_damaged_archive_is_an_error() {
    let scene = Scene::new().await;
    let mut file = gzip(composed(1, 3).as_bytes());
    let end = file.len() - 6;
    file[end] ^= 1;
    let path = scene.write("t", file);
    let error = scene.try_import(&[&path], "n", None).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot read {}", path.display()));
}

#[tokio::test]
async fn standard_input_gives_the_same_rows() {
    let content = composed(1, 3);
    let expected = dump_of(&[("t.jsonl", content.as_bytes())]).await;
    for input in [content.clone().into_bytes(), zstd(content.as_bytes())] {
        let scene = Scene::new().await;
        for already in [0, content.lines().count()] {
            let inputs = Inputs::spool(input.as_slice()).unwrap();
            let summary = scene.import_inputs(inputs, "n", None).await.unwrap();
            assert_eq!(summary.already_stored_lines, already as u64);
        }
        assert_same(&scene.dump().await, &expected);
    }
}

#[tokio::test]
async fn prover_and_verifier_are_found_beside_the_main_file() {
    let scene = Scene::new().await;
    for (name, content) in &EXAMPLE[1..] {
        scene.write(name, content);
    }
    let path = scene.write(EXAMPLE[0].0, EXAMPLE[0].1);
    let summary = scene.import(&path).await;
    let lines: usize = EXAMPLE
        .iter()
        .map(|(_, content)| content.split(|&byte| byte == b'\n').count() - 1)
        .sum();
    assert_eq!(summary.lines, lines as u64);
    assert_eq!((summary.malformed_lines, summary.gaps), (0, 0));
    let calls = scene
        .test
        .texts(
            "SELECT source || ' ' || min(name) || ' ' || count(*)
               FROM block_trace_checkpoint WHERE source <> 'M' GROUP BY source ORDER BY source",
        )
        .await
        .unwrap();
    assert_eq!(
        calls,
        [
            "P Backend_tick_proof_create_async 18",
            "V Accumulator_check 9"
        ]
    );
    // Compressed, they are the same.
    let packed: Vec<(String, Vec<u8>)> = EXAMPLE
        .iter()
        .map(|(name, content)| (format!("{name}.gz"), gzip(content)))
        .collect();
    let packed: Vec<(&str, &[u8])> = packed
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_slice()))
        .collect();
    assert_same(&dump_of(&packed).await, &scene.dump().await);
}

/// A trace in three pieces, as a node rotates it.
fn pieces(content: &str) -> [String; 3] {
    let lines: Vec<&str> = content.split_inclusive('\n').collect();
    let (first, second) = (lines.len() / 3, 2 * lines.len() / 3);
    let at = |time| format!("\":{time}.5}}\n");
    let end = |time| format!("{{\"rotated_log_end{}", at(time));
    let start = |time| format!("{{\"rotated_log_start{}", at(time));
    [
        lines[..first].concat() + &end(1),
        start(1) + &lines[first..second].concat() + &end(2),
        start(3) + &lines[second..].concat(),
    ]
}

#[tokio::test]
async fn rotated_pieces_are_read_in_order() {
    let content = composed(1, 3);
    let expected = dump_of(&[("t.jsonl", content.as_bytes())]).await;
    let [first, second, last] = pieces(&content);
    let scene = Scene::new().await;
    // As it rotates: each time the file is another one.
    scene.import(&scene.write("t.jsonl", &first)).await;
    scene.write("t.jsonl.0", &first);
    scene.import(&scene.write("t.jsonl", &second)).await;
    scene.write("t.jsonl.1", &second);
    let path = scene.write("t.jsonl", &last);
    let summary = scene.import(&path).await;
    assert_eq!(summary.gaps, 0);
    let found = scene.dump().await;
    let without_positions = |dump: &str| -> Vec<String> {
        // Line numbers of unknown controls count the lines of rotation.
        let known = |line: &&str| !line.starts_with("loadlab.unknown_control");
        dump.lines().filter(known).map(str::to_owned).collect()
    };
    assert_eq!(without_positions(&found), without_positions(&expected));
    let pieces = [
        ("t.jsonl", last.as_bytes()),
        ("t.jsonl.0", first.as_bytes()),
        ("t.jsonl.1", second.as_bytes()),
    ];
    assert_same(&found, &dump_of(&pieces).await);
}

#[tokio::test]
async fn a_missing_piece_is_a_gap() {
    let [first, _, last] = pieces(&composed(1, 3));
    let scene = Scene::new().await;
    scene.write("t.jsonl.0", &first);
    scene.write("t.jsonl.3", &last);
    let path = scene.write("t.jsonl", "[\"X\",1.5]\n");
    let summary = scene.import(&path).await;
    assert_eq!(summary.gaps, 1);
    assert_eq!(summary.lost_entries, 0, "nobody knows how many");
    let gaps = scene.test.texts("SELECT reason FROM loadlab.gap").await;
    assert_eq!(gaps.unwrap(), ["piece 1 of the rotated trace is missing"]);
    let again = scene.import(&path).await;
    assert_eq!(again.gaps, 0);
}

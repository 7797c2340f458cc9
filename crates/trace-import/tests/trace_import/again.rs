//! Importing again: the same file, a grown one, a shorter copy, another one.

use store::testing::assert_same;

use crate::scene::{EXAMPLE, LINES_PER_BLOCK, Scene, composed, dump_of};

#[tokio::test]
async fn importing_twice_adds_nothing() {
    let scene = Scene::new().await;
    let path = scene.write("t.jsonl", composed(1, 3));
    let first = scene.import(&path).await;
    assert_eq!(first.lines, 3 * LINES_PER_BLOCK);
    assert_eq!((first.blocks, first.already_stored_lines), (3, 0));
    assert_eq!((first.repeated_lines, first.unknown_controls), (3, 3));
    let before = scene.dump().await;
    for _ in 0..3 {
        let again = scene.import(&path).await;
        assert_eq!(again.lines, first.lines);
        assert_eq!(again.already_stored_lines, first.lines);
        assert_eq!((again.blocks, again.checkpoints, again.controls), (0, 0, 0));
    }
    assert_same(&scene.dump().await, &before);
}

#[tokio::test]
async fn a_copy_under_another_name_or_compressed_adds_nothing() {
    let scene = Scene::new().await;
    let content = composed(1, 3);
    scene.import(&scene.write("t.jsonl", &content)).await;
    let before = scene.dump().await;
    scene.import(&scene.write("copy.jsonl", &content)).await;
    let zstd = zstd::stream::encode_all(content.as_bytes(), 1).unwrap();
    scene.import(&scene.write("copy.zst", zstd)).await;
    assert_same(&scene.dump().await, &before);
}

#[tokio::test]
async fn a_grown_file_adds_only_what_is_new() {
    let scene = Scene::new().await;
    let whole = composed(1, 4);
    let expected = dump_of(&[("t.jsonl", whole.as_bytes())]).await;
    let mut stored = 0;
    for blocks in 1..=4 {
        let path = scene.write("t.jsonl", composed(1, blocks));
        let summary = scene.import(&path).await;
        assert_eq!(summary.already_stored_lines, stored);
        stored = summary.lines;
        assert_eq!(stored, u64::from(blocks) * LINES_PER_BLOCK);
        assert_eq!(summary.blocks, 1);
    }
    assert_same(&scene.dump().await, &expected);
}

#[tokio::test]
async fn a_file_cut_at_any_byte_and_then_whole_is_the_same_as_the_whole() {
    let whole = composed(1, 2);
    let expected = dump_of(&[("t.jsonl", whole.as_bytes())]).await;
    let cuts = (0..whole.len()).step_by(397).chain([whole.len() - 1]);
    for cut in cuts {
        let scene = Scene::new().await;
        let path = scene.write("t.jsonl", &whole[..cut]);
        let part = scene.import(&path).await;
        let ends_within =
            cut > 0 && !whole[..cut].ends_with('\n') && !whole[cut..].starts_with('\n');
        assert_eq!(part.malformed_lines, u64::from(ends_within), "cut at {cut}");
        // The part of a line is reported each time, and stored never.
        assert_eq!(
            scene.import(&path).await.malformed_lines,
            part.malformed_lines
        );
        scene.import(&scene.write("t.jsonl", &whole)).await;
        assert_same(&scene.dump().await, &expected);
        let counted = "SELECT concat_ws(' ', count(*), sum(lines), sum(malformed_lines))
                         FROM loadlab.session WHERE lines > 0";
        assert_eq!(
            scene.test.texts(counted).await.unwrap(),
            [format!("1 {} 0", 2 * LINES_PER_BLOCK)],
            "cut at {cut}"
        );
    }
}

#[tokio::test]
async fn a_shorter_copy_adds_nothing_wherever_it_ends() {
    let scene = Scene::new().await;
    let whole = composed(1, 3);
    scene.import(&scene.write("t.jsonl", &whole)).await;
    let before = scene.dump().await;
    let first_lines = whole.match_indices('\n').map(|(at, _)| at + 1).take(30);
    for length in first_lines.chain((0..whole.len()).step_by(61)) {
        let path = scene.write("copy.jsonl", &whole[..length]);
        let summary = scene.import(&path).await;
        assert_eq!((summary.checkpoints, summary.controls), (0, 0), "{length}");
    }
    assert_same(&scene.dump().await, &before);
    // And it can still go on.
    let grown = composed(1, 4);
    scene.import(&scene.write("t.jsonl", &grown)).await;
    let expected = dump_of(&[("t.jsonl", grown.as_bytes())]).await;
    assert_same(&scene.dump().await, &expected);
}

#[tokio::test]
async fn files_of_other_processes_may_come_and_go() {
    let expected = dump_of(&EXAMPLE).await;
    let scene = Scene::new().await;
    let path = scene.write(EXAMPLE[0].0, EXAMPLE[0].1);
    let main = scene.import(&path).await;
    for (name, content) in &EXAMPLE[1..] {
        scene.write(name, content);
    }
    let all = scene.import(&path).await;
    assert_eq!(all.already_stored_lines, main.lines);
    assert!(all.checkpoints > 0);
    let stored = scene.dump().await;
    // The rows of the calls come later than in one import, but they are there.
    assert_eq!(stored.lines().count(), expected.lines().count());
    scene.remove(EXAMPLE[1].0);
    scene.import(&path).await;
    assert_same(&scene.dump().await, &stored);
}

#[tokio::test]
async fn processes_may_grow_together_and_by_halves() {
    let expected = dump_of(&EXAMPLE).await;
    // Lines until a moment, as a fetcher would have written them by then.
    let until = |content: &[u8], moment: f64| -> String {
        let text = std::str::from_utf8(content).unwrap();
        let later = |line: &&str| {
            let time = line
                .strip_prefix("[\"")
                .and_then(|rest| rest.split_once(','));
            let time = time.and_then(|(_, time)| time.trim_end_matches(']').parse().ok());
            time.is_some_and(|time: f64| time > moment)
        };
        let end = text
            .lines()
            .position(|line| later(&line))
            .unwrap_or(usize::MAX);
        text.split_inclusive('\n').take(end).collect()
    };
    let scene = Scene::new().await;
    for moment in [400.6, 404.8, 404.9, 500.0, 582.3, 590.4, 9_999.0] {
        for (name, content) in EXAMPLE {
            scene.write(name, until(content, 1_760_000_000.0 + moment));
        }
        let path = scene.write(EXAMPLE[0].0, until(EXAMPLE[0].1, 1_760_000_000.0 + moment));
        scene.import(&path).await;
    }
    assert_same(&scene.dump().await, &expected);
}

#[tokio::test]
async fn two_different_files_of_one_node_are_both_stored() {
    let scene = Scene::new().await;
    let one = scene.write("one.jsonl", composed(1, 2));
    let other = scene.write("other.jsonl", composed(2, 2));
    for path in [&one, &other, &one, &other] {
        scene.import(path).await;
    }
    let blocks = scene
        .test
        .texts("SELECT block_id FROM block_trace ORDER BY block_trace_id")
        .await
        .unwrap();
    assert_eq!(blocks, ["0", "3N1x0", "3N1x1", "0", "3N2x0", "3N2x1"]);
}

#[tokio::test]
async fn nodes_and_deployments_are_kept_apart() {
    let scene = Scene::new().await;
    let path = scene.write("t.jsonl", composed(1, 1));
    scene.import(&path).await;
    scene
        .test
        .execute("INSERT INTO deployment (metadata_json) VALUES ('{}')")
        .await
        .unwrap();
    // The newest deployment is meant unless another one is named.
    assert_eq!(scene.import(&path).await.blocks, 1);
    for (node, deployment, blocks) in [("n", 1, 0), ("m", 1, 1), ("m", 2, 1), ("n", 2, 0)] {
        let summary = scene.try_import(&[&path], node, Some(deployment)).await;
        assert_eq!(summary.unwrap().blocks, blocks, "{node} {deployment}");
    }
    let error = scene.try_import(&[&path], "n", Some(9)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no deployment 9; existing: 1, 2"
    );
}

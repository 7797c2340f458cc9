//! Pieces of a rotated trace: in any order of numbers, in any order of imports.

use store::testing::assert_same;

use crate::scene::{Scene, composed};

/// A trace in three pieces as a daemon closes them, each with the time of its last entry.
fn pieces(content: &str) -> [String; 3] {
    let lines: Vec<&str> = content.lines().collect();
    let cuts = [0, lines.len() / 3, 2 * lines.len() / 3, lines.len()];
    let parts = [0, 1, 2].map(|part| &lines[cuts[part]..cuts[part + 1]]);
    let last_time = |part: &[&str]| {
        let time = part.iter().rev().find_map(|line| line.strip_prefix("[\""));
        let time = time.unwrap().split_once(',').unwrap().1;
        time.trim_end_matches(']').parse::<f64>().unwrap() + 0.001
    };
    let [first, second] = [parts[0], parts[1]].map(last_time);
    [
        parts[0].join("\n") + &format!("\n{{\"rotated_log_end\":{first}}}\n"),
        format!("{{\"rotated_log_start\":{first}}}\n{}", parts[1].join("\n"))
            + &format!("\n{{\"rotated_log_end\":{second}}}\n"),
        format!(
            "{{\"rotated_log_start\":{second}}}\n{}\n",
            parts[2].join("\n")
        ),
    ]
}

/// What lies in a daemon's folder, as suffixes with the numbers of the pieces.
type Layout = &'static [(&'static str, usize)];
/// The index began at 0 again.
const RESTARTED: Layout = &[(".1", 0), (".0", 1), ("", 2)];
const IN_ORDER: Layout = &[(".0", 0), (".1", 1), ("", 2)];
const BEFORE: Layout = &[(".0", 0), ("", 1)];
/// The oldest piece is gone.
const RING: Layout = &[(".1", 1), ("", 2)];
const LAST: Layout = &[("", 2)];
const FIRST: Layout = &[("", 0)];
const MIDDLE: Layout = &[(".7", 1)];
/// Copied while it was rotated.
const TWICE: Layout = &[(".0", 0), (".1", 1), (".2", 1), ("", 2)];

async fn import_layout(scene: &Scene, pieces: &[String; 3], layout: Layout) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let path = |suffix: &str| folder.path().join(format!("t.jsonl{suffix}"));
    for &(suffix, piece) in layout {
        std::fs::write(path(suffix), &pieces[piece]).unwrap();
    }
    let (named, _) = layout.last().unwrap();
    scene.import(&path(named)).await.gaps
}

/// The rows that must be there, whatever the order of the imports.
async fn rows(scene: &Scene) -> String {
    let query = "SELECT string_agg(line, E'\\n') FROM (
        SELECT concat_ws(' ', name, started_at, metadata_json, source, count(*)) AS line
          FROM block_trace_checkpoint GROUP BY name, started_at, metadata_json, source
         ORDER BY started_at, name, metadata_json::text) AS lines
         UNION ALL SELECT count(*)::text FROM tx_traces
         UNION ALL SELECT count(*)::text FROM sw_traces
         UNION ALL SELECT string_agg(block_id, ' ' ORDER BY block_id) FROM block_trace";
    scene.test.texts(query).await.unwrap().join("\n")
}

async fn check_layouts(content: &str) {
    let pieces = pieces(content);
    let whole = Scene::new().await;
    assert_eq!(import_layout(&whole, &pieces, IN_ORDER).await, 0);
    let expected = rows(&whole).await;
    let dump = whole.dump().await;
    for layouts in [
        &[RESTARTED][..],
        &[TWICE],
        &[BEFORE, RING],
        &[BEFORE, RESTARTED],
        &[BEFORE, IN_ORDER, RING, RESTARTED],
        &[BEFORE, LAST],
        &[FIRST, MIDDLE, LAST],
    ] {
        let scene = Scene::new().await;
        for layout in layouts {
            assert_eq!(
                import_layout(&scene, &pieces, layout).await,
                0,
                "{layouts:?}"
            );
        }
        // Line numbers of unknown controls count lines of rotation, of which there may be more.
        let known = |line: &&str| !line.starts_with("loadlab.unknown_control");
        let without = |dump: &str| dump.lines().filter(known).collect::<Vec<_>>().join("\n");
        assert_same(&without(&scene.dump().await), &without(&dump));
    }
    // What is older may come later: then the rows have other ids, and are the same.
    for layouts in [
        &[RING, BEFORE][..],
        &[RING, RESTARTED],
        &[LAST, BEFORE],
        &[LAST, MIDDLE, FIRST],
        &[FIRST, LAST, MIDDLE],
        &[FIRST, LAST, RESTARTED, RING],
    ] {
        let scene = Scene::new().await;
        for layout in layouts {
            import_layout(&scene, &pieces, layout).await;
        }
        assert_same(&rows(&scene).await, &expected);
        for layout in layouts {
            assert_eq!(import_layout(&scene, &pieces, layout).await, 0);
        }
        assert_same(&rows(&scene).await, &expected);
    }
}

#[tokio::test]
async fn pieces_are_stored_once_in_any_order() {
    // Cut where the block is named anew, as a stretch alone does not say it.
    check_layouts(&composed(1, 9)).await;
}

#[tokio::test]
async fn pieces_of_a_real_trace_are_stored_once() {
    let Some(trace) = captured_data::read("internal-trace.jsonl") else {
        return;
    };
    let pieces = pieces(std::str::from_utf8(&trace).unwrap());
    for layouts in [
        &[IN_ORDER][..],
        &[RESTARTED],
        &[BEFORE, RING],
        &[BEFORE, RESTARTED],
        &[RING, BEFORE],
        &[LAST, FIRST, MIDDLE],
    ] {
        let scene = Scene::new().await;
        for layout in layouts {
            import_layout(&scene, &pieces, layout).await;
        }
        let counts = "SELECT count(*)::text FROM block_trace_checkpoint
                       UNION ALL SELECT count(*)::text FROM block_trace";
        assert_eq!(
            scene.test.texts(counts).await.unwrap(),
            ["4171", "12"],
            "{layouts:?}"
        );
    }
}

#[tokio::test]
async fn what_is_missing_between_two_imports_is_a_gap() {
    let pieces = pieces(&composed(1, 9));
    for layouts in [[FIRST, LAST], [LAST, FIRST]] {
        let scene = Scene::new().await;
        assert_eq!(import_layout(&scene, &pieces, layouts[0]).await, 0);
        assert_eq!(import_layout(&scene, &pieces, layouts[1]).await, 1);
        let gap = "SELECT concat_ws(' ', extract(epoch FROM from_time)::float8,
                                    extract(epoch FROM until_time)::float8)
                     FROM loadlab.gap";
        assert_eq!(
            scene.test.texts(gap).await.unwrap(),
            ["1760000201.9385 1760000501.9385"]
        );
        assert_eq!(import_layout(&scene, &pieces, layouts[1]).await, 0);
        // It has come after all.
        assert_eq!(import_layout(&scene, &pieces, MIDDLE).await, 0);
        assert_eq!(scene.test.texts(gap).await.unwrap(), [] as [&str; 0]);
    }
}

#[tokio::test]
async fn a_part_of_what_is_stored_is_known_wherever_it_begins() {
    let content = composed(1, 6);
    let scene = Scene::new().await;
    scene.import(&scene.write("t.jsonl", &content)).await;
    let stored = scene.dump().await;
    let lines: Vec<&str> = content.split_inclusive('\n').collect();
    for (from, until) in [(1, 138), (60, 100), (23, 46), (130, 138), (9, 10)] {
        let part = scene.write("part.jsonl", lines[from..until].concat());
        let summary = scene.import(&part).await;
        assert_eq!(summary.already_stored_lines, (until - from) as u64);
    }
    // Also in the middle of others, and going on behind the end.
    let others = composed(5, 2);
    let grown = composed(1, 7);
    let mixed = others.clone() + &lines[40..].concat();
    let summary = scene.import(&scene.write("mixed.jsonl", mixed)).await;
    assert_eq!(summary.already_stored_lines, 98);
    assert_eq!(summary.lines, 98 + 46);
    scene.import(&scene.write("grown.jsonl", grown)).await;
    let names = "SELECT block_id || count(*) FROM block_trace_checkpoint
                   JOIN block_trace USING (block_trace_id) WHERE block_id <> '0'
                  GROUP BY block_id ORDER BY block_id";
    let counts = scene.test.texts(names).await.unwrap();
    assert_eq!(counts.len(), 7 + 2);
    assert!(
        counts.iter().all(|count| count.ends_with("10")),
        "{counts:?}"
    );
    assert_ne!(scene.dump().await, stored);
}

#[tokio::test]
async fn what_an_earlier_build_has_stored_without_its_least_times_is_known() {
    let content = composed(1, 6);
    let scene = Scene::new().await;
    for blocks in [2, 4, 6] {
        let grown = scene.write("t.jsonl", composed(1, blocks));
        scene.import(&grown).await;
    }
    let forget = "UPDATE loadlab.session_state SET key = regexp_replace(key, ':[0-9]+$', '')
                   WHERE starts_with(key, 'lines:')";
    scene.test.execute(forget).await.unwrap();
    let lines: Vec<&str> = content.split_inclusive('\n').collect();
    for (from, until) in [(0, 138), (60, 100), (130, 138)] {
        let part = scene.write("part.jsonl", lines[from..until].concat());
        let summary = scene.import(&part).await;
        assert_eq!(summary.already_stored_lines, (until - from) as u64);
    }
}

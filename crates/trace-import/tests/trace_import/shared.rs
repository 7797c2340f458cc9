//! Several imports at once.

use store::testing::assert_same;

use crate::scene::{Scene, composed, dump_of};

#[tokio::test]
async fn one_node_is_imported_by_one_at_a_time() {
    let scene = Scene::new().await;
    let path = scene.write("t.jsonl", composed(1, 200));
    // Each waits for the one before it and finds everything stored.
    let (one, other) = tokio::join!(scene.import(&path), scene.import(&path));
    assert_eq!(one.blocks + other.blocks, 200);
    let expected = dump_of(&[("t.jsonl", composed(1, 200).as_bytes())]).await;
    assert_same(&scene.dump().await, &expected);

    let guard = scene.test.database().lock_import(1, "n").await.unwrap();
    let error = scene.try_import(&[&path], "n", None).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "another process is writing the data of node `n`; let it finish"
    );
    guard.release().await;
    scene.import(&path).await;
}

#[tokio::test]
async fn several_nodes_are_imported_at_once() {
    let scene = Scene::new().await;
    let path = scene.write("t.jsonl", composed(1, 100));
    let paths = [path.as_path()];
    let nodes = ["a", "b", "c"].map(|node| scene.try_import(&paths, node, None));
    let [a, b, c] = nodes;
    let (a, b, c) = tokio::join!(a, b, c);
    for summary in [a, b, c] {
        let summary = summary.unwrap();
        assert_eq!((summary.blocks, summary.deployment_id), (100, 1));
    }
    // Every transaction and work is the same: one row, the least time.
    let counts = "SELECT concat_ws(' ', (SELECT count(*) FROM unique_txs),
                         (SELECT count(*) FROM block_txs), (SELECT count(*) FROM uniq_sws),
                         (SELECT count(*) FROM tx_traces))";
    assert_eq!(scene.test.texts(counts).await.unwrap(), ["100 100 100 600"]);
}

#[tokio::test]
async fn an_import_that_is_dropped_goes_on_later() {
    let content = composed(1, 2_000);
    let scene = Scene::new().await;
    let path = scene.write("t.jsonl", &content);
    for wait_ms in [0, 5, 20, 80, 200] {
        let paths = [path.as_path()];
        let import = scene.try_import(&paths, "n", None);
        let _ = tokio::time::timeout(std::time::Duration::from_millis(wait_ms), import).await;
    }
    scene.import(&path).await;
    let expected = dump_of(&[("t.jsonl", content.as_bytes())]).await;
    assert_same(&scene.dump().await, &expected);
}

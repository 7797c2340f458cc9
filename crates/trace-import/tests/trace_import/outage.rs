//! The database goes away in the middle of an import.

use std::time::Duration;

use store::testing::assert_same;
use trace_import::{ImportOptions, Inputs, Progress, import};

use crate::scene::{Scene, composed, dump_of};

#[tokio::test]
async fn a_lost_connection_is_an_error_and_the_next_import_completes() {
    let content = composed(1, 3_000);
    let scene = Scene::new().await;
    let path = scene.write("t.jsonl", &content);
    // Those who cut the connections need one of their own.
    let url = scene.test.url();
    let writing = store::ConnectOptions::for_writing();
    let mut failures = 0;
    for _ in 0..3 {
        let database = store::Database::connect(url, &writing).await.unwrap();
        let options = ImportOptions {
            node_name: "n".to_owned(),
            deployment_id: None,
            tracer: trace::TracerOptions::default(),
        };
        let inputs = Inputs::find(std::slice::from_ref(&path)).unwrap();
        let import = import(&database, inputs, options, Progress::default());
        let cut = async {
            wait_for_progress(&scene).await;
            scene
                .test
                .execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                      WHERE datname = current_database() AND pid <> pg_backend_pid()",
                )
                .await
                .unwrap();
        };
        let (result, ()) = tokio::join!(import, cut);
        if let Err(error) = result {
            failures += 1;
            assert_eq!(error.to_string(), "the connection to the database was lost");
        }
        database.close().await;
    }
    assert!(failures > 0, "no connection was cut in the middle");
    scene.import(&path).await;
    let expected = dump_of(&[("t.jsonl", content.as_bytes())]).await;
    assert_same(&scene.dump().await, &expected);
}

/// Until another delivery is on its way, or for a second.
async fn wait_for_progress(scene: &Scene) {
    let busy = "SELECT 'yes' FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()
                   AND state LIKE '%active%' AND query LIKE 'COPY%'";
    for _ in 0..200 {
        if !scene.test.texts(busy).await.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

//! A deployment goes into an archive, out of the database, and back.

use std::fs::File;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::RowAccessor as _;
use store::StoreError;

use crate::scene::{Scene, files};

#[tokio::test]
async fn a_deployment_goes_into_an_archive_and_comes_back_as_it_was() {
    let scene = Scene::new().await;
    let place = scene.place();
    let before = scene.shown().await;
    let archived = scene.run(&place).await.unwrap();
    assert!(!archived.was_there);
    assert_eq!(archived.manifest.rows(), 17 + 900 + 90 + 3 + 100 + 2 + 2);
    assert_eq!(archived.manifest.gaps.as_array().unwrap().len(), 1);
    assert_eq!(archived.manifest.completeness[0]["lost_entries"], 10);
    assert_eq!(scene.shown().await, before);
    let first = files(scene.folder.path());
    assert!(first.contains_key(
        "v1/block_trace_checkpoint/deployment_id=1/day=2025-05-08/part-0000.parquet"
    ));

    // Again: the same, and the archive is compared.
    let again = scene.run(&place).await.unwrap();
    assert!(again.was_there);
    assert_eq!(again.manifest, archived.manifest);
    assert_eq!(files(scene.folder.path()), first);

    scene.drop(&place).await.unwrap();
    assert_eq!(scene.partitions().await, 0);
    let without = scene.shown().await;
    assert_eq!(without[0].lines().count(), 1, "the other deployment stays");
    assert_eq!(
        without[6..],
        before[6..],
        "completeness and transactions stay"
    );
    let recorded = scene.database().archived_deployments().await.unwrap();
    assert_eq!(recorded[0].url, "file:///archive");
    scene.drop(&place).await.unwrap();

    scene.restore(&place).await.unwrap();
    assert_eq!(scene.shown().await, before);
    assert_eq!(scene.partitions().await, 4);
    assert_eq!(scene.database().archived_deployments().await.unwrap(), []);
    // What was restored is archived as what was there at first.
    assert!(scene.run(&place).await.unwrap().was_there);
    std::fs::remove_dir_all(scene.folder.path().join("v1")).unwrap();
    scene.run(&place).await.unwrap();
    assert_eq!(files(scene.folder.path()), first);
}

#[tokio::test]
async fn rows_are_in_order_with_node_block_height_and_the_time_until_the_next_step() {
    let scene = Scene::new().await;
    let archived = scene.run(&scene.place()).await.unwrap();
    let table = "block_trace_checkpoint";
    let mut rows = 0;
    let mut durations = Vec::new();
    for file in archived.manifest.files.iter().filter(|f| f.table == table) {
        let file = File::open(scene.folder.path().join(&file.path)).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let mut last = None;
        for row in reader.get_row_iter(None).unwrap() {
            let row = row.unwrap();
            let names: Vec<&str> = row
                .get_column_iter()
                .map(|(name, _)| name.as_str())
                .collect();
            assert_eq!(names[10..], ["node", "block", "height", "duration_us"]);
            let key = (
                row.get_string(10).unwrap().clone(),
                row.get_int(1).unwrap(),
                row.get_long(0).unwrap(),
            );
            // Rows of no trace come last.
            if !key.0.is_empty() {
                assert!(last < Some(key.clone()), "{last:?} {key:?}");
                last = Some(key.clone());
            }
            if let Ok(duration) = row.get_long(13) {
                durations.push(format!("{} {duration}", key.2));
            }
            rows += 1;
        }
    }
    assert_eq!(rows, 993);
    // As the results reckon own times.
    let query = "SELECT block_trace_checkpoint_id || ' ' || round(1e6 * seconds)::bigint
          FROM (SELECT c.*, lead(c.started_at) OVER (PARTITION BY c.block_trace_id
                            ORDER BY c.started_at, c.block_trace_checkpoint_id)
                            - c.started_at AS seconds
                  FROM block_trace_checkpoint AS c
                  JOIN block_trace AS t USING (block_trace_id, deployment_id)
                 WHERE deployment_id = 1 AND c.main_trace AND NOT c.is_control AND NOT c.gossip
                   AND c.source = 'M'
                   AND c.started_at BETWEEN t.trace_started_at AND t.trace_completed_at) AS one
         WHERE seconds < 'NaN'";
    let mut expected = scene.test.texts(query).await.unwrap();
    durations.sort_unstable();
    expected.sort_unstable();
    assert!(expected.len() > 100);
    assert_eq!(durations, expected);
}

#[tokio::test]
async fn a_block_trace_is_whole_in_the_day_of_its_start() {
    let scene = Scene::new().await;
    let archived = scene.run(&scene.place()).await.unwrap();
    let mut days = std::collections::BTreeMap::new();
    for file in &archived.manifest.files {
        if file.table != "block_trace_checkpoint" {
            continue;
        }
        let reader =
            SerializedFileReader::new(File::open(scene.folder.path().join(&file.path)).unwrap());
        for row in reader.unwrap().get_row_iter(None).unwrap() {
            let trace = row.unwrap().get_int(1).unwrap();
            let known: &mut Vec<String> = days.entry(trace).or_default();
            if !known.contains(&file.day) {
                known.push(file.day.clone());
            }
        }
    }
    for (trace, days) in days {
        // Trace 16 collects what happens outside of blocks.
        assert_eq!(days.len() > 1, trace == 16, "{trace} is in {days:?}");
    }
}

/// Leaves only what has a time of the day 20216, or none.
const ONE_DAY: [&str; 5] = [
    "DELETE FROM block_trace WHERE deployment_id = 1 AND block_id <> '0'
        AND (trace_started_at = 'NaN' OR floor(trace_started_at / 86400) <> 20216)",
    "DELETE FROM block_trace_checkpoint WHERE deployment_id = 1 AND started_at >= 1
        AND started_at <> 'NaN' AND floor(started_at / 86400) <> 20216",
    "DELETE FROM tx_traces WHERE deployment_id = 1 AND isfinite(time)
        AND floor(extract(epoch FROM time) / 86400) <> 20216",
    "DELETE FROM sw_traces",
    "INSERT INTO sw_traces SELECT block_trace_checkpoint_id, 'a', 'added', to_timestamp(20216.5 * 86400),
            1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1
       FROM block_trace_checkpoint WHERE block_trace_checkpoint_id IN (6, 7, 8)",
];

/// Rows of another day, behind all others.
const ANOTHER_DAY: [&str; 4] = [
    "INSERT INTO block_trace VALUES (99, 1, 'a', '3NKother', 20219.5 * 86400, 20219.5 * 86400 + 9,
        9, 'External', 500, 900, 'Success', '{}')",
    "INSERT INTO block_trace_checkpoint VALUES
        (9007199254740999, 99, 'M', true, false, 'later', 20219.5 * 86400, '[]', 0, false, 1)",
    "INSERT INTO tx_traces VALUES (9007199254740999, 'a', 'received',
        to_timestamp(20219.5 * 86400), '[]', NULL, NULL, 1)",
    "INSERT INTO sw_traces VALUES (9007199254740999, 'a', 'added', to_timestamp(20219.5 * 86400),
        1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1)",
];

#[tokio::test]
async fn a_day_has_the_same_files_alone_and_among_others() {
    let scene = Scene::new().await;
    for statement in ONE_DAY {
        scene.test.execute(statement).await.unwrap();
    }
    let alone = scene.run(&scene.place()).await.unwrap();
    let days: Vec<&str> = alone.manifest.files.iter().map(|file| &*file.day).collect();
    assert_eq!(days, ["2025-05-08"; 4]);
    assert!(alone.manifest.rows() > 400, "{}", alone.manifest.rows());
    assert!(scene.run(&scene.place()).await.unwrap().was_there);
    let of_the_day = |mut files: std::collections::BTreeMap<String, Vec<u8>>| {
        files.retain(|name, _| name.contains("day=2025-05-08"));
        files
    };
    let before = of_the_day(files(scene.folder.path()));
    for statement in ANOTHER_DAY {
        scene.test.execute(statement).await.unwrap();
    }
    std::fs::remove_dir_all(scene.folder.path().join("v1")).unwrap();
    let among = scene.run(&scene.place()).await.unwrap();
    assert_eq!(among.manifest.rows(), alone.manifest.rows() + 4);
    assert_eq!(among.manifest.files.len(), 8);
    assert!(of_the_day(files(scene.folder.path())) == before);
}

#[tokio::test]
async fn what_is_archived_says_where_it_is_and_takes_nothing() {
    let scene = Scene::new().await;
    let place = scene.place();
    scene.run(&place).await.unwrap();
    scene.drop(&place).await.unwrap();
    let database = scene.database();
    let asked = database.block_trace(1, "a", "3NK1").await.unwrap_err();
    assert_eq!(
        asked.to_string(),
        "deployment 1 is archived at file:///archive; `loadlab archive restore 1` brings its traces \
         back"
    );
    let refused = [
        database.ensure_partitions(1).await.unwrap_err(),
        database
            .begin_session(
                1,
                "a",
                store::ingest::SessionKind::File,
                &serde_json::json!({}),
            )
            .await
            .unwrap_err(),
        database.resume_session(1).await.unwrap_err(),
    ];
    for error in refused {
        assert!(matches!(error, StoreError::Archived { .. }), "{error}");
    }
    // It still can be dropped for good.
    database.drop_deployment(1, false).await.unwrap();
    assert_eq!(database.archived_deployments().await.unwrap(), []);
}

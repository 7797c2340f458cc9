//! What is not archived, not dropped, and not restored.

use archive::{ArchiveError, Progress};
use store::archive::ArchiveRefused;
use store::lease::Holder;

use crate::scene::{Scene, files};

#[tokio::test]
async fn a_deployment_that_is_written_into_is_not_archived() {
    let scene = Scene::new().await;
    let place = scene.place();
    scene
        .test
        .execute("UPDATE loadlab.session SET ended_at = NULL")
        .await
        .unwrap();
    let error = scene.run(&place).await.unwrap_err();
    assert!(error.to_string().contains("1 open sessions"), "{error}");
    assert!(files(scene.folder.path()).is_empty());
    let progress = Progress::default();
    let unknown = archive::run(scene.database(), &scene.holder, &place, 7, false, &progress).await;
    assert!(unknown.unwrap_err().to_string().contains("no deployment 7"));
}

#[tokio::test]
async fn the_newest_deployment_may_be_archived_but_does_not_go() {
    let scene = Scene::new().await;
    let place = scene.place();
    scene
        .test
        .execute("UPDATE loadlab.session SET ended_at = now()")
        .await
        .unwrap();
    let (database, progress) = (scene.database(), Progress::default());
    archive::run(database, &scene.holder, &place, 2, false, &progress)
        .await
        .unwrap();
    let error = archive::drop_archived(database, &scene.holder, &place, 2, &progress).await;
    assert!(matches!(
        error,
        Err(ArchiveError::Refused(ArchiveRefused::Newest(2)))
    ));
}

#[tokio::test]
async fn an_archive_of_other_rows_drops_nothing_until_it_is_replaced() {
    let scene = Scene::new().await;
    let place = scene.place();
    scene.run(&place).await.unwrap();
    for change in [
        "UPDATE block_trace_checkpoint SET name = 'other' WHERE block_trace_checkpoint_id = 5",
        "INSERT INTO sw_traces (block_trace_checkpoint_id, node_name, action, time, fst_work_id,
                                deployment_id)
         VALUES (90000, 'c', 'added', '2025-06-07 14:30Z', 1, 1)",
        "DELETE FROM tx_traces WHERE deployment_id = 1",
    ] {
        scene.test.execute(change).await.unwrap();
        let before = scene.shown().await;
        for error in [
            scene.drop(&place).await.unwrap_err(),
            scene.run(&place).await.unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(
                text.contains("other rows") && text.contains("--replace"),
                "{text}"
            );
        }
        assert_eq!(scene.shown().await, before);
        assert_eq!(scene.partitions().await, 4);
        let (database, progress) = (scene.database(), Progress::default());
        let replaced = archive::run(database, &scene.holder, &place, 1, true, &progress).await;
        assert!(!replaced.unwrap().was_there);
    }
    // Files whose rows are no more are gone.
    let names: Vec<String> = files(scene.folder.path()).into_keys().collect();
    assert!(
        !names.iter().any(|name| name.contains("tx_traces")),
        "{names:?}"
    );
    scene.drop(&place).await.unwrap();
}

#[tokio::test]
async fn two_processes_do_not_work_on_one_deployment() {
    let scene = Scene::new().await;
    let place = scene.place();
    let other = Holder::new("archive");
    let lease = scene
        .database()
        .acquire_lease("archive/1", &other, std::time::Duration::from_mins(1))
        .await
        .unwrap();
    for error in [
        scene.run(&place).await.map(|_| ()).unwrap_err(),
        scene.drop(&place).await.map(|_| ()).unwrap_err(),
        scene.restore(&place).await.map(|_| ()).unwrap_err(),
    ] {
        assert!(matches!(error, ArchiveError::Busy(1)), "{error}");
    }
    scene
        .database()
        .release_leases(&[lease.unwrap()])
        .await
        .unwrap();
    let error = scene.restore(&place).await.unwrap_err();
    assert!(error.to_string().contains("nothing to restore"), "{error}");
    let error = scene.drop(&place).await.unwrap_err();
    assert!(matches!(error, ArchiveError::NoManifest { .. }), "{error}");
}

#[tokio::test]
async fn rows_that_came_after_the_archive_are_not_mixed_with_it() {
    let scene = Scene::new().await;
    let place = scene.place();
    scene.run(&place).await.unwrap();
    scene.drop(&place).await.unwrap();
    // Past the guards of our services.
    scene
        .test
        .execute(
            "INSERT INTO block_trace VALUES
             (99, 1, 'a', '3NKl', 1, 2, 1, 'External', 1, 2, 'Success', '{}')",
        )
        .await
        .unwrap();
    let error = scene.restore(&place).await.unwrap_err();
    assert!(
        error.to_string().contains("block_trace holds rows"),
        "{error}"
    );
    scene
        .test
        .execute("DELETE FROM block_trace WHERE block_trace_id = 99")
        .await
        .unwrap();
    scene.restore(&place).await.unwrap();
}

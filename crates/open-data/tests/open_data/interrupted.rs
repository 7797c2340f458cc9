//! An export that does not succeed leaves nothing, and says why.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use open_data::{ExportError, Format, Progress, export};
use store::testing::{SmallDisk, TestDatabase};

use crate::scene::{database, exported, names};

#[tokio::test]
async fn a_folder_with_something_in_it_is_refused_and_left_alone() {
    let test = database().await;
    let folder = tempfile::tempdir().unwrap();
    let (full, empty, file) = (
        folder.path().join("full"),
        folder.path().join("empty"),
        folder.path().join("file"),
    );
    fs::create_dir(&full).unwrap();
    fs::write(full.join("mine"), "").unwrap();
    fs::create_dir(&empty).unwrap();
    fs::write(&file, "").unwrap();
    for taken in [&full, &file] {
        let refused = exported(&test, Format::Csv, taken).await.unwrap_err();
        assert!(matches!(refused, ExportError::NotEmpty(_)), "{refused}");
        assert!(refused.to_string().contains("name another"), "{refused}");
    }
    assert_eq!(names(&full), ["mine"]);
    let refused = exported(&test, Format::Csv, Path::new("/"))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, ExportError::NotEmpty(_) | ExportError::NoName(_)),
        "{refused}"
    );
    exported(&test, Format::Csv, &empty).await.unwrap();
    assert!(names(&empty).contains(&"manifest.json".to_owned()));
    assert_eq!(names(folder.path()), ["empty", "file", "full"]);
}

#[tokio::test]
async fn a_deployment_that_is_not_there_leaves_nothing() {
    let test = database().await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out");
    let refused = export(
        test.database(),
        99,
        Format::Parquet,
        &to,
        Progress::default(),
    )
    .await;
    assert!(refused.unwrap_err().to_string().contains("99"));
    assert_eq!(names(folder.path()), [""; 0]);
}

/// What a process that was killed has left goes with the next export; what another one is writing
/// stays.
#[tokio::test]
async fn what_a_killed_export_has_left_is_removed_by_the_next() {
    let test = database().await;
    let folder = tempfile::tempdir().unwrap();
    let of_killed = folder.path().join(".out.loadlab-export-1");
    let of_running = folder.path().join(".out.loadlab-export-2");
    for left in [&of_killed, &of_running] {
        fs::create_dir(left).unwrap();
        fs::write(left.join("block_trace.parquet"), "PAR1").unwrap();
    }
    let running = fs::File::open(&of_running).unwrap();
    running.lock().unwrap();
    exported(&test, Format::Csv, &folder.path().join("out"))
        .await
        .unwrap();
    assert_eq!(names(folder.path()), [".out.loadlab-export-2", "out"]);
}

#[tokio::test]
async fn an_export_that_is_dropped_leaves_nothing() {
    let test = many_rows().await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out");
    let progress = Progress::default();
    let work = export(test.database(), 1, Format::Csv, &to, progress.clone());
    let mut work = Box::pin(work);
    while progress.rows() < 10_000 {
        let waited = tokio::time::timeout(Duration::from_millis(1), work.as_mut()).await;
        assert!(
            waited.is_err(),
            "the export has ended before it could be stopped"
        );
    }
    drop(work);
    assert_eq!(names(folder.path()), [""; 0]);
}

/// Rows that fill more than the small disk.
async fn many_rows() -> TestDatabase {
    let test = TestDatabase::create().await.unwrap();
    test.execute(
        "INSERT INTO deployment (metadata_json) VALUES ('{}');
         INSERT INTO unique_txs
         SELECT md5(n::text) || md5((-n)::text), 1, 'payment', md5((n * 7)::text), now()
           FROM generate_series(1, 100000) AS n",
    )
    .await
    .unwrap();
    test
}

#[tokio::test]
async fn a_full_disk_is_named_and_nothing_is_left() {
    let Some(disk) = SmallDisk::mount("1m") else {
        eprintln!("SKIPPED: only root can mount a small file system");
        return;
    };
    let test = many_rows().await;
    for format in [Format::Parquet, Format::Csv] {
        let error = exported(&test, format, &disk.path().join("out"))
            .await
            .unwrap_err();
        assert!(matches!(error, ExportError::Write { .. }), "{error:?}");
        assert!(error.to_string().contains("No space left"), "{error}");
        // The thread that writes may hold its file for a moment; its name is gone at once.
        assert_eq!(names(&disk.path()), [""; 0], "{format:?}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let test = database().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let error = exported(&test, Format::Csv, &file.join("out"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("file"), "{error}");
    assert_eq!(names(folder.path()), ["file"]);
}

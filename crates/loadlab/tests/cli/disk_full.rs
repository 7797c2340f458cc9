//! A full disk: one clear sentence and nothing half-written, whether it is the database server's or
//! that of a file to be written.
//!
//! Needs a file system of its own, which only root can mount.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;

use store::testing::{SmallDisk, TestDatabase, assert_same};

use crate::program::{Said, composed, example, import, loadlab};

#[tokio::test]
async fn a_full_disk_is_named_and_nothing_is_lost_or_doubled() {
    let Some(disk) = SmallDisk::mount("3m") else {
        eprintln!("SKIPPED: only root can mount a small file system");
        return;
    };
    let admin = TestDatabase::create().await.unwrap();
    let data = &admin.texts("SHOW data_directory").await.unwrap()[0];
    let Ok(owner) = fs::metadata(Path::new(data)) else {
        eprintln!("SKIPPED: the server is on another machine");
        return;
    };
    chown(disk.path(), Some(owner.uid()), Some(owner.gid())).unwrap();
    let tablespace = format!("small_{}", std::process::id());
    let create = format!(
        "CREATE TABLESPACE {tablespace} LOCATION '{}'",
        disk.path().display()
    );
    admin.execute(&create).await.unwrap();
    let test = TestDatabase::create().await.unwrap();
    // Partitions are made at the first import, so they lie there.
    let settings = format!(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_tablespace = {tablespace}',
            current_database()); END $$"
    );
    test.execute(&settings).await.unwrap();

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.jsonl");
    fs::write(&path, composed(3_000)).unwrap();
    Said::of(&mut import(&path, test.url()))
        .assert_failure("the disk of the database server is full");
    assert!(disk.grow("200m"));
    Said::of(&mut import(&path, test.url())).success();
    let expected = TestDatabase::create().await.unwrap();
    Said::of(&mut import(&path, expected.url())).success();
    assert_same(&test.dump().await.unwrap(), &expected.dump().await.unwrap());
    drop(test);
    let dropped = format!("DROP TABLESPACE {tablespace}");
    admin.execute(&dropped).await.unwrap();
}

#[tokio::test]
async fn what_a_full_disk_does_not_take_leaves_the_file_that_was_there() {
    // A page and a half of memory: less than any of these files needs.
    let Some(disk) = SmallDisk::mount("8k") else {
        eprintln!("SKIPPED: only root can mount a small file system");
        return;
    };
    let test = TestDatabase::create().await.unwrap();
    Said::of(&mut import(&example(), test.url())).success();
    test.execute(
        "INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
         SELECT 't' || n, 1, 'payment', 'ramp-' || n % 50 || '-0-' || n, now()
           FROM generate_series(0, 999) AS n",
    )
    .await
    .unwrap();
    let blocks = "SELECT block_id FROM block_trace WHERE block_id LIKE '3N%' ORDER BY block_id";
    let block = test.texts(blocks).await.unwrap().swap_remove(0);
    let file = disk.path().join("out");
    fs::write(&file, "before").unwrap();
    let output = file.to_str().unwrap();
    let mut written = vec![
        vec!["trace", "export", &block, "--format", "perfetto"],
        vec!["trace", "export", &block, "--format", "otlp"],
    ];
    let formats = ["html", "markdown", "json", "csv"];
    written.extend(formats.map(|format| vec!["experiment", "report", "ramp", "--format", format]));
    for arguments in written {
        let mut command = loadlab(&arguments);
        command.args(["--output", output]);
        let said = Said::of(command.env("DATABASE_URL", test.url()));
        said.assert_failure(&format!("cannot write {output}"));
        assert!(said.err.contains("No space left on device"), "{}", said.err);
        let names: Vec<_> = fs::read_dir(disk.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["out"], "{arguments:?}");
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            "before",
            "{arguments:?}"
        );
    }
    // With room, the same command replaces it.
    assert!(disk.grow("200m"));
    let mut command = loadlab(["experiment", "report", "ramp", "--output", output]);
    let said = Said::of(command.env("DATABASE_URL", test.url())).success();
    assert_eq!(said.trim(), output);
    assert!(fs::read_to_string(&file).unwrap().contains("</html>"));
}

//! `db dump`, `db restore`, `db upgrade`, and settings of the embedded server.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::program::{Said, example, loadlab};

/// A folder that the unprivileged user which runs the server can enter.
fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// The program with its embedded server in this folder.
fn with_data(data: &Path, arguments: &[&str]) -> Command {
    let mut command = loadlab(["--data-dir"]);
    command
        .arg(data)
        .args(["--postgres-port", "0"])
        .args(arguments);
    command
}

fn query(data: &Path, sql: &str) -> String {
    Said::of(&mut with_data(data, &["db", "psql", "--", "-Atc", sql])).success()
}

fn import_example(data: &Path) -> String {
    let example = example();
    let import = ["trace", "import", example.to_str().unwrap(), "--node", "n"];
    Said::of(&mut with_data(data, &import)).success()
}

const CONTENT: &str = "SELECT md5(string_agg(entry::text, '' ORDER BY block_trace_checkpoint_id))
                         FROM block_trace_checkpoint AS entry";

/// What the audit log says.
const CHANGES: &str = "SELECT path FROM loadlab.audit";

#[test]
fn settings_of_the_server_survive_a_restart() {
    let folder = open_folder();
    let data = folder.path().join("data");
    assert_eq!(query(&data, "SHOW wal_level"), "minimal\n");
    for alter in [
        "ALTER SYSTEM SET wal_level = 'replica'",
        "ALTER SYSTEM SET shared_buffers = '20MB'",
        "ALTER SYSTEM SET fsync = 'off'",
    ] {
        query(&data, alter);
    }
    for (setting, value) in [
        ("wal_level", "replica"),
        ("max_wal_senders", "10"),
        ("shared_buffers", "20MB"),
        ("max_wal_size", "4GB"),
        // What the promises need stays.
        ("fsync", "on"),
    ] {
        assert_eq!(
            query(&data, &format!("SHOW {setting}")),
            format!("{value}\n")
        );
    }
}

#[test]
fn what_was_dumped_is_restored_into_another_folder() {
    let folder = open_folder();
    let [data, other, dump] = ["data", "other", "dump"].map(|name| folder.path().join(name));
    let dump_to = |data: &Path, file: &str| Said::of(&mut with_data(data, &["db", "dump", file]));
    let restore =
        |data: &Path, file: &str| Said::of(&mut with_data(data, &["db", "restore", file]));
    let file = dump.to_str().unwrap();
    dump_to(&data, file).assert_failure("there is nothing to dump");
    import_example(&data);
    dump_to(&data, file).success();
    assert_eq!(
        fs::metadata(&dump).unwrap().permissions().mode() & 0o777,
        0o600
    );
    dump_to(&data, file).assert_failure("exists already; name another file");
    restore(&data, file).assert_failure("has been used already; restore into a new one");
    restore(&other, "/none").assert_failure("cannot read /none");
    restore(&other, file).success();
    assert_eq!(query(&other, CONTENT), query(&data, CONTENT));
    assert_eq!(query(&other, CHANGES), "loadlab db restore\n");
    // It knows what it has stored.
    let again = import_example(&other);
    assert!(again.contains("lines that were stored already"), "{again}");
    assert_eq!(query(&other, CONTENT), query(&data, CONTENT));
    // A file that is no dump is refused, and leaves nothing.
    let third = folder.path().join("third");
    let example = example();
    let said = restore(&third, example.to_str().unwrap());
    assert_eq!(said.code, Some(1), "{}", said.err);
    restore(&third, file).success();
}

#[test]
fn a_dump_may_go_through_a_pipe() {
    let folder = open_folder();
    let [data, other] = ["data", "other"].map(|name| folder.path().join(name));
    import_example(&data);
    let mut dump = with_data(&data, &["db", "dump", "-"]);
    let mut dump = dump.stdout(Stdio::piped()).spawn().unwrap();
    let mut restore = with_data(&other, &["db", "restore", "-"]);
    Said::of(restore.stdin(dump.stdout.take().unwrap())).success();
    assert!(dump.wait().unwrap().success());
    assert_eq!(query(&other, CONTENT), query(&data, CONTENT));
}

/// Folders with programs, by major version.
fn installations() -> Vec<(u32, PathBuf)> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.parse().ok()?;
            Some((major, entry.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("pg_restore").exists())
        .collect();
    found.sort();
    found
}

/// Programs that say that they are of a version, and are of another.
fn claiming(major: u32, folder: &Path, real: &Path) -> PathBuf {
    let programs = folder.join("claiming");
    fs::create_dir(&programs).unwrap();
    for name in ["postgres", "initdb", "pg_dump", "pg_restore"] {
        let real = real.join(name);
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = --version ]; then echo '{name} (PostgreSQL) {major}.0'; exit; fi\n\
             exec {} \"$@\"\n",
            real.display()
        );
        let path = programs.join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    programs
}

fn check_upgrade(folder: &Path, old: &Path, new: &Path, new_major: u32) {
    let data = folder.join("data");
    let with = |programs: &Path, arguments: &[&str]| {
        let mut command = with_data(&data, arguments);
        Said::of(command.env("LOADLAB_POSTGRES_BIN", programs))
    };
    let psql = ["db", "psql", "--", "-Atc", CONTENT];
    let example = example();
    let import = ["trace", "import", example.to_str().unwrap(), "--node", "n"];
    with(old, &import).success();
    let before = with(old, &psql).success();
    let upgrade = ["db", "upgrade", "--old-postgres-bin", old.to_str().unwrap()];
    with(old, &upgrade).assert_failure("no PostgreSQL newer than");
    // While others use the data, nothing happens.
    let url_file = folder.join("url");
    let mut owner = with_data(&data, &["db", "run", "--until-stdin-closes", "--url-file"])
        .arg(&url_file)
        .env("LOADLAB_POSTGRES_BIN", old)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let waited = (0..600).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        url_file.exists()
    });
    assert!(waited);
    with(new, &upgrade).assert_failure("other programs use the data");
    drop(owner.stdin.take());
    owner.wait().unwrap();
    // What an interrupted attempt has left is no hindrance.
    let left = format!("upgrade.new/postgresql-{new_major}/data");
    fs::create_dir_all(data.join(left)).unwrap();
    let said = with(new, &upgrade);
    assert!(
        said.err.contains("the data are of PostgreSQL"),
        "{}",
        said.err
    );
    said.success();
    assert!(data.join(format!("postgresql-{new_major}/data")).is_dir());
    assert!(!data.join("upgrade.new").exists());
    assert_eq!(with(new, &psql).success(), before);
    let changes = ["db", "psql", "--", "-Atc", CHANGES];
    assert_eq!(with(new, &changes).success(), "loadlab db upgrade\n");
    let again = with(new, &import).success();
    assert!(again.contains("lines that were stored already"), "{again}");
    with(new, &upgrade).assert_failure("no PostgreSQL newer than");
}

#[test]
fn data_move_to_a_newer_version() {
    let folder = open_folder();
    match installations().as_slice() {
        [] => eprintln!("SKIPPED: no PostgreSQL in /usr/lib/postgresql"),
        [(major, real)] => {
            eprintln!("SKIPPED between two versions: only one PostgreSQL is installed");
            let new = claiming(major + 1, folder.path(), real);
            check_upgrade(folder.path(), real, &new, major + 1);
        }
        [(_, old), .., (major, new)] => check_upgrade(folder.path(), old, new, *major),
    }
}

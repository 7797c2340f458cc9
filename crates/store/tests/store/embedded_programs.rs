//! The programs of the embedded server: slow starts, and upgrades underneath.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use nix::sys::signal::{Signal, kill};
use store::embedded::{Embedded, EmbeddedOptions};
use store::{ConnectOptions, Database};

use crate::embedded::{
    Owner, PATIENCE, execute, folder, options, running_postmaster, text_within_patience,
};

/// The folder of the real programs.
fn real_programs() -> PathBuf {
    if let Some(folder) = env::var_os("LOADLAB_POSTGRES_BIN") {
        return folder.into();
    }
    let path = env::var_os("PATH").unwrap();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut folders: Vec<PathBuf> = debian
        .map(|version| version.unwrap().path().join("bin"))
        .chain(env::split_paths(&path))
        .filter(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
        .collect();
    folders.sort();
    folders.pop().expect("PostgreSQL is installed")
}

/// Programs in a folder of the test's own. `postgres` is a script that runs these lines and then
/// the real one. It replaces the one that is there, as a package manager does.
fn install(folder: &Path, lines: &str) -> PathBuf {
    let real = real_programs();
    let programs = folder.join("programs");
    fs::create_dir_all(&programs).unwrap();
    let initdb = programs.join("initdb");
    if !initdb.exists() {
        std::os::unix::fs::symlink(real.join("initdb"), initdb).unwrap();
    }
    let real = real.join("postgres").canonicalize().unwrap();
    let new = programs.join("postgres.new");
    let script = format!("#!/bin/sh\n{lines}\nexec '{}' \"$@\"\n", real.display());
    fs::write(&new, script).unwrap();
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(&new, programs.join("postgres")).unwrap();
    programs
}

fn with_programs(folder: &Path, programs: PathBuf) -> EmbeddedOptions {
    EmbeddedOptions {
        binaries: Some(programs),
        ..options(folder)
    }
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

/// As long as the file `slow` is there, the server says that it is starting, and does no more.
const SLOW_START: &str = r#"
if [ "$1" = -D ] && [ -e "$2/../slow" ]; then
    printf '%s\n%s\n0\n0\n/run\n127.0.0.1\n 1 2\nstarting\n' $$ "$2" > "$2/postmaster.pid"
    echo 'x LOG:  redo in progress, elapsed time: 10.00 s' >&2
    while [ -e "$2/../slow" ]; do sleep 0.1; done
fi"#;

#[test]
fn a_server_that_says_that_it_starts_is_waited_for_longer_than_a_silent_one() {
    let folder = folder();
    let programs = install(folder.path(), SLOW_START);
    let options = EmbeddedOptions {
        silence_max: Duration::from_secs(2),
        ..with_programs(folder.path(), programs)
    };
    let server = Embedded::start(&options).unwrap();
    let url = server.url().to_owned();
    execute(&url, "CREATE TABLE kept AS SELECT 'yes' AS answer").unwrap();
    let instance = crate::embedded::instance(folder.path());
    let slow = instance.join("slow");
    fs::write(&slow, "").unwrap();
    kill(running_postmaster(folder.path()).unwrap(), Signal::SIGKILL).unwrap();

    // What it does is told, and there is one attempt only.
    wait_until("it is said what the server does", || {
        store::embedded::trouble()
            .is_some_and(|trouble| trouble.contains("redo in progress, elapsed time: 10.00 s"))
    });
    let attempt = running_postmaster(folder.path()).unwrap();
    thread::sleep(Duration::from_secs(3));
    assert_eq!(running_postmaster(folder.path()), Some(attempt));

    // Another process that joins waits as well.
    let joining =
        thread::spawn(move || Embedded::start(&options).map(|guest| guest.url().to_owned()));
    thread::sleep(Duration::from_secs(3));
    assert!(!joining.is_finished(), "the guest has not given up");
    fs::remove_file(&slow).unwrap();
    assert_eq!(joining.join().unwrap().unwrap(), url);
    assert_eq!(text_within_patience(&url, "SELECT answer FROM kept"), "yes");
    wait_until("nothing is wrong any more", || {
        store::embedded::trouble().is_none()
    });
    drop(server);
}

#[test]
fn a_silent_server_is_given_up() {
    let folder = folder();
    let programs = install(
        folder.path(),
        r#"if [ "$1" = -D ]; then while [ -e "$2/../run" ]; do sleep 0.1; done; fi"#,
    );
    let error = Embedded::start(&EmbeddedOptions {
        silence_max: Duration::from_secs(1),
        ..with_programs(folder.path(), programs)
    })
    .unwrap_err();
    assert!(
        error.to_string().contains("was not ready after 1 s"),
        "{error}"
    );
}

#[test]
fn replaced_programs_are_noticed_and_the_server_is_restarted_for_all() {
    let folder = folder();
    let programs = install(folder.path(), "");
    let owner = Embedded::start(&with_programs(folder.path(), programs.clone())).unwrap();
    let url = owner.url().to_owned();
    execute(&url, "CREATE TABLE kept AS SELECT 'yes' AS answer").unwrap();
    let mut guest = Owner::spawn_with(folder.path(), Some(&programs));
    assert_eq!(guest.url, url);
    let former = running_postmaster(folder.path()).unwrap();

    // Gone for a moment: the server runs on.
    fs::remove_file(programs.join("postgres")).unwrap();
    thread::sleep(Duration::from_secs(4));
    assert_eq!(running_postmaster(folder.path()), Some(former));
    assert_eq!(store::embedded::trouble(), None);

    block_on(async {
        let database = Database::connect(&url, &ConnectOptions::for_queries())
            .await
            .unwrap();
        database.ping().await.unwrap();
        install(folder.path(), "# a later version");
        let deadline = Instant::now() + PATIENCE;
        let reason = loop {
            if let Err(error) = database.ping().await {
                break error.to_string();
            }
            assert!(Instant::now() < deadline, "it is not noticed");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert!(
            reason.contains("its programs have been replaced"),
            "{reason}"
        );
        while database.ping().await.is_err() {
            assert!(Instant::now() < deadline, "the server is not restarted");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert_ne!(running_postmaster(folder.path()), Some(former));
    assert_eq!(text_within_patience(&url, "SELECT answer FROM kept"), "yes");

    // Both processes live, and the guest takes over with the new programs.
    assert!(guest.lives());
    let second = running_postmaster(folder.path()).unwrap();
    owner.stop();
    wait_until("the guest takes over", || {
        running_postmaster(folder.path()).is_some_and(|pid| pid != second)
    });
    assert_eq!(text_within_patience(&url, "SELECT answer FROM kept"), "yes");
    guest.kill();
}

#[test]
fn programs_of_another_major_version_are_not_run() {
    let folder = folder();
    let programs = install(folder.path(), "");
    let server = Embedded::start(&with_programs(folder.path(), programs)).unwrap();
    let former = running_postmaster(folder.path()).unwrap();
    install(
        folder.path(),
        r#"[ "$1" = --version ] && { echo 'postgres (PostgreSQL) 99.1'; exit 0; }"#,
    );
    thread::sleep(Duration::from_secs(5));
    assert_eq!(running_postmaster(folder.path()), Some(former));
    assert_eq!(text_within_patience(server.url(), "SELECT 'up'"), "up");
    // The real ones run.
    let said = Command::new(real_programs().join("postgres"))
        .arg("--version")
        .output()
        .unwrap();
    assert!(said.status.success());
}

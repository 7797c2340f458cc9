//! Crashes of the fetcher and of the database server.

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use store::embedded::{Embedded, EmbeddedOptions};
use store::testing::TestDatabase;

use crate::process::{Lab, connect, eventually, stored_and_lost, wait_for};

/// Checks that every entry of the nodes is stored exactly once.
async fn check(lab: &Lab, test: &TestDatabase) {
    let names = test
        .texts("SELECT name FROM block_trace_checkpoint")
        .await
        .unwrap();
    let unique: HashSet<&String> = names.iter().collect();
    assert_eq!(unique.len(), names.len(), "nothing is doubled");
    for node in &lab.nodes {
        for name in &node.state().daemon.made {
            assert!(unique.contains(name), "{name} is missing");
        }
    }
    assert_eq!(names.len() as u64, lab.made());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetcher_that_is_killed_fifty_times_stores_everything_once() {
    let lab = Lab::start(5, 100_000).await;
    let test = TestDatabase::create().await.unwrap();
    let mut kills_at_work = 0;
    for round in 0..50_u64 {
        let before = stored_and_lost(test.database()).await;
        let fetcher = lab.fetch(test.url());
        let begun = Instant::now();
        // Every fifth is killed whatever it does, the others at work.
        while begun.elapsed() < Duration::from_secs(8) {
            lab.write(rand::random_range(1..40));
            tokio::time::sleep(Duration::from_millis(rand::random_range(5..60))).await;
            let is_at_work = stored_and_lost(test.database()).await != before;
            kills_at_work += u32::from(is_at_work);
            if is_at_work || round % 5 == 0 && begun.elapsed() > Duration::from_millis(300) {
                break;
            }
        }
        fetcher.kill();
    }
    assert!(kills_at_work >= 30, "{kills_at_work} kills hit it at work");
    let fetcher = lab.fetch(test.url());
    wait_for(test.database(), lab.made()).await;
    fetcher.stop();
    assert_eq!(
        stored_and_lost(test.database()).await,
        Some((lab.made(), 0))
    );
    check(&lab, &test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_fetcher_that_wakes_after_its_lease_writes_nothing() {
    let lab = Lab::start(6, 100_000).await;
    let test = TestDatabase::create().await.unwrap();
    let one = lab.fetch(test.url());
    lab.write(50);
    wait_for(test.database(), lab.made()).await;
    let other = lab.fetch(test.url());
    for _ in 0..3 {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            lab.write(20);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        one.signal(Signal::SIGSTOP);
        lab.write(100);
        // The other must have all of it, while this one sleeps.
        let begun = Instant::now();
        wait_for(test.database(), lab.made()).await;
        assert!(
            begun.elapsed() < Duration::from_secs(15),
            "taken over in time"
        );
        one.signal(Signal::SIGCONT);
    }
    lab.write(100);
    wait_for(test.database(), lab.made()).await;
    one.stop();
    other.stop();
    check(&lab, &test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_server_that_is_restarted_loses_and_doubles_nothing() {
    let lab = Lab::start(4, 100_000).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let start = async || {
        let mut options = EmbeddedOptions::new(folder.path().join("postgres"));
        options.binaries = std::env::var_os("LOADLAB_POSTGRES_BIN").map(Into::into);
        options.preferred_port = 0;
        tokio::task::spawn_blocking(move || Embedded::start(&options).unwrap())
            .await
            .unwrap()
    };
    let mut server = start().await;
    let url = server.url().to_owned();
    connect(&url).await.migrate().await.unwrap();
    let fetcher = lab.fetch(&url);
    let told = || {
        let lines = fetcher.lines();
        let told = |line: &&String| line.contains("the database does not answer");
        lines.iter().filter(told).count()
    };
    for outage in 0..3 {
        // Otherwise a slow machine has one outage where we make two.
        let database = connect(&url).await;
        wait_for(&database, lab.made()).await;
        database.close().await;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            lab.write(20);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let before = told();
        tokio::task::spawn_blocking(move || server.stop())
            .await
            .unwrap();
        lab.write(100);
        if outage == 1 {
            // Short outages may pass without a word, not this one.
            eventually("the outage is told", async || told() > before).await;
        }
        server = start().await;
        assert_eq!(server.url(), url, "the server is where it was");
    }
    let database = connect(&url).await;
    wait_for(&database, lab.made()).await;
    let lines = fetcher.lines();
    assert!(told() <= 3, "once for each outage: {lines:?}");
    fetcher.stop();
    assert_eq!(stored_and_lost(&database).await, Some((lab.made(), 0)));
    database.close().await;
}

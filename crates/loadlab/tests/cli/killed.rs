//! An import that is killed at any moment and run again ends with the same
//! rows as one that was not.

use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use store::testing::{TestDatabase, assert_same};

use crate::program::{Said, composed, import};

const BLOCKS: u32 = 5_000;
const LINES: u64 = 13 * BLOCKS as u64;
const KILLS: u32 = 6;
/// Nothing here takes so long unless it hangs.
const LIMIT: Duration = Duration::from_mins(2);

#[tokio::test]
async fn an_import_killed_at_random_moments_ends_with_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.jsonl");
    std::fs::write(&path, composed(BLOCKS)).unwrap();
    let once = TestDatabase::create().await.unwrap();
    let begun = Instant::now();
    Said::of(&mut import(&path, once.url())).success();
    let whole = begun.elapsed();

    let killed = TestDatabase::create().await.unwrap();
    let mut random = StdRng::seed_from_u64(7);
    let mut in_the_middle = 0;
    for kill in 0..KILLS {
        let mut child = import(&path, killed.url())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if kill % 2 == 0 {
            // Somewhere between two commits, or within one.
            wait_for_progress(&mut child, &killed).await;
            thread::sleep(random.random_range(Duration::ZERO..whole / 10));
        } else {
            // Anywhere: while it starts, connects, finds out where to go on.
            thread::sleep(random.random_range(Duration::ZERO..whole / 2));
        }
        child.kill().unwrap();
        let status = child.wait().unwrap();
        let stored = stored_lines(&killed).await;
        in_the_middle += u32::from(!status.success() && (1..LINES).contains(&stored));
    }
    assert!(in_the_middle > 0, "each import was too early or too late");
    let last: Value =
        serde_json::from_str(&Said::of(&mut import(&path, killed.url())).success()).unwrap();
    assert_eq!(last["lines"], LINES);
    assert_eq!(stored_lines(&killed).await, LINES);
    assert_same(&killed.dump().await.unwrap(), &once.dump().await.unwrap());
}

async fn stored_lines(test: &TestDatabase) -> u64 {
    let query = "SELECT coalesce(sum(lines), 0)::text FROM loadlab.session";
    test.texts(query).await.unwrap()[0].parse().unwrap()
}

/// Waits until the import has stored more than was stored, or has ended.
async fn wait_for_progress(child: &mut Child, test: &TestDatabase) {
    let before = stored_lines(test).await;
    let begun = Instant::now();
    while stored_lines(test).await == before && child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < LIMIT, "the import hangs");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

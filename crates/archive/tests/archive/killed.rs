//! Work that is stopped at any moment, or sleeps while others do it, and is done again.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use object_store::path::Path;

use archive::Place;
use store::lease::Holder;
use store::{ConnectOptions, Database};

use crate::faulty_store::{Fault, FaultyStore};
use crate::scene::{Scene, files};

/// Polls a future so often and then forgets it, as when its process is killed between two steps.
/// Gives the result if it came to its end, and how often it was polled.
async fn polled<T>(work: impl Future<Output = T>, most: usize) -> (Option<T>, usize) {
    let mut work = pin!(work);
    let mut polls = 0;
    let done = std::future::poll_fn(|context| {
        if polls == most {
            return Poll::Ready(None);
        }
        polls += 1;
        work.as_mut().poll(context).map(Some)
    })
    .await;
    (done, polls)
}

/// Moments of work that takes `polls` polls: the first and last ones, and some between.
fn moments(polls: usize) -> Vec<usize> {
    let mut moments: Vec<usize> = (1..4)
        .chain((1..12).map(|part| polls * part / 12))
        .chain(polls.saturating_sub(6)..polls)
        .collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

#[tokio::test]
async fn killed_at_any_moment_and_run_again_the_outcome_is_the_same() {
    let scene = Scene::new().await;
    let place = scene.place();
    let before = scene.shown().await;
    let (done, run_polls) = polled(scene.run(&place), usize::MAX).await;
    let whole = done.unwrap().unwrap();
    let expected = files(scene.folder.path());
    let (done, drop_polls) = polled(scene.drop(&place), usize::MAX).await;
    done.unwrap().unwrap();
    let without = scene.shown().await;
    let (done, restore_polls) = polled(scene.restore(&place), usize::MAX).await;
    done.unwrap().unwrap();
    assert!(run_polls > 20 && drop_polls > 20 && restore_polls > 20);

    for moment in moments(run_polls) {
        std::fs::remove_dir_all(scene.folder.path().join("v1")).unwrap();
        polled(scene.run(&place), moment).await;
        assert_eq!(scene.shown().await, before, "killed at {moment}");
        scene.bury_killed().await;
        let again = scene.run(&place).await.unwrap();
        assert_eq!(again.manifest, whole.manifest);
        let mut found = files(scene.folder.path());
        // What the file system had not yet renamed.
        found.retain(|name, _| !name.contains('#'));
        assert_eq!(found, expected, "killed at {moment}");
    }
    for moment in moments(drop_polls) {
        polled(scene.drop(&place), moment).await;
        let now = scene.shown().await;
        assert!(now == before || now == without, "killed at {moment}");
        scene.bury_killed().await;
        scene.drop(&place).await.unwrap();
        assert_eq!(scene.shown().await, without, "killed at {moment}");
        polled(scene.restore(&place), restore_polls * moment / drop_polls).await;
        let now = scene.shown().await;
        assert!(now == before || now == without, "killed at {moment}");
        scene.bury_killed().await;
        if now == without {
            scene.restore(&place).await.unwrap();
        }
        assert_eq!(scene.shown().await, before, "killed at {moment}");
    }
}

#[tokio::test]
async fn a_process_that_sleeps_while_another_does_its_work_changes_nothing_when_it_wakes() {
    let scene = Scene::new().await;
    let before = scene.shown().await;
    let plain = scene.place();
    scene.run(&plain).await.unwrap();
    let expected = files(scene.folder.path());
    for writes in 0..expected.len() {
        std::fs::remove_dir_all(scene.folder.path().join("v1")).unwrap();
        let (fault, asleep, wake) = Fault::sleep_before_write(writes);
        let store = FaultyStore::new(scene.folder.path(), fault);
        let place = Place::new(Arc::new(store), Path::default(), "file:///archive");
        let sleeper = {
            let holder = Holder::new("archive");
            // As the command does, so that the next one can end its transaction.
            let mut options = ConnectOptions::for_writing();
            options.application_name = holder.to_string();
            let database = Database::connect(scene.test.url(), &options).await.unwrap();
            let place = place.clone();
            tokio::spawn(async move {
                let progress = archive::Progress::default();
                archive::run(&database, &holder, &place, 1, false, &progress).await
            })
        };
        asleep.await.unwrap();
        scene.expire_leases().await;
        scene.run(&plain).await.unwrap();
        scene.drop(&plain).await.unwrap();
        wake.send(()).unwrap();
        // Whatever it says: it has lost the lease, or finds the same archive there.
        let _ = sleeper.await.unwrap();
        assert_eq!(files(scene.folder.path()), expected, "asleep at {writes}");
        scene.restore(&plain).await.unwrap();
        assert_eq!(scene.shown().await, before);
    }
}

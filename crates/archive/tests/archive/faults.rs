//! Buckets that are slow, answer errors, hold something else, or are full: one message, and the
//! database has what it had.

use std::sync::Arc;
use std::time::Duration;

use archive::{Place, Progress};
use object_store::path::Path;

use crate::faulty_store::{Fault, FaultyStore};
use crate::scene::{Scene, files};

fn place(scene: &Scene, fault: Fault) -> Place {
    let store = FaultyStore::new(scene.folder.path(), fault);
    Place::new(Arc::new(store), Path::default(), "s3://bucket/x")
        .with_answer_max(Duration::from_secs(1))
}

#[tokio::test]
async fn a_bad_bucket_gives_one_message_and_nothing_is_dropped() {
    let scene = Scene::new().await;
    let before = scene.shown().await;
    let cases = [
        (
            Fault::Full(0),
            "cannot write `v1/block_trace/",
            "no space left",
        ),
        (Fault::Full(5), "cannot write `v1/", "no space left"),
        (Fault::Unreadable, "cannot read `v1/", "502 Bad Gateway"),
        (Fault::Silent, "has not answered for 1 s", "s3://bucket/x"),
        (
            Fault::Wrong,
            "is not what was written there",
            "its bytes are others",
        ),
    ];
    for (fault, says, why) in cases {
        let place = place(&scene, fault);
        let error = service::error_chain(&scene.run(&place).await.unwrap_err());
        assert!(error.contains(says) && error.contains(why), "{error}");
        let names: Vec<String> = files(scene.folder.path()).into_keys().collect();
        assert!(
            !names.iter().any(|name| name.contains("manifest")),
            "{names:?}"
        );
        assert!(scene.drop(&place).await.is_err());
        assert_eq!(scene.shown().await, before);
    }
    // What they have left is in nobody's way.
    scene.run(&scene.place()).await.unwrap();
    scene.drop(&scene.place()).await.unwrap();
}

#[tokio::test]
async fn an_archive_that_has_changed_drops_nothing_and_restores_nothing() {
    let scene = Scene::new().await;
    let whole = scene.place();
    let before = scene.shown().await;
    let archived = scene.run(&whole).await.unwrap();
    let path = scene.folder.path().join(&archived.manifest.files[3].path);
    let good = std::fs::read(&path).unwrap();
    let mut other = good.clone();
    other[good.len() / 2] ^= 1;
    for bad in [&other[..], &good[..good.len() - 1], &[]] {
        std::fs::write(&path, bad).unwrap();
        let verified = archive::verify(&whole, 1, &Progress::default()).await;
        assert!(
            service::error_chain(&verified.unwrap_err()).contains("is not what was written there")
        );
        assert!(scene.drop(&whole).await.is_err());
        assert_eq!(scene.shown().await, before);
    }
    std::fs::remove_file(&path).unwrap();
    assert!(scene.drop(&whole).await.is_err());
    std::fs::write(&path, &good).unwrap();
    scene.drop(&whole).await.unwrap();
    let without = scene.shown().await;
    std::fs::write(&path, &other).unwrap();
    assert!(scene.restore(&whole).await.is_err());
    assert_eq!(scene.shown().await, without);
    for fault in [Fault::Silent, Fault::Unreadable] {
        assert!(scene.restore(&place(&scene, fault)).await.is_err());
        assert_eq!(scene.shown().await, without);
    }
    std::fs::write(&path, &good).unwrap();
    scene.restore(&whole).await.unwrap();
    assert_eq!(scene.shown().await, before);
}

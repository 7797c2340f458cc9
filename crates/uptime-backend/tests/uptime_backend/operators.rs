//! Health, readiness and figures.

use store::testing::TestDatabase;
use uptime_backend::{Config, WhitelistSource};

use crate::lab::{Lab, Node, config};

#[tokio::test]
async fn a_backend_without_a_whitelist_is_healthy_but_not_ready() {
    let test = TestDatabase::create().await.unwrap();
    let nowhere = WhitelistSource::File("/nowhere/at/all".into());
    let lab = Lab::start(&test, &Config::new(nowhere)).await;
    assert_eq!(lab.get("/healthz").await.status, 200);
    let ready = lab.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(ready.body.contains("the whitelist could not be read yet"));
    let refused = lab.submit(Node::new(0).submission()).await;
    assert_eq!(refused.status, 401);
}

#[tokio::test]
async fn a_backend_without_a_database_is_not_ready() {
    let test = TestDatabase::create().await.unwrap();
    let lab = Lab::start(&test, &config()).await;
    assert_eq!(lab.get("/readyz").await.status, 200);
    test.database().close().await;
    let ready = lab.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(ready.body.contains("the database does not answer"));
}

#[tokio::test]
async fn outcomes_and_the_whitelist_are_counted() {
    service::metrics::install().unwrap();
    let test = TestDatabase::create().await.unwrap();
    let keys = vec![Node::new(0).submitter, "nonsense".to_owned()];
    let lab = Lab::start(&test, &Config::new(WhitelistSource::List(keys))).await;
    lab.submit(Node::new(0).submission()).await;
    lab.submit(Node::new(1).submission()).await;
    let figures = lab.get("/metrics").await.body;
    for line in [
        r#"uptime_submissions_total{outcome="accepted"} 1"#,
        r#"uptime_submissions_total{outcome="not_registered"} 1"#,
        "uptime_whitelist_keys 1",
        "uptime_whitelist_bad_entries 1",
        "uptime_check_seconds_count 2",
    ] {
        assert!(figures.contains(line), "{line} is missing in\n{figures}");
    }
}

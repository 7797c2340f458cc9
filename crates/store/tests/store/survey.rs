//! What the database says of itself, for people who look for a fault.

use std::time::Duration;

use store::testing::TestDatabase;
use store::uptime::UptimeSubmission;
use store::{ConnectOptions, Database};

#[tokio::test]
async fn the_server_says_what_it_is() {
    let test = TestDatabase::create().await.unwrap();
    let server = test.database().server().await.unwrap();
    assert!(
        server
            .version
            .split('.')
            .all(|part| part.parse::<u32>().is_ok()),
        "{server:?}"
    );
    assert!(server.unix_seconds > 1.7e9);
    assert!(!server.is_read_only);
    assert!(store::survey::schema_version() >= 31);
}

#[tokio::test]
async fn privileges_that_are_missing_are_named() {
    let test = TestDatabase::create().await.unwrap();
    assert_eq!(
        test.database().missing_privileges().await.unwrap(),
        Vec::<String>::new()
    );
    let name = format!("survey_{}", std::process::id());
    test.execute(&format!(
        "CREATE ROLE {name} LOGIN PASSWORD 'reads';
         GRANT USAGE ON SCHEMA public, loadlab TO {name};
         GRANT SELECT ON ALL TABLES IN SCHEMA public, loadlab TO {name}"
    ))
    .await
    .unwrap();
    let (scheme, rest) = test.url().split_once("://").unwrap();
    let (_, server) = rest.rsplit_once('@').unwrap();
    let url = format!("{scheme}://{name}:reads@{server}");
    let reader = Database::connect(&url, &ConnectOptions::for_queries()).await;
    let missing = reader.unwrap().missing_privileges().await.unwrap();
    assert!(
        missing.contains(&"CREATE on schema loadlab".to_owned()),
        "{missing:?}"
    );
    assert!(
        missing.iter().any(|one| one.starts_with("DELETE on ")),
        "{missing:?}"
    );
    assert!(missing.len() == 10);
    test.execute(&format!("DROP OWNED BY {name}; DROP ROLE {name}"))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_clocks_of_nodes_follow_from_their_last_submissions() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    assert_eq!(database.last_submission_age().await.unwrap(), None);
    let server = database.server().await.unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "a time of now")]
    let now = server.unix_seconds as i64;
    let submission = |submitter: &str, ahead: i64| UptimeSubmission {
        submitter: submitter.to_owned(),
        remote_addr: "10.0.0.1".to_owned(),
        graphql_control_port: Some(3086),
        peer_id: "p".to_owned(),
        created_at_unix_seconds: now + ahead,
        block_hash: "h".to_owned(),
        has_snark_work: false,
        built_with_commit_sha: None,
    };
    let all = [
        submission("right", -1),
        submission("wrong", 200),
        submission("wrong", 240),
    ];
    for one in all {
        database.record_uptime_submissions(&[one]).await.unwrap();
    }
    let clocks = database.node_clocks(Duration::from_mins(20)).await.unwrap();
    assert_eq!(clocks.len(), 2);
    assert_eq!(clocks[0].submitter, "wrong");
    assert!(
        (235.0..245.0).contains(&clocks[0].ahead_seconds),
        "{clocks:?}"
    );
    assert!(
        (-10.0..1.0).contains(&clocks[1].ahead_seconds),
        "{clocks:?}"
    );
    let age = database.last_submission_age().await.unwrap().unwrap();
    assert!(age < Duration::from_mins(1));
    test.execute("UPDATE loadlab.uptime_submission SET received_at = now() - interval '1 hour'")
        .await
        .unwrap();
    assert_eq!(
        database.node_clocks(Duration::from_mins(20)).await.unwrap(),
        []
    );
}

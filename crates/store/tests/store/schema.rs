//! Connecting and migrating: what is promised and what is refused.

use store::testing::TestDatabase;
use store::{ConnectOptions, Database, StoreError};

async fn empty() -> TestDatabase {
    TestDatabase::create_empty().await.unwrap()
}

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    let test = empty().await;
    let database = test.database();
    database.migrate().await.unwrap();
    database.migrate().await.unwrap();
    database.require_migrated().await.unwrap();
    database.ping().await.unwrap();
}

#[tokio::test]
async fn an_empty_database_asks_for_the_migration() {
    let test = empty().await;
    let error = test.database().require_migrated().await.unwrap_err();
    assert!(matches!(error, StoreError::NotMigrated), "{error}");
    assert!(error.to_string().contains("`loadlab db migrate`"));
    let error = test.database().deployments().await.unwrap_err();
    assert!(matches!(error, StoreError::NotMigrated), "{error}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let test = TestDatabase::create().await.unwrap();
    let newer = "INSERT INTO loadlab._sqlx_migrations
                     (version, description, success, checksum, execution_time)
                 VALUES (9000, 'from the future', true, '', 0)";
    test.execute(newer).await.unwrap();
    let newer = |error| matches!(error, StoreError::Newer { migration: 9000 });
    assert!(newer(test.database().require_migrated().await.unwrap_err()));
    assert!(newer(test.database().migrate().await.unwrap_err()));
}

#[tokio::test]
async fn tables_of_others_are_not_touched() {
    let test = empty().await;
    let foreign = "CREATE TABLE deployment (deployment_id serial PRIMARY KEY)";
    test.execute(foreign).await.unwrap();
    let error = test.database().migrate().await.unwrap_err();
    assert!(
        matches!(&error, StoreError::ForeignTables { table } if table == "deployment"),
        "{error}"
    );
}

async fn connect_error(url: &str) -> StoreError {
    Database::connect(url, &ConnectOptions::for_queries())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn failures_to_connect_are_told_apart_without_the_password() {
    let test = empty().await;
    let url = test.url();

    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    let missing = format!("{address}_not_there?{parameters}");
    let error = connect_error(&missing).await;
    assert!(
        matches!(error, StoreError::DatabaseMissing { .. }),
        "{error}"
    );

    // Port 1 is reserved and nobody listens there.
    let error = connect_error("postgres://lab:s3cret@127.0.0.1:1/logs").await;
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"));

    let error = connect_error("mysql//lab:s3cret@nowhere").await;
    assert!(matches!(error, StoreError::InvalidUrl(_)), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_wrong_password_is_told_without_showing_it() {
    let test = empty().await;
    let (scheme, rest) = test.url().split_once("://").unwrap();
    let (_, server) = rest.rsplit_once('@').unwrap();
    let error = connect_error(&format!("{scheme}://nobody_known:s3cret@{server}")).await;
    assert!(matches!(error, StoreError::AccessDenied { .. }), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"));
}

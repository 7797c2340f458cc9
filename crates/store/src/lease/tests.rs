//! Leases on a real server: expiry, fencing, and holders that are paused.

use super::*;
use crate::testing::TestDatabase;
use crate::{ConnectOptions, Database};

const LONG: Duration = Duration::from_mins(1);

async fn expire(test: &TestDatabase, resource: &str) {
    test.execute(&format!(
        "UPDATE loadlab.lease SET expires_at = clock_timestamp() WHERE resource = '{resource}'"
    ))
    .await
    .unwrap();
}

async fn require_once(database: &Database, lease: &Lease) -> Result<(), StoreError> {
    let mut transaction = database.pool().begin().await?;
    require(&mut transaction, lease).await?;
    transaction.commit().await?;
    Ok(())
}

#[tokio::test]
async fn one_of_two_holders_gets_a_lease_until_it_expires_or_is_given_back() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let (one, other) = (Holder::new("test"), Holder::new("test"));
    assert_ne!(one, other);
    let acquire = async |holder| database.acquire_lease("x", holder, LONG).await.unwrap();
    let first = acquire(&one).await.unwrap();
    assert_eq!(acquire(&other).await, None);
    let held = database.held_leases("x").await.unwrap();
    assert_eq!(
        (held[0].holder.as_str(), held[0].token),
        (one.as_str(), first.token())
    );
    assert!(held[0].remaining > LONG / 2 && held[0].remaining <= LONG);
    expire(&test, "x").await;
    assert_eq!(database.held_leases("x").await.unwrap(), []);
    let second = acquire(&other).await.unwrap();
    assert!(second.token() > first.token());
    assert_eq!(acquire(&one).await, None);
    database
        .release_leases(std::slice::from_ref(&second))
        .await
        .unwrap();
    let third = acquire(&one).await.unwrap();
    assert!(third.token() > second.token());
    // Giving back what was lost takes nothing from the present holder.
    database.release_leases(&[first, second]).await.unwrap();
    assert_eq!(acquire(&other).await, None);
}

#[tokio::test]
async fn a_lost_or_expired_lease_is_neither_renewed_nor_enough_to_write() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let (one, other) = (Holder::new("test"), Holder::new("test"));
    let names = ["a", "b", "c"].map(str::to_owned);
    let leases = database.acquire_leases(&names, &one, LONG).await.unwrap();
    assert_eq!(leases.len(), 3);
    for lease in &leases {
        require_once(database, lease).await.unwrap();
    }
    expire(&test, "a").await;
    expire(&test, "b").await;
    database
        .acquire_lease("b", &other, LONG)
        .await
        .unwrap()
        .unwrap();
    let renewed = database.renew_leases(&leases, LONG).await.unwrap();
    assert_eq!(renewed, leases[2..]);
    for lost in &leases[..2] {
        let error = require_once(database, lost).await.unwrap_err();
        assert!(matches!(error, StoreError::LeaseLost { .. }), "{error}");
    }
    require_once(database, &leases[2]).await.unwrap();
}

#[tokio::test]
async fn a_lease_can_be_renewed_but_not_taken_while_it_is_written_under() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let (one, other) = (Holder::new("test"), Holder::new("test"));
    let lease = database
        .acquire_lease("x", &one, LONG)
        .await
        .unwrap()
        .unwrap();
    let mut transaction = database.pool().begin().await.unwrap();
    require(&mut transaction, &lease).await.unwrap();
    let held = std::slice::from_ref(&lease);
    assert_eq!(database.renew_leases(held, LONG).await.unwrap(), held);
    expire(&test, "x").await;
    // This connection does not bear the holder's name and so is not ended.
    assert_eq!(
        database.acquire_lease("x", &other, LONG).await.unwrap(),
        None
    );
    transaction.commit().await.unwrap();
    assert!(
        database
            .acquire_lease("x", &other, LONG)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn the_open_transaction_of_a_holder_that_sleeps_is_ended_with_its_lease() {
    let test = TestDatabase::create().await.unwrap();
    let (one, other) = (Holder::new("test"), Holder::new("test"));
    let mut options = ConnectOptions::for_writing();
    options.application_name = one.to_string();
    let sleeper = Database::connect(test.url(), &options).await.unwrap();
    let lease = sleeper
        .acquire_lease("x", &one, LONG)
        .await
        .unwrap()
        .unwrap();
    let mut transaction = sleeper.pool().begin().await.unwrap();
    require(&mut transaction, &lease).await.unwrap();
    expire(&test, "x").await;
    let database = test.database();
    let mut taken = None;
    // The transaction ends a moment after it is told to.
    for _ in 0..100 {
        taken = database.acquire_lease("x", &other, LONG).await.unwrap();
        if taken.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(taken.is_some(), "the lease was taken");
    assert!(transaction.commit().await.is_err());
    assert!(require_once(&sleeper, &lease).await.is_err());
}

#[tokio::test]
async fn many_holders_share_many_leases_without_overlap() {
    let test = TestDatabase::create().await.unwrap();
    let names: Vec<String> = (0..50).map(|number| format!("node/{number}")).collect();
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (database, names) = (test.database().clone(), names.clone());
            tokio::spawn(async move {
                let holder = Holder::new("test");
                database
                    .acquire_leases(&names, &holder, LONG)
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    assert!(all.iter().all(|lease| lease.token() == 1));
    let mut resources: Vec<String> = all
        .iter()
        .map(|lease| lease.resource().to_owned())
        .collect();
    resources.sort_unstable();
    let mut expected = names.clone();
    expected.sort_unstable();
    assert_eq!(resources, expected);
}

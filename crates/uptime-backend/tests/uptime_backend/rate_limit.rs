//! The rate limit as a whole: at the same time, after failures and restarts.

use futures_util::future::join_all;
use store::testing::TestDatabase;

use crate::lab::{Answer, Lab, Node, config};

#[tokio::test]
async fn of_many_submissions_at_once_exactly_the_allowed_ones_are_accepted() {
    let test = TestDatabase::create().await.unwrap();
    let mut config = config();
    config.submissions_per_hour = 20;
    let lab = Lab::start(&test, &config).await;
    let body = Node::new(0).submission();
    let answers = join_all((0..60).map(|_| lab.submit(body.clone()))).await;
    let accepted = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(accepted, 20);
    assert!(
        answers
            .iter()
            .all(|answer| [200, 429].contains(&answer.status))
    );
}

#[tokio::test]
async fn a_restart_gives_nobody_a_new_hour() {
    let test = TestDatabase::create().await.unwrap();
    let mut config = config();
    config.submissions_per_hour = 2;
    let lab = Lab::start(&test, &config).await;
    let body = Node::new(0).submission();
    for _ in 0..2 {
        assert_eq!(lab.submit(body.clone()).await, Answer::ok());
    }
    lab.stop().await;
    let restarted = Lab::start(&test, &config).await;
    assert_eq!(restarted.submit(body.clone()).await.status, 429);
    restarted.stop().await;
    test.execute(
        "UPDATE loadlab.uptime_submission SET received_at = received_at - interval '1 hour'",
    )
    .await
    .unwrap();
    let an_hour_later = Lab::start(&test, &config).await;
    assert_eq!(an_hour_later.submit(body).await, Answer::ok());
}

/// As the public tests of the original: with a limit of 1, a repetition is too
/// many, and under another registered key the signature is wrong.
#[tokio::test]
async fn a_replay_counts_and_only_for_its_key() {
    let test = TestDatabase::create().await.unwrap();
    let mut config = config();
    config.submissions_per_hour = 1;
    let lab = Lab::start(&test, &config).await;
    let (node, other) = (Node::new(0), Node::new(1));
    let body = node.submission();
    assert_eq!(lab.submit(body.clone()).await, Answer::ok());
    assert_eq!(lab.submit(body.clone()).await.status, 429);
    let stolen = body.replace(&node.submitter, &other.submitter);
    assert_eq!(lab.submit(stolen).await.status, 401);
    assert_eq!(lab.submit(other.submission()).await, Answer::ok());
}

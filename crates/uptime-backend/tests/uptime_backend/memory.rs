//! Memory stays flat, whatever is sent.

use std::fs;

use futures_util::future::join_all;
use store::testing::TestDatabase;
use uptime_backend::BODY_BYTES_MAX;

use crate::lab::{Lab, Node, config};
use crate::network::serve;

/// The greatest memory that this process ever had, in bytes. Linux only.
fn peak_bytes() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Bad and replayed submissions of every kind, over and over: what the first
/// ones took is enough for all.
#[tokio::test]
async fn the_number_of_bad_submissions_makes_no_difference() {
    if peak_bytes().is_none() {
        println!("SKIPPED: this system does not show the memory of a process");
        return;
    }
    let test = TestDatabase::create().await.unwrap();
    let mut config = config();
    config.submissions_per_hour = 1;
    let lab = Lab::start(&test, &config).await;
    let good = Node::new(0).submission();
    assert_eq!(lab.submit(good.clone()).await.status, 200);
    let bad = [
        (String::new(), 400),
        ("x".repeat(100_000), 400),
        (format!("{}1", "[".repeat(100_000)), 400),
        (good.replace("QSBi", &"QSBi".repeat(20_000)), 401),
        (good.replace("\"peer_id\"", "\"pear_id\""), 400),
        (good.replace("12D3", &"12D3".repeat(10_000)), 400),
        (Node::new(2).submission(), 401),
        (good, 429),
    ];
    let send_all = async |times: usize| {
        for _ in 0..times {
            let sent = bad.iter().map(|(body, _)| lab.submit(body.clone()));
            let answers = join_all(sent).await;
            for (answer, (body, expected)) in answers.iter().zip(&bad) {
                let begin: String = body.chars().take(300).collect();
                assert_eq!(answer.status, *expected, "{begin}");
            }
        }
    };
    send_all(20).await;
    let before = peak_bytes().unwrap();
    send_all(200).await;
    let grown = peak_bytes().unwrap() - before;
    assert!(grown < 2_000_000, "grown by {grown} bytes");
}

/// Each test runs in a process of its own, so the figures are of this test.
#[tokio::test]
async fn many_of_the_largest_bodies_at_once_take_the_memory_of_a_few() {
    let Some(before) = peak_bytes() else {
        println!("SKIPPED: this system does not show the memory of a process");
        return;
    };
    let test = TestDatabase::create().await.unwrap();
    let served = serve(&test, &config()).await;
    let body = vec![b'x'; BODY_BYTES_MAX];
    let head = format!("Content-Length: {BODY_BYTES_MAX}\r\n");
    let answers = join_all((0..12).map(|_| served.talk(&head, &body))).await;
    for (head, _) in answers {
        assert!(
            head.starts_with("HTTP/1.1 400 ") || head.starts_with("HTTP/1.1 503 "),
            "{head}"
        );
    }
    served.stop().await;
    let grown = peak_bytes().unwrap() - before;
    // The sender's copy, and four in the backend, of twelve.
    assert!(grown < 6 * BODY_BYTES_MAX, "grown by {grown} bytes");
}

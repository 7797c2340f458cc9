//! Memory stays flat, whatever is sent.

use std::fs;

use futures_util::future::join_all;
use store::testing::TestDatabase;
use uptime_backend::BODY_BYTES_MAX;

use crate::lab::config;
use crate::network::serve;

/// The greatest memory that this process ever had, in bytes. Linux only.
fn peak_bytes() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Each test runs in a process of its own, so the figures are of this test.
#[tokio::test]
async fn many_of_the_largest_bodies_at_once_take_the_memory_of_a_few() {
    let Some(before) = peak_bytes() else {
        println!("skipped: this system does not tell the memory of a process");
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

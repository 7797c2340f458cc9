//! A fetcher that has lost one of its tasks ends.

use std::time::Duration;

use log_fetcher::run_on;
use store::Database;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::bench_of_nodes::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_fetcher_whose_discovery_panics_ends_with_an_error_that_names_it() {
    let bench = Bench::start(1, 500).await;
    let mut config = bench.config();
    // The command line refuses it, and a timer panics with it.
    config.discovery_interval = Duration::ZERO;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let options = config.connect_options();
    let database = Database::connect(bench.test.url(), &options).await.unwrap();
    let running = run_on(listener, config, database, CancellationToken::new());
    let ended = tokio::time::timeout(Duration::from_mins(1), running).await;
    let error = ended.expect("it goes on").unwrap_err().to_string();
    assert!(error.contains("\"discovery\" panicked"), "{error}");
}

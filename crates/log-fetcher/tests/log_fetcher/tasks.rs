//! A fetcher that has lost one of its tasks ends.

use std::sync::Mutex;
use std::time::Duration;

use log_fetcher::run_on;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use store::Database;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::bench_of_nodes::Bench;

/// Each task, and a figure that only it takes down.
const TASKS: [(&str, &str); 4] = [
    ("discovery", "log_fetcher_discovery_failing"),
    ("reconciler", "log_fetcher_database_away"),
    ("writer ", "log_fetcher_transactions_total"),
    ("upkeep", "log_fetcher_block_trace_ids_used_ratio"),
];

/// The recorder panics when it takes down this figure.
static FATAL: Mutex<&str> = Mutex::new("");

struct Panicking;

impl Panicking {
    fn check(key: &Key) {
        let is_fatal = *FATAL.lock().unwrap() == key.name();
        assert!(!is_fatal, "{} is fatal", key.name());
    }
}

impl Recorder for Panicking {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Self::check(key);
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Self::check(key);
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Self::check(key);
        Histogram::noop()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetcher_of_which_a_task_panics_ends_with_an_error_that_names_it() {
    let bench = Bench::start(1, 500).await;
    metrics::set_global_recorder(Panicking).unwrap();
    for (task, figure) in TASKS {
        // Something to store, whatever the fetchers before have stored.
        bench.nodes[0].write(20);
        *FATAL.lock().unwrap() = figure;
        let config = bench.config();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let options = config.connect_options();
        let database = Database::connect(bench.test.url(), &options).await.unwrap();
        let running = run_on(listener, config, database, CancellationToken::new());
        let ended = tokio::time::timeout(Duration::from_mins(1), running).await;
        let error = ended.expect("it continues").unwrap_err().to_string();
        assert!(error.contains(&format!("\"{task}")), "{task}: {error}");
        assert!(error.contains("\" panicked"), "{task}: {error}");
    }
}

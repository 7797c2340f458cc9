//! The figures of a process, counted with the macros of the `metrics` crate anywhere and shown as
//! Prometheus text by [`crate::health::routes`].
//!
//! Times are in seconds and sizes in bytes, as Prometheus asks; names carry the unit.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of the buckets of every histogram whose name ends in `_seconds`: from 1 ms (an
/// answer from memory) to 30 s (beyond any time limit of a service).
const SECONDS_BUCKETS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// How often raw histogram samples are folded into buckets. Without this they pile up in memory
/// for as long as nobody reads `/metrics`.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

static HANDLE: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();

/// Why metrics could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up metrics: {0}")]
pub struct MetricsError(String);

/// Installs the recorder of this process. Further calls do nothing, so that several services in
/// one process may each call it; they share one set of figures.
pub fn install() -> Result<(), MetricsError> {
    match HANDLE.get_or_init(|| try_install().map_err(|error| error.to_string())) {
        Ok(_) => Ok(()),
        Err(reason) => Err(MetricsError(reason.clone())),
    }
}

/// All figures of this process as Prometheus text, or nothing before [`install`].
#[must_use]
pub fn render() -> Option<String> {
    let handle = HANDLE.get()?.as_ref().ok()?;
    Some(handle.render())
}

fn try_install() -> Result<PrometheusHandle, Box<dyn std::error::Error>> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
        .install_recorder()?;
    metrics::gauge!("service_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    metrics::gauge!("process_start_time_seconds").set(unix_seconds());
    let upkeep = handle.clone();
    // A thread and not a task: the recorder outlives any runtime that happens to be current here.
    std::thread::Builder::new()
        .name("metrics-upkeep".to_owned())
        .spawn(move || {
            loop {
                std::thread::sleep(UPKEEP_INTERVAL);
                upkeep.run_upkeep();
            }
        })?;
    Ok(handle)
}

fn unix_seconds() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_shows_its_version_and_its_start() {
        install().unwrap();
        let text = render().unwrap();
        let version = concat!(
            "service_build_info{version=\"",
            env!("CARGO_PKG_VERSION"),
            "\"} 1"
        );
        assert!(text.contains(version), "{text}");
        let started = text
            .lines()
            .find_map(|line| line.strip_prefix("process_start_time_seconds "))
            .and_then(|value| value.parse::<f64>().ok())
            .unwrap();
        assert!((0.0..3_600.0).contains(&(unix_seconds() - started)));
    }

    #[test]
    fn installing_twice_keeps_the_figures() {
        install().unwrap();
        ::metrics::counter!("test_installing_twice_total").increment(2);
        install().unwrap();
        ::metrics::counter!("test_installing_twice_total").increment(3);
        let text = render().unwrap();
        assert!(text.contains("test_installing_twice_total 5"), "{text}");
    }

    #[test]
    fn seconds_are_counted_in_buckets() {
        install().unwrap();
        ::metrics::histogram!("test_wait_seconds").record(0.003);
        let text = render().unwrap();
        assert!(
            text.contains(r#"test_wait_seconds_bucket{le="0.0025"} 0"#),
            "{text}"
        );
        assert!(
            text.contains(r#"test_wait_seconds_bucket{le="0.005"} 1"#),
            "{text}"
        );
    }
}

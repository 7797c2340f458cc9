//! How much faster than real time a network of a thousand nodes runs without servers, writing
//! the trace files of all its nodes, on one core.

use std::time::Instant;

use anyhow::Context as _;
use simulation::{NetworkConfig, Span};

use crate::output::inform;

/// Fixed, so that each run does the same.
const SEED: u64 = 7;
const NODES: usize = 1_000;
/// Network time that is measured.
const SPAN: Span = Span::from_seconds(3_600);

/// Network seconds per second. The files go into a temporary folder.
pub(super) fn measure() -> anyhow::Result<f64> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let config = NetworkConfig::with_nodes(NODES, SEED);
    let begin = Instant::now();
    let recording =
        simnet::record::record(config, SEED, SPAN, &folder.path().join("traces"), |_| true)?;
    let seconds = begin.elapsed().as_secs_f64();
    inform(&format!(
        "free running: {NODES} nodes, {} blocks, {} lines, {} MiB in {seconds:.1} s",
        recording.blockchain_length.saturating_sub(1),
        recording.lines,
        recording.bytes >> 20,
    ));
    let network_seconds = u32::try_from(recording.network_seconds).unwrap_or(u32::MAX);
    Ok(f64::from(network_seconds) / seconds.max(1e-9))
}

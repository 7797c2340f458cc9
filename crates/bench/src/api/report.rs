//! The figures of `bench api`.

use serde_json::json;

use super::clients::Latencies;
use crate::output::{OutputFormat, print};

/// What was measured.
pub(super) struct Report {
    /// Stored before the first request.
    pub(super) checkpoints: u64,
    pub(super) blocks: Latencies,
    pub(super) lists: Latencies,
    pub(super) ingest_lines_per_second: f64,
}

impl Report {
    pub(super) fn print(&self, format: OutputFormat) {
        print(&match format {
            OutputFormat::Json => self.json().to_string(),
            OutputFormat::Text => self.table(),
        });
    }

    fn json(&self) -> serde_json::Value {
        let [block_p50, block_p95, block_p99] = quantiles(&self.blocks);
        let [list_p50, list_p95, list_p99] = quantiles(&self.lists);
        json!({
            "checkpoints": self.checkpoints,
            "block_structured_trace_p50_ms": block_p50,
            "block_structured_trace_p95_ms": block_p95,
            "block_structured_trace_p99_ms": block_p99,
            "block_traces_p50_ms": list_p50,
            "block_traces_p95_ms": list_p95,
            "block_traces_p99_ms": list_p99,
            "requests": self.blocks.len() + self.lists.len(),
            "ingest_lines_per_second": self.ingest_lines_per_second.round(),
        })
    }

    fn table(&self) -> String {
        let mut table = format!(
            "{} checkpoints stored; {:.0} lines/s imported meanwhile; {} requests\n\
             {:<24} {:>10} {:>10} {:>10}\n",
            self.checkpoints,
            self.ingest_lines_per_second,
            self.blocks.len() + self.lists.len(),
            "latency in ms",
            "p50",
            "p95",
            "p99",
        );
        for (what, latencies) in [
            ("blockStructuredTrace", &self.blocks),
            ("blockTraces", &self.lists),
        ] {
            let [p50, p95, p99] = quantiles(latencies);
            let line = format!("{what:<24} {p50:>10.2} {p95:>10.2} {p99:>10.2}\n");
            table.push_str(&line);
        }
        table.truncate(table.trim_end().len());
        table
    }
}

/// The quantiles 50, 95 and 99 % in milliseconds.
fn quantiles(latencies: &Latencies) -> [f64; 3] {
    #[expect(clippy::cast_precision_loss, reason = "at most a minute")]
    [0.50, 0.95, 0.99].map(|quantile| latencies.value_at_quantile(quantile) as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_in_milliseconds() {
        let mut latencies = Latencies::new(3).unwrap();
        for milliseconds in 1..=100 {
            latencies.record(milliseconds * 1000).unwrap();
        }
        for (found, expected) in quantiles(&latencies).into_iter().zip([50.0, 95.0, 99.0]) {
            assert!((found - expected).abs() < 0.1, "{found} for {expected}");
        }
    }
}

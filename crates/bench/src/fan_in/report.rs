//! The figures of `bench fan-in`.

use serde_json::json;

use super::{Arguments, catch_up, steady};
use crate::output::{OutputFormat, print};

pub(super) struct Report<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) steady: steady::Figures,
    pub(super) catch_up: catch_up::Figures,
}

impl Report<'_> {
    pub(super) fn print(&self, format: OutputFormat) {
        print(&match format {
            OutputFormat::Json => self.json().to_string(),
            OutputFormat::Text => self.table(),
        });
    }

    fn poll_interval_seconds(&self) -> f64 {
        std::time::Duration::from_millis(self.arguments.interval_ms).as_secs_f64()
    }

    fn json(&self) -> serde_json::Value {
        let (steady, catch_up) = (&self.steady, &self.catch_up);
        json!({
            "nodes": self.arguments.nodes,
            "lines_per_second": self.arguments.lines_per_second,
            "completeness": steady.completeness,
            "poll_interval_seconds": self.poll_interval_seconds(),
            "p50_lag_seconds": steady.p50_lag_seconds,
            "p99_lag_seconds": steady.p99_lag_seconds,
            "p99_lag_seconds_with_faults": steady.p99_lag_seconds_with_faults,
            "fetcher_memory_mib": rounded(steady.fetcher_memory_mib),
            "database_connections": steady.database_connections,
            "cpu_seconds_per_million_lines": rounded(steady.cpu_seconds_per_million_lines),
            "catch_up_lines_per_second": catch_up.lines_per_second.round(),
            "catch_up_memory_mib": rounded(catch_up.memory_mib),
            "catch_up_nodes_alone_lines_per_second": catch_up.nodes_alone.round(),
            "catch_up_copy_alone_lines_per_second": catch_up.copy_alone.round(),
            "catch_up_processors": {
                "fetcher": rounded(catch_up.processors.fetcher),
                "nodes": rounded(catch_up.processors.nodes),
                "database": rounded(catch_up.processors.database),
            },
            "catch_up_limit": catch_up.processors.busiest(),
        })
    }

    fn table(&self) -> String {
        let (steady, catch_up) = (&self.steady, &self.catch_up);
        let interval = self.poll_interval_seconds();
        let used = &catch_up.processors;
        let rows = [
            (
                "entries stored",
                format!("{:.4} %", 100.0 * steady.completeness),
                "100 %".to_owned(),
            ),
            (
                "lag from event to commit, p50",
                format!("{:.2} s", steady.p50_lag_seconds),
                String::new(),
            ),
            (
                "lag from event to commit, p99",
                format!("{:.2} s", steady.p99_lag_seconds),
                format!("≤ {:.2} s: poll interval + 1 s", interval + 1.0),
            ),
            (
                "the same, one node in ten bad",
                format!("{:.2} s", steady.p99_lag_seconds_with_faults),
                format!("< {:.2} s: 10 % more", 1.1 * steady.p99_lag_seconds),
            ),
            (
                "memory of the fetcher",
                format!("{:.0} MiB", steady.fetcher_memory_mib),
                "≤ 256 MiB".to_owned(),
            ),
            (
                "connections to the database",
                steady.database_connections.to_string(),
                "≤ 20".to_owned(),
            ),
            (
                "processor time of the fetcher",
                format!(
                    "{:.1} s/million lines",
                    steady.cpu_seconds_per_million_lines
                ),
                String::new(),
            ),
            (
                "catching up",
                format!("{:.0} lines/s", catch_up.lines_per_second),
                "≥ 100000 lines/s".to_owned(),
            ),
            (
                "  nodes answering, nothing else",
                format!("{:.0} lines/s", catch_up.nodes_alone),
                String::new(),
            ),
            (
                "  plain COPY of the same rows",
                format!("{:.0} lines/s", catch_up.copy_alone),
                String::new(),
            ),
            (
                "  processors used",
                format!(
                    "{:.2} fetcher, {:.2} database, {:.2} nodes",
                    used.fetcher, used.database, used.nodes
                ),
                format!("most by: {}", used.busiest()),
            ),
            (
                "  memory of the fetcher",
                format!("{:.0} MiB", catch_up.memory_mib),
                "≤ 256 MiB".to_owned(),
            ),
        ];
        let lines = rows.map(|(what, value, goal)| {
            let line = format!("{what:<34} {value:<42} {goal}");
            line.trim_end().to_owned()
        });
        lines.join("\n")
    }
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

//! The figures of `bench results`.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::experiments::{Requests, View};
use super::pages::Pages;
use super::parquet::Parquet;
use crate::output::{OutputFormat, print};

/// What was measured; parts that were not asked for are left out.
#[derive(Default)]
pub(super) struct Report {
    pub(super) view: Option<View>,
    pub(super) requests: Option<Requests>,
    pub(super) pages: Option<Pages>,
    pub(super) parquet: Option<Parquet>,
}

impl Report {
    pub(super) fn print(&self, format: OutputFormat) {
        print(&match format {
            OutputFormat::Json => Value::Object(self.figures()).to_string(),
            OutputFormat::Text => self.table(),
        });
    }

    fn figures(&self) -> Map<String, Value> {
        let mut figures = Map::new();
        let mut set = |key: &str, value: Value| {
            figures.insert(key.to_owned(), value);
        };
        if let Some(view) = &self.view {
            set("experiments_view_seconds_1m", json!(view.seconds));
            set("experiments_view_growth", json!(view.growth()));
            set("experiments_view_transactions", json!(view.transactions));
            set("experiments_view_rounds", json!(view.rounds));
            if let Some(reference) = &view.reference {
                let ratio = reference.original_seconds / reference.seconds;
                set("reference_view_ratio", json!(ratio));
                set("reference_view_transactions", json!(reference.transactions));
                set("reference_view_seconds", json!(reference.original_seconds));
            }
        }
        if let Some(requests) = &self.requests {
            set(
                "experiments_requests_per_second",
                json!(requests.per_second),
            );
            set("experiments_p50_ms", json!(requests.p50_ms));
            set("experiments_p99_ms", json!(requests.p99_ms));
            set("experiments_bytes", json!(requests.bytes));
        }
        if let Some(pages) = &self.pages {
            set("matrix_1000x200_p95_ms", json!(pages.matrix.p95_ms));
            set("matrix_1000x200_first_ms", json!(pages.matrix.first_ms));
            set("trace_50000_p95_ms", json!(pages.trace.p95_ms));
            set(
                "attribution_10000_traces_seconds",
                json!(pages.attribution.p95_ms / 1000.0),
            );
        }
        if let Some(parquet) = &self.parquet {
            let ratio = parquet.raw_bytes_per_line() / parquet.bytes_per_line();
            set("parquet_bytes_per_line", json!(parquet.bytes_per_line()));
            set(
                "parquet_lines_per_second",
                json!(parquet.lines_per_second()),
            );
            set(
                "parquet_raw_bytes_per_line",
                json!(parquet.raw_bytes_per_line()),
            );
            set("parquet_raw_ratio", json!(ratio));
            set("parquet_rows", json!(parquet.rows));
        }
        figures
    }

    /// A line for each figure.
    fn table(&self) -> String {
        let mut table = String::new();
        for (key, value) in self.figures() {
            let value = match value.as_f64() {
                Some(number) if !value.is_u64() => format!("{number:.3}"),
                _ => value.to_string(),
            };
            let _ = writeln!(table, "{key:<34} {value:>14}");
        }
        if let Some(pages) = &self.pages {
            for (what, page) in [
                ("matrix", &pages.matrix),
                ("trace", &pages.trace),
                ("attribution", &pages.attribution),
            ] {
                let _ = writeln!(
                    table,
                    "{what:<12} first {:>7.1} ms, p50 {:>7.1} ms, p95 {:>7.1} ms, kept p95 {:>6.1} ms, {} bytes",
                    page.first_ms, page.p50_ms, page.p95_ms, page.kept_p95_ms, page.bytes
                );
            }
        }
        table.truncate(table.trim_end().len());
        table
    }
}

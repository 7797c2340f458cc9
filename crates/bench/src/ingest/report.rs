//! The figures of `bench ingest`.

use serde_json::json;

use crate::output::{OutputFormat, print};

/// What was measured.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) tracer_lines_per_second: f64,
    pub(super) end_to_end_lines_per_second: f64,
    pub(super) end_to_end_rows_per_second: f64,
    pub(super) copy_rows_per_second: f64,
    pub(super) row_at_a_time_rows_per_second: f64,
    pub(super) peak_memory_kib: u64,
    /// Of the whole database, tables, indexes and what the import keeps.
    pub(super) bytes_per_line: f64,
}

impl Report {
    pub(super) fn print(&self, format: OutputFormat) {
        print(&match format {
            OutputFormat::Json => self.json().to_string(),
            OutputFormat::Text => self.table(),
        });
    }

    fn ratio_to_copy(&self) -> f64 {
        self.end_to_end_rows_per_second / self.copy_rows_per_second
    }

    fn ratio_to_row_at_a_time(&self) -> f64 {
        self.end_to_end_rows_per_second / self.row_at_a_time_rows_per_second
    }

    #[expect(clippy::cast_precision_loss, reason = "rounded to tenths")]
    fn peak_memory_mib(&self) -> f64 {
        self.peak_memory_kib as f64 / 1024.0
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "tracer_lines_per_second": self.tracer_lines_per_second.round(),
            "end_to_end_lines_per_second": self.end_to_end_lines_per_second.round(),
            "copy_rows_per_second": self.copy_rows_per_second.round(),
            "row_at_a_time_rows_per_second": self.row_at_a_time_rows_per_second.round(),
            "ratio_to_copy": rounded(self.ratio_to_copy()),
            "ratio_to_row_at_a_time": rounded(self.ratio_to_row_at_a_time()),
            "peak_memory_mib": rounded(self.peak_memory_mib()),
            "bytes_per_line": rounded(self.bytes_per_line),
        })
    }

    fn table(&self) -> String {
        let rows = [
            (
                "tracer alone, one core",
                self.tracer_lines_per_second,
                "lines/s",
            ),
            ("end to end", self.end_to_end_lines_per_second, "lines/s"),
            ("end to end", self.end_to_end_rows_per_second, "rows/s"),
            (
                "plain COPY of the same rows",
                self.copy_rows_per_second,
                "rows/s",
            ),
            (
                "one INSERT per row",
                self.row_at_a_time_rows_per_second,
                "rows/s",
            ),
        ];
        let mut lines: Vec<String> = rows
            .into_iter()
            .map(|(what, rate, unit)| format!("{what:<30} {rate:>12.0} {unit}"))
            .collect();
        let ratio = self.ratio_to_copy();
        lines.push(format!("{:<30} {ratio:>12.2}", "end to end / COPY"));
        let ratio = self.ratio_to_row_at_a_time();
        lines.push(format!("{:<30} {ratio:>12.1}", "end to end / INSERT"));
        let memory = self.peak_memory_mib();
        let what = "peak memory of the import";
        lines.push(format!("{what:<30} {memory:>12.1} MiB"));
        let (what, bytes) = ("the database grows by", self.bytes_per_line);
        lines.push(format!("{what:<30} {bytes:>12.1} bytes a line"));
        lines.join("\n")
    }
}

/// To three decimals.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_compare_rows_with_rows() {
        let report = Report {
            tracer_lines_per_second: 2e6,
            end_to_end_lines_per_second: 200_000.0,
            end_to_end_rows_per_second: 240_000.0,
            copy_rows_per_second: 300_000.0,
            row_at_a_time_rows_per_second: 2_000.0,
            peak_memory_kib: 51_200,
            bytes_per_line: 139.25,
        };
        let json = report.json();
        assert_eq!(json["ratio_to_copy"], 0.8);
        assert_eq!(json["ratio_to_row_at_a_time"], 120.0);
        assert_eq!(json["peak_memory_mib"], 50.0);
        assert_eq!(json["bytes_per_line"], 139.25);
        assert!(report.table().contains("end to end / COPY"));
    }
}

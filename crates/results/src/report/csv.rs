//! The figures of rounds as CSV.

use super::model::Report;
use super::numbers::Column;

fn optional<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

const COLUMNS: [Column; 31] = [
    ("round", |round| optional(round.round)),
    ("from_us", |round| optional(round.from)),
    ("until_us", |round| optional(round.until)),
    ("intended", |round| optional(round.intended)),
    ("accepted", |round| optional(round.accepted)),
    ("seen", |round| round.seen.to_string()),
    ("included", |round| round.included.to_string()),
    ("applied", |round| round.applied.to_string()),
    ("failed", |round| round.failed.to_string()),
    ("refused", |round| round.refused.to_string()),
    ("never_seen", |round| round.never_seen.to_string()),
    ("waiting", |round| round.waiting.to_string()),
    ("missed", |round| round.missed.to_string()),
    ("unknown", |round| round.unknown.to_string()),
    ("unexpected", |round| round.unexpected.to_string()),
    ("intended_min", |round| optional(round.rate.intended)),
    ("accepted_min", |round| optional(round.rate.accepted)),
    ("included_min", |round| optional(round.rate.included)),
    ("latency_p50_s", |round| optional(round.latency_s.p50)),
    ("latency_p90_s", |round| optional(round.latency_s.p90)),
    ("latency_p95_s", |round| optional(round.latency_s.p95)),
    ("latency_p99_s", |round| optional(round.latency_s.p99)),
    ("latency_max_s", |round| optional(round.latency_s.max)),
    ("apply_p50_s", |round| optional(round.apply_s.p50)),
    ("apply_p95_s", |round| optional(round.apply_s.p95)),
    ("apply_p99_s", |round| optional(round.apply_s.p99)),
    ("blocks", |round| round.blocks.to_string()),
    ("orphans", |round| round.orphans.to_string()),
    ("missed_slots", |round| optional(round.missed_slots)),
    ("restarts", |round| round.restarts.to_string()),
    ("completeness", |round| optional(round.completeness)),
];

pub(super) fn rows(report: &Report) -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let mut text = names.join(",");
    text.push('\n');
    let results = &report.results;
    for round in results.rounds.iter().chain([&results.run]) {
        let cells: Vec<String> = COLUMNS.iter().map(|(_, cell)| cell(round)).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

//! Numbers as people read them.

use crate::answers::RoundResult;

/// What stands for unknown values.
pub(super) const UNKNOWN: &str = "–";

/// At most two digits after the point.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or_else(
        || UNKNOWN.to_owned(),
        |value| {
            let text = format!("{value:.2}");
            let text = text.trim_end_matches('0').trim_end_matches('.');
            if text == "-0" { "0" } else { text }.to_owned()
        },
    )
}

/// A share in percent, rounded down: it never looks complete when it is not.
pub(super) fn percent_down(share: f64) -> String {
    format!("{} %", number(Some((share * 1e4 + 1e-6).floor() / 1e2)))
}

pub(super) fn percent(part: u64, total: u64) -> String {
    if total == 0 {
        return UNKNOWN.to_owned();
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of transactions")]
    percent_down(part as f64 / total as f64)
}

pub(super) fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

pub(super) fn whole<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), |value| value.to_string())
}

/// A column: what it is called, and what a round has there.
pub(super) type Column = (&'static str, fn(&RoundResult) -> String);

/// The columns of the table of rounds: what they are called and what a round has there.
pub(super) const COLUMNS: [Column; 15] = [
    ("Round", |round| {
        round
            .round
            .map_or_else(|| "all".to_owned(), |round| round.to_string())
    }),
    ("Intended", |round| whole(round.intended)),
    ("Accepted", |round| whole(round.accepted)),
    ("Included", |round| round.included.to_string()),
    ("Included %", |round| percent(round.included, round.total)),
    ("Applied", |round| round.applied.to_string()),
    ("Failed", |round| round.failed.to_string()),
    ("Missed", |round| round.missed.to_string()),
    ("Never seen", |round| round.never_seen.to_string()),
    ("Per minute", |round| number(round.rate.included)),
    ("Latency p50 s", |round| number(round.latency_s.p50)),
    ("p95 s", |round| number(round.latency_s.p95)),
    ("Apply p95 s", |round| number(round.apply_s.p95)),
    ("Blocks", |round| round.blocks.to_string()),
    ("Verdict", |round| {
        round
            .verdict
            .map_or_else(|| UNKNOWN.to_owned(), |verdict| verdict.to_string())
    }),
];

//! Reading thresholds. Errors name the position and, for a name, the nearest known one.

use nearest::nearest;

use super::metric::{Dimension, METRICS};
use super::{Metric, Operator, Threshold, Unit};

/// Most thresholds of one run.
pub const THRESHOLDS_MAX: usize = 50;

/// Longest threshold, in bytes.
const LENGTH_MAX: usize = 200;

/// Why a text is no threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {message}{}", hint(.nearest.as_deref()))]
pub struct ThresholdError {
    /// Where, counted in characters from 1.
    pub position: usize,
    /// What is wrong.
    pub message: String,
    /// The known name or unit that is meant, perhaps.
    pub nearest: Option<String>,
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean {nearest}?"))
}

/// A text that is read from left to right.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !accept(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn error(&self, at: usize, message: impl Into<String>) -> ThresholdError {
        ThresholdError {
            position: self.text[..at].chars().count() + 1,
            message: message.into(),
            nearest: None,
        }
    }
}

impl Threshold {
    /// Reads `metric operator number unit`, as in `latency.p95 < 6 slots`. Errors: [`ThresholdError`]
    /// with the position of the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, ThresholdError> {
        let mut reader = Reader { text, at: 0 };
        if text.len() > LENGTH_MAX {
            return Err(reader.error(0, format!("a threshold has {LENGTH_MAX} bytes at most")));
        }
        reader.skip_space();
        let metric = metric(&mut reader)?;
        reader.skip_space();
        let operator = operator(&mut reader)?;
        reader.skip_space();
        let bound = number(&mut reader)?;
        reader.skip_space();
        let unit = unit(&mut reader, metric)?;
        reader.skip_space();
        if reader.at < text.len() {
            return Err(reader.error(reader.at, "nothing may follow the unit"));
        }
        Ok(Self {
            expression: text.trim().to_owned(),
            metric,
            operator,
            bound,
            unit,
        })
    }
}

fn metric(reader: &mut Reader<'_>) -> Result<Metric, ThresholdError> {
    let start = reader.at;
    let name = reader.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    if name.is_empty() {
        return Err(reader.error(start, "a metric is expected, such as latency.p95"));
    }
    Metric::named(name).ok_or_else(|| ThresholdError {
        nearest: nearest(name, METRICS.iter().map(|(_, known, _)| *known)).map(str::to_owned),
        ..reader.error(start, format!("there is no metric \"{name}\""))
    })
}

fn operator(reader: &mut Reader<'_>) -> Result<Operator, ThresholdError> {
    let start = reader.at;
    let text = reader.take_while(|c| matches!(c, '<' | '>' | '=' | '!'));
    [
        Operator::Less,
        Operator::AtMost,
        Operator::Greater,
        Operator::AtLeast,
        Operator::Equal,
        Operator::NotEqual,
    ]
    .into_iter()
    .find(|operator| operator.text() == text)
    .ok_or_else(|| reader.error(start, "one of < <= > >= == != is expected"))
}

fn number(reader: &mut Reader<'_>) -> Result<f64, ThresholdError> {
    let start = reader.at;
    let text = reader.take_while(|c| c.is_ascii_digit() || c == '.');
    text.parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .ok_or_else(|| reader.error(start, "a number is expected, such as 99 or 0.5"))
}

fn unit(reader: &mut Reader<'_>, metric: Metric) -> Result<Unit, ThresholdError> {
    let start = reader.at;
    let text = reader.take_while(|c| !c.is_whitespace());
    let units = metric.dimension().units();
    // A time without unit may mean anything.
    let may_be_bare = metric.dimension() != Dimension::Time;
    if text.is_empty() && may_be_bare {
        return units
            .first()
            .copied()
            .ok_or_else(|| reader.error(start, "this metric has no unit"));
    }
    let text = if text == "slot" { "slots" } else { text };
    units
        .iter()
        .find(|unit| unit.text() == text && !text.is_empty())
        .copied()
        .ok_or_else(|| {
            let known: Vec<&str> = units
                .iter()
                .map(|unit| unit.text())
                .filter(|text| !text.is_empty())
                .collect();
            let message = if known.is_empty() {
                format!("{} is a count and has no unit", metric.name())
            } else {
                format!(
                    "the unit of {} is one of {}",
                    metric.name(),
                    known.join(", ")
                )
            };
            ThresholdError {
                nearest: nearest(text, known.iter().copied()).map(str::to_owned),
                ..reader.error(start, message)
            }
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn reads(text: &str, metric: Metric, operator: Operator, bound: f64, unit: Unit) {
        let expected = Threshold {
            expression: text.trim().to_owned(),
            metric,
            operator,
            bound,
            unit,
        };
        assert_eq!(Threshold::parse(text), Ok(expected));
    }

    #[test]
    fn the_documented_forms_are_read() {
        reads(
            "included >= 99%",
            Metric::Included,
            Operator::AtLeast,
            99.0,
            Unit::Percent,
        );
        reads(
            " applied>=0.99 ",
            Metric::Applied,
            Operator::AtLeast,
            0.99,
            Unit::Share,
        );
        reads(
            "latency.p95 < 6 slots",
            Metric::LatencyP95,
            Operator::Less,
            6.0,
            Unit::Slots,
        );
        reads(
            "latency.max <= 1 slot",
            Metric::LatencyMax,
            Operator::AtMost,
            1.0,
            Unit::Slots,
        );
        reads(
            "block_application.p99 < 15s",
            Metric::ApplicationP99,
            Operator::Less,
            15.0,
            Unit::Seconds,
        );
        reads(
            "restarts == 0",
            Metric::Restarts,
            Operator::Equal,
            0.0,
            Unit::Count,
        );
        reads(
            "rate.included > 1.5 tps",
            Metric::RateIncluded,
            Operator::Greater,
            1.5,
            Unit::PerSecond,
        );
        reads(
            "orphans != 3",
            Metric::Orphans,
            Operator::NotEqual,
            3.0,
            Unit::Count,
        );
        assert_eq!(super::super::defaults().len(), 2);
    }

    #[track_caller]
    fn refuses(text: &str, position: usize, message: &str, nearest: Option<&str>) {
        let error = Threshold::parse(text).unwrap_err();
        let found = (error.position, error.nearest.as_deref());
        assert_eq!(found, (position, nearest), "{text}: {error}");
        assert!(error.message.contains(message), "{error}");
    }

    #[test]
    fn an_error_names_its_position_and_the_nearest_name() {
        refuses(
            "latency.p59 < 6s",
            1,
            "no metric \"latency.p59\"",
            Some("latency.p95"),
        );
        refuses("  inclded >= 99%", 3, "no metric", Some("included"));
        refuses("zzz >= 99%", 1, "no metric", None);
        refuses("", 1, "a metric is expected", None);
        refuses("included => 99%", 10, "one of <", None);
        refuses("included 99%", 10, "one of <", None);
        refuses("included >= many", 13, "a number", None);
        refuses("included >= 9.9.9%", 13, "a number", None);
        refuses("included >= -1%", 13, "a number", None);
        refuses("latency.p95 < 6", 16, "one of s, ms, min, slots", None);
        refuses("latency.p95 < 6 slts", 17, "one of s", Some("slots"));
        refuses("restarts == 0 %", 15, "has no unit", None);
        refuses("included >= 99% always", 17, "nothing may follow", None);
        refuses(&"ü".repeat(101), 1, "200 bytes", None);
    }

    #[test]
    fn a_message_is_one_sentence() {
        let error = Threshold::parse("latency.p59 < 6s").unwrap_err();
        assert_eq!(
            error.to_string(),
            "at character 1: there is no metric \"latency.p59\"; did you mean latency.p95?"
        );
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in ".{0,60}") {
            if let Err(error) = Threshold::parse(&text) {
                prop_assert!(error.position <= text.chars().count() + 1);
            }
        }

        #[test]
        fn what_is_read_is_read_again(bound in 0..1000u32, index in 0..METRICS.len()) {
            let (metric, name, _) = METRICS[index];
            let unit = metric.dimension().units()[0];
            let text = format!("{name} <= {bound} {}", unit.text());
            let read = Threshold::parse(&text).unwrap();
            prop_assert_eq!((read.metric, read.unit), (metric, unit));
            prop_assert_eq!(Threshold::parse(&read.expression).unwrap(), read);
        }
    }
}

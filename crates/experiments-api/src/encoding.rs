//! The JSON of SQL values as node-postgres and Express make it, which clients
//! rely on: `bigint` and `numeric` are strings, times ISO 8601 in UTC with
//! milliseconds, intervals objects of their parts that are not zero. Only a
//! null interval is `{}`, because the original dashboard breaks at null.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use store::experiment_runs::{Failures, failure_warning};
use store::experiments::{ExperimentRound, ExperimentState, Interval, Numeric, Time};

/// Express' media type of JSON.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// An answer with a JSON body.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match bytes(value) {
        Some(bytes) => written(status, bytes.into()),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// An answer with a body that is JSON already.
pub(crate) fn written(status: StatusCode, json: Bytes) -> Response {
    let headers = [(header::CONTENT_TYPE, MEDIA_TYPE)];
    (status, headers, Body::from(json)).into_response()
}

/// A value as JSON; none if it cannot be written, which the log says.
pub(crate) fn bytes(value: &impl Serialize) -> Option<Vec<u8>> {
    let written = serde_json::to_vec(value);
    written
        .inspect_err(|error| tracing::error!(%error, "an answer could not be written"))
        .ok()
}

/// A row of the view `experiments`.
#[derive(Serialize)]
pub(crate) struct RoundRow<'a> {
    exp: &'a str,
    round: i32,
    deployment_id: i32,
    rate_min: Option<&'a str>,
    zkapp_rate_min: Option<&'a str>,
    payment_rate_min: Option<&'a str>,
    duration: Parts,
    max_latency: Parts,
    missed: &'a str,
    failed: &'a str,
    successful: &'a str,
    start: Option<String>,
    #[serde(serialize_with = "as_text")]
    total: i64,
    #[serde(serialize_with = "as_text")]
    zkapps: i64,
    // From here on what the original has not.
    #[serde(serialize_with = "as_text")]
    included_count: i64,
    #[serde(serialize_with = "as_text")]
    applied_count: i64,
    #[serde(serialize_with = "as_text")]
    failed_count: i64,
    /// How many failed for which reason.
    failures: &'a Failures,
    /// About transactions that failed, if any did.
    warning: Option<String>,
}

impl<'a> From<&'a ExperimentRound> for RoundRow<'a> {
    fn from(round: &'a ExperimentRound) -> Self {
        let optional =
            |number: &'a Option<Numeric>| number.as_ref().map(|number| number.0.as_str());
        Self {
            exp: &round.experiment,
            round: round.round,
            deployment_id: round.deployment_id,
            rate_min: optional(&round.rate_min),
            zkapp_rate_min: optional(&round.zkapp_rate_min),
            payment_rate_min: optional(&round.payment_rate_min),
            duration: Parts::from(round.duration),
            max_latency: Parts::from(round.max_latency),
            missed: &round.missed.0,
            failed: &round.failed.0,
            successful: &round.successful.0,
            start: iso(round.start),
            total: round.total,
            zkapps: round.zkapps,
            included_count: round.included_count,
            applied_count: round.applied_count,
            failed_count: round.failed_count,
            failures: &round.failures,
            warning: failure_warning(round.included_count, &round.failures),
        }
    }
}

/// A row of `experiment_state`.
#[derive(Serialize)]
pub(crate) struct StateRow<'a> {
    name: &'a str,
    description: &'a str,
    created_at: Option<String>,
    updated_at: Option<String>,
    ended_at: Option<String>,
    status: &'a str,
    comment: Option<&'a str>,
    setup_json: &'a Value,
    current_step_no: Option<i32>,
    current_step_name: Option<&'a str>,
    warnings: &'a Lines,
    errors: &'a Lines,
    logs: &'a Lines,
}

/// An array of texts, each of which may be null.
type Lines = Option<Vec<Option<String>>>;

impl<'a> From<&'a ExperimentState> for StateRow<'a> {
    fn from(state: &'a ExperimentState) -> Self {
        Self {
            name: &state.name,
            description: &state.description,
            created_at: iso(state.created_at),
            updated_at: state.updated_at.and_then(iso),
            ended_at: state.ended_at.and_then(iso),
            status: &state.status,
            comment: state.comment.as_deref(),
            setup_json: &state.setup,
            current_step_no: state.current_step_no,
            current_step_name: state.current_step_name.as_deref(),
            warnings: &state.warnings,
            errors: &state.errors,
            logs: &state.logs,
        }
    }
}

/// An interval as node-postgres gives it. It has no null: the original dashboard cannot show one.
#[derive(Debug, Default, Serialize, PartialEq)]
pub(crate) struct Parts {
    #[serde(skip_serializing_if = "is_zero")]
    years: i64,
    #[serde(skip_serializing_if = "is_zero")]
    months: i64,
    #[serde(skip_serializing_if = "is_zero")]
    days: i64,
    #[serde(skip_serializing_if = "is_zero")]
    hours: i64,
    #[serde(skip_serializing_if = "is_zero")]
    minutes: i64,
    #[serde(skip_serializing_if = "is_zero")]
    seconds: i64,
    #[serde(skip_serializing_if = "Micros::is_zero")]
    milliseconds: Micros,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Microseconds below a second, written as milliseconds: 500 or 643.705.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Micros(i32);

impl Micros {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
    fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1000 == 0 {
            serializer.serialize_i32(self.0 / 1000)
        } else {
            serializer.serialize_f64(f64::from(self.0) / 1000.0)
        }
    }
}

impl From<Interval> for Parts {
    /// As PostgreSQL writes an interval: parts of one sign within the months
    /// and within the time, days alone.
    fn from(interval: Interval) -> Self {
        const SECOND: i64 = 1_000_000;
        let seconds = interval.microseconds / SECOND;
        Self {
            years: i64::from(interval.months / 12),
            months: i64::from(interval.months % 12),
            days: interval.days.into(),
            hours: seconds / 3600,
            minutes: seconds / 60 % 60,
            seconds: seconds % 60,
            // Below a million in any case.
            milliseconds: Micros(i32::try_from(interval.microseconds % SECOND).unwrap_or_default()),
        }
    }
}

impl From<Option<Interval>> for Parts {
    /// Without an interval there are no parts.
    fn from(interval: Option<Interval>) -> Self {
        interval.map(Self::from).unwrap_or_default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn as_text<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

/// `2026-01-31T09:00:00.123Z`, cut to milliseconds; none, which is null, for
/// the infinite times and those outside the years 0 to 9999.
pub(crate) fn iso(time: Time) -> Option<String> {
    let Time::UnixMicros(micros) = time else {
        return None;
    };
    let time = Timestamp::from_millisecond(micros.div_euclid(1000)).ok()?;
    let text = time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    (!text.starts_with('-')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn interval(months: i32, days: i32, microseconds: i64) -> String {
        let interval = Interval {
            months,
            days,
            microseconds,
        };
        serde_json::to_string(&Parts::from(interval)).unwrap()
    }

    #[test]
    fn an_interval_has_its_parts_that_are_not_zero() {
        // 29:41.5, the example of the specification
        assert_eq!(
            interval(0, 0, 1_781_500_000),
            r#"{"minutes":29,"seconds":41,"milliseconds":500}"#
        );
        assert_eq!(interval(0, 0, 0), "{}");
        assert_eq!(
            interval(14, 3, 4 * 3_600_000_000 + 87_643_705),
            r#"{"years":1,"months":2,"days":3,"hours":4,"minutes":1,"seconds":27,"milliseconds":643.705}"#
        );
        assert_eq!(interval(0, 0, 100 * 3_600_000_000), r#"{"hours":100}"#);
        assert_eq!(interval(0, 0, 7), r#"{"milliseconds":0.007}"#);
        assert_eq!(
            interval(-14, -1, -61_500_000),
            r#"{"years":-1,"months":-2,"days":-1,"minutes":-1,"seconds":-1,"milliseconds":-500}"#
        );
    }

    #[test]
    fn a_time_is_cut_to_milliseconds() {
        let check = |micros, expected: &str| {
            assert_eq!(iso(Time::UnixMicros(micros)).as_deref(), Some(expected));
        };
        check(0, "1970-01-01T00:00:00.000Z");
        check(1_769_850_000_123_999, "2026-01-31T09:00:00.123Z");
        check(-1, "1969-12-31T23:59:59.999Z");
        check(253_402_207_199_999_999, "9999-12-30T21:59:59.999Z");
        check(-62_135_596_800_000_000, "0001-01-01T00:00:00.000Z");
    }

    #[test]
    fn times_that_javascript_has_not_are_null() {
        for time in [
            Time::Infinity,
            Time::MinusInfinity,
            Time::UnixMicros(i64::MAX),
            Time::UnixMicros(i64::MIN),
            Time::UnixMicros(-62_198_755_200_000_000),
        ] {
            assert_eq!(iso(time), None, "{time:?}");
        }
    }

    proptest! {
        #[test]
        fn the_parts_of_an_interval_are_the_interval(
            months in any::<i32>(), days in any::<i32>(), microseconds in any::<i64>(),
        ) {
            let parts = Parts::from(Interval { months, days, microseconds });
            prop_assert_eq!(parts.years * 12 + parts.months, i64::from(months));
            let seconds = (parts.hours * 60 + parts.minutes) * 60 + parts.seconds;
            let sum = seconds * 1_000_000 + i64::from(parts.milliseconds.0);
            prop_assert_eq!(sum, microseconds);
        }
    }
}

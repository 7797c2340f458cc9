//! Points in time of trace entries, exact to the nanosecond.

use serde::{Deserialize, Serialize};

const NANOSECONDS: i64 = 1_000_000_000;

/// Nanoseconds since the Unix epoch, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// Why a text is not the time of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// The writer always gives a fraction; an integer is some other kind of line.
    #[error("the time has neither a fraction nor an exponent")]
    Integer,
    /// Before 1970, after 2262, or not a number.
    #[error("the time is not between the years 1970 and 2262")]
    OutOfRange,
}

impl Timestamp {
    /// A time from whole nanoseconds since the epoch, none if negative.
    #[must_use]
    pub fn from_nanoseconds(nanoseconds: i64) -> Option<Self> {
        (nanoseconds >= 0).then_some(Self(nanoseconds))
    }

    /// Reads seconds since the epoch from the text of a JSON number.
    ///
    /// Up to nine decimals are exact. Longer fractions and exponents, which no
    /// node writes, are read as a double and rounded to nanoseconds.
    ///
    /// # Errors
    ///
    /// The text is no time, or one out of range.
    pub fn from_seconds_text(text: &str) -> Result<Self, TimestampError> {
        match Self::from_plain_decimal(text) {
            Some(time) => Ok(time),
            None => Self::from_unusual_text(text),
        }
    }

    /// Reads the form in which nodes write times: digits, a point, and at most
    /// nine digits.
    pub(crate) fn from_plain_decimal(text: &str) -> Option<Self> {
        decimal(text.as_bytes()).map(Self)
    }

    fn from_unusual_text(text: &str) -> Result<Self, TimestampError> {
        if !text.contains(['.', 'e', 'E']) {
            return Err(TimestampError::Integer);
        }
        let seconds: f64 = text.parse().map_err(|_| TimestampError::OutOfRange)?;
        let nanoseconds = (seconds.fract() * 1e9).round();
        if !(0.0..9_223_372_036.0).contains(&seconds) {
            return Err(TimestampError::OutOfRange);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "both parts are in range, checked above"
        )]
        Ok(Self(
            seconds.trunc() as i64 * NANOSECONDS + nanoseconds as i64,
        ))
    }

    /// Reads `YYYY-MM-DD HH:MM:SS[.fraction]Z`, the form of a node's log
    /// entries, also with a `T` in the middle.
    ///
    /// # Errors
    ///
    /// The text is no time, or one out of range.
    pub fn from_utc_text(text: &str) -> Result<Self, TimestampError> {
        utc(text.as_bytes())
            .and_then(Self::from_nanoseconds)
            .ok_or(TimestampError::OutOfRange)
    }

    /// This many nanoseconds earlier; none if that is before the epoch.
    #[must_use]
    pub fn earlier_by(self, nanoseconds: i64) -> Option<Self> {
        self.0
            .checked_sub(nanoseconds)
            .and_then(Self::from_nanoseconds)
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub fn nanoseconds(self) -> i64 {
        self.0
    }

    /// Microseconds since the epoch, rounded to the nearest: what a PostgreSQL
    /// `timestamptz` holds.
    #[must_use]
    pub fn microseconds(self) -> i64 {
        self.0 / 1000 + i64::from(self.0 % 1000 >= 500)
    }

    /// Seconds since the epoch as the nearest double: the very double that one
    /// gets by reading the decimal text.
    ///
    /// The sum below rounds once in effect: a decimal of nine digits is either
    /// exactly between two doubles of this size, and then itself exact, or so
    /// far from the middle that the error of the division cannot matter.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "whole seconds below 2^34 and nanoseconds below 2^30 are exact"
    )]
    pub fn seconds(self) -> f64 {
        (self.0 / NANOSECONDS) as f64 + (self.0 % NANOSECONDS) as f64 / 1e9
    }
}

/// `digits.digits` with at most nine decimals, as nanoseconds.
fn decimal(text: &[u8]) -> Option<i64> {
    let point = memchr::memchr(b'.', text)?;
    let (whole, fraction) = (&text[..point], &text[point + 1..]);
    if whole.is_empty() || whole.len() > 10 || fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    if whole.len() > 1 && whole[0] == b'0' {
        return None;
    }
    let seconds = digits(whole)?;
    let mut nanoseconds = digits(fraction)?;
    for _ in fraction.len()..9 {
        nanoseconds *= 10;
    }
    seconds.checked_mul(NANOSECONDS)?.checked_add(nanoseconds)
}

fn utc(text: &[u8]) -> Option<i64> {
    let text = text.strip_suffix(b"Z")?;
    let (moment, fraction) = match memchr::memchr(b'.', text) {
        Some(point) => (&text[..point], &text[point + 1..]),
        None => (text, b"0".as_slice()),
    };
    let separators = [(4, "-"), (7, "-"), (10, " T"), (13, ":"), (16, ":")]
        .iter()
        .all(|&(at, allowed)| {
            moment
                .get(at)
                .is_some_and(|byte| allowed.as_bytes().contains(byte))
        });
    if !separators || moment.len() != 19 || fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let year = digits(&moment[..4])?;
    let month = digits(&moment[5..7]).filter(|month| (1..=12).contains(month))?;
    let day = digits(&moment[8..10]).filter(|&day| day >= 1 && day <= days_of(year, month))?;
    let hour = digits(&moment[11..13]).filter(|&hour| hour < 24)?;
    let minute = digits(&moment[14..16]).filter(|&minute| minute < 60)?;
    let second = digits(&moment[17..19]).filter(|&second| second < 60)?;
    let months: i64 = (1..month).map(|month| days_of(year, month)).sum();
    // Days since 1970 of the year's first day: leap years of the Gregorian calendar.
    let leaps = |year: i64| year / 4 - year / 100 + year / 400;
    let years = (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
    let seconds = ((years + months + day - 1) * 24 + hour) * 3600 + minute * 60 + second;
    let mut nanoseconds = digits(fraction)?;
    for _ in fraction.len()..9 {
        nanoseconds *= 10;
    }
    seconds.checked_mul(NANOSECONDS)?.checked_add(nanoseconds)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0_i64, |value, &byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + i64::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Result<i64, TimestampError>) {
        assert_eq!(
            Timestamp::from_seconds_text(text).map(Timestamp::nanoseconds),
            expected,
            "{text}"
        );
    }

    #[test]
    fn reads_decimals_exactly() {
        check("1746628222.361262", Ok(1_746_628_222_361_262_000));
        check("1746628222.4320772", Ok(1_746_628_222_432_077_200));
        check("1746628223.0", Ok(1_746_628_223_000_000_000));
        check("0.000000001", Ok(1));
    }

    #[test]
    fn reads_exponents_and_long_fractions() {
        check("1.5e3", Ok(1_500_000_000_000));
        check("1746628223.25000000000000", Ok(1_746_628_223_250_000_000));
    }

    #[test]
    fn refuses_what_is_no_time() {
        check("1760000000", Err(TimestampError::Integer));
        check("-1.5", Err(TimestampError::OutOfRange));
        check("1e300", Err(TimestampError::OutOfRange));
        check("99999999999.5", Err(TimestampError::OutOfRange));
        check("9223372036.9", Err(TimestampError::OutOfRange));
    }

    #[test]
    fn reads_utc_texts() {
        for (text, expected) in [
            (
                "2025-05-07 14:30:22.361262Z",
                Some(1_746_628_222_361_262_000),
            ),
            ("2025-05-07T14:30:23Z", Some(1_746_628_223_000_000_000)),
            ("1970-01-01 00:00:00.5Z", Some(500_000_000)),
            ("2024-02-29 23:59:59Z", Some(1_709_251_199_000_000_000)),
            ("2000-03-01 00:00:00Z", Some(951_868_800_000_000_000)),
            ("2023-02-29 00:00:00Z", None),
            ("2025-13-01 00:00:00Z", None),
            ("2025-05-07 24:00:00Z", None),
            ("2025-05-07 14:30:22", None),
            ("1969-12-31 23:59:59Z", None),
            ("2025-05-07 14:30:22.Z", None),
            ("", None),
        ] {
            let read = Timestamp::from_utc_text(text).ok();
            assert_eq!(read.map(Timestamp::nanoseconds), expected, "{text}");
        }
    }

    #[test]
    fn rounds_to_microseconds() {
        let time = Timestamp::from_seconds_text("1746628222.4320777").expect("a time");
        assert_eq!(time.microseconds(), 1_746_628_222_432_078);
    }

    proptest! {
        #[test]
        fn seconds_equal_the_double_of_the_text(
            whole in 0_i64..9_000_000_000, fraction in 0_i64..1_000_000_000, cut in 1_usize..=9
        ) {
            let text = format!("{whole}.{}", &format!("{fraction:09}")[..cut]);
            let time = Timestamp::from_seconds_text(&text).unwrap();
            prop_assert_eq!(time.seconds().to_bits(), text.parse::<f64>().unwrap().to_bits());
        }

        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = Timestamp::from_seconds_text(&text);
        }
    }
}

//! Times of the database: values in the program, RFC 3339 in UTC in texts.

use std::error::Error;
use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use sqlx::Decode;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgTypeInfo, PgValueRef, Postgres};

/// The types of PostgreSQL that are read: `timestamptz`, and `timestamp`, which is in UTC here.
const TYPES: [Oid; 2] = [Oid(1184), Oid(1114)];
/// From 1970 to 2000, where PostgreSQL begins to count, microseconds.
const BEGIN_US: i64 = 946_684_800_000_000;

/// A time as the database keeps it, in whole microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub Timestamp);

impl Time {
    /// For tables that people read: RFC 3339 in UTC, in whole seconds.
    #[must_use]
    pub fn to_seconds(self) -> String {
        format!("{:.0}", self.0)
    }

    /// Microseconds as PostgreSQL counts them. Its infinite times become the first and the last one.
    fn from_postgres(us: i64) -> Self {
        let time = us.checked_add(BEGIN_US).map(Timestamp::from_microsecond);
        Self(match time {
            Some(Ok(time)) => time,
            _ if us < 0 => Timestamp::MIN,
            _ => Timestamp::MAX,
        })
    }
}

/// RFC 3339 in UTC with six digits of the second.
impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.6}", self.0)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl sqlx::Type<Postgres> for Time {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(TYPES[0])
    }

    fn compatible(kind: &PgTypeInfo) -> bool {
        TYPES.iter().any(|oid| *kind == PgTypeInfo::with_oid(*oid))
    }
}

impl<'r> Decode<'r, Postgres> for Time {
    fn decode(value: PgValueRef<'r>) -> Result<Self, Box<dyn Error + Send + Sync>> {
        <i64 as Decode<Postgres>>::decode(value).map(Self::from_postgres)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_six_digits_as_text_and_in_json() {
        for (us, text) in [
            (0, "2000-01-01T00:00:00.000000Z"),
            (-1, "1999-12-31T23:59:59.999999Z"),
            (817_464_600_120_000, "2025-11-26T09:30:00.120000Z"),
        ] {
            let time = Time::from_postgres(us);
            assert_eq!(time.to_string(), text);
            assert_eq!(serde_json::to_value(time).unwrap(), text);
        }
        assert_eq!(Time::from_postgres(i64::MAX).0, Timestamp::MAX);
        assert_eq!(Time::from_postgres(i64::MIN).0, Timestamp::MIN);
    }
}

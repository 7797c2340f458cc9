//! What a node signs when it submits a block to an uptime service.

use crate::blake2b::blake2b_256;
use thiserror::Error;

/// The data of a submission, in the form that is signed.
///
/// Receivers do not sign or check the request as it came, but this rebuilt text: fixed order, no
/// blanks, the time in one form. The texts are put in **unescaped**, as the original service
/// does; a caller with texts from outside must decode them first.
#[derive(Debug, Clone, Copy)]
pub struct UptimePayload<'a> {
    /// The block: the JSON string as received, **with its quotes** and escapes.
    pub block: &'a str,
    /// When the submission was made, in seconds since 1970.
    pub created_at_unix_seconds: i64,
    /// The libp2p peer id, decoded.
    pub peer_id: &'a str,
    /// The snark work: the JSON string as received, **with its quotes** and escapes.
    pub snark_work: Option<&'a str>,
    /// The ITN port; left out if 0.
    pub graphql_control_port: i64,
    /// The version of the node, decoded; left out if empty.
    pub built_with_commit_sha: &'a str,
}

/// The time of a submission lies outside the years 0000 to 9999, which RFC 3339 can express.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the time of the submission is outside the years 0000 to 9999")]
pub struct CreatedAtOutOfRange;

impl UptimePayload<'_> {
    /// The bytes that the digest covers.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CreatedAtOutOfRange> {
        let created_at = rfc3339_utc(self.created_at_unix_seconds)?;
        let mut text = format!(
            r#"{{"block":{},"created_at":"{created_at}","peer_id":"{}""#,
            self.block, self.peer_id
        );
        if let Some(snark_work) = self.snark_work {
            text += r#","snark_work":"#;
            text += snark_work;
        }
        if self.graphql_control_port != 0 {
            text += r#","graphql_control_port":"#;
            text += &self.graphql_control_port.to_string();
        }
        if !self.built_with_commit_sha.is_empty() {
            text += r#","built_with_commit_sha":""#;
            text += self.built_with_commit_sha;
            text += "\"";
        }
        text += "}";
        Ok(text.into_bytes())
    }

    /// BLAKE2b-256 of [`Self::to_bytes`]. These 32 bytes are the message that is signed, with
    /// [`BitOrder::LowestFirst`](crate::BitOrder::LowestFirst).
    pub fn digest(&self) -> Result<[u8; 32], CreatedAtOutOfRange> {
        Ok(blake2b_256(&self.to_bytes()?))
    }
}

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// `YYYY-MM-DDTHH:MM:SSZ`.
fn rfc3339_utc(unix_seconds: i64) -> Result<String, CreatedAtOutOfRange> {
    let (year, month, day) = civil_date(unix_seconds.div_euclid(SECONDS_PER_DAY));
    if !(0..=9999).contains(&year) {
        return Err(CreatedAtOutOfRange);
    }
    let second_of_day = unix_seconds.rem_euclid(SECONDS_PER_DAY);
    let (hour, minute, second) = (
        second_of_day / 3600,
        second_of_day / 60 % 60,
        second_of_day % 60,
    );
    Ok(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
    ))
}

/// Year, month and day of the Gregorian calendar, by the days since 1970-01-01 (any number of
/// days that a 64-bit count of seconds can reach).
///
/// The year is taken to begin in March, so that the leap day is its last day; an era is the 400
/// years after which the calendar repeats. (Howard Hinnant, "chrono-compatible low-level date
/// algorithms", `civil_from_days`.)
fn civil_date(days_since_1970: i64) -> (i64, i64, i64) {
    const DAYS_PER_ERA: i64 = 146_097;
    const DAYS_FROM_ERA_TO_1970: i64 = 719_468;
    let days = days_since_1970 + DAYS_FROM_ERA_TO_1970;
    let era = days.div_euclid(DAYS_PER_ERA);
    let day_of_era = days.rem_euclid(DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = 400 * era + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAYLOAD: UptimePayload<'_> = UptimePayload {
        block: "\"zLgvHQzxSh8MWlTjXK+cMA==\"",
        created_at_unix_seconds: 1_625_156_493,
        peer_id: "MLF0jAGTpL84LLerLddNs5M10NCHM+BwNeMxK78+",
        snark_work: None,
        graphql_control_port: 0,
        built_with_commit_sha: "",
    };

    #[track_caller]
    fn check(payload: UptimePayload<'_>, expected: &str) {
        assert_eq!(
            String::from_utf8(payload.to_bytes().unwrap()).unwrap(),
            expected
        );
    }

    #[test]
    fn the_text_is_the_original_services() {
        check(
            PAYLOAD,
            r#"{"block":"zLgvHQzxSh8MWlTjXK+cMA==","created_at":"2021-07-01T16:21:33Z","peer_id":"MLF0jAGTpL84LLerLddNs5M10NCHM+BwNeMxK78+"}"#,
        );
        check(
            UptimePayload {
                snark_work: Some("\"Bjtox/3Yu4cT5eVCQz/JQ+P3Ce1JmCIE7N6b1MAa\""),
                ..PAYLOAD
            },
            r#"{"block":"zLgvHQzxSh8MWlTjXK+cMA==","created_at":"2021-07-01T16:21:33Z","peer_id":"MLF0jAGTpL84LLerLddNs5M10NCHM+BwNeMxK78+","snark_work":"Bjtox/3Yu4cT5eVCQz/JQ+P3Ce1JmCIE7N6b1MAa"}"#,
        );
    }

    #[test]
    fn optional_parts_follow_in_a_fixed_order() {
        check(
            UptimePayload {
                block: r#""a\/b""#,
                created_at_unix_seconds: 0,
                peer_id: "p",
                snark_work: Some("\"w\""),
                graphql_control_port: 3086,
                built_with_commit_sha: "36e0198c",
            },
            r#"{"block":"a\/b","created_at":"1970-01-01T00:00:00Z","peer_id":"p","snark_work":"w","graphql_control_port":3086,"built_with_commit_sha":"36e0198c"}"#,
        );
    }

    #[test]
    fn the_digest_is_blake2b_of_the_text() {
        let digest = PAYLOAD.digest().unwrap();
        assert_eq!(
            digest.map(|byte| format!("{byte:02x}")).concat(),
            "67351d22e450bed3beba1e68733cdcaddc79c2a1205e6d79a87a5db200fd4e5d"
        );
    }

    #[test]
    fn dates_at_the_edges_of_the_calendar_are_right() {
        let check = |unix_seconds, text: &str| {
            assert_eq!(rfc3339_utc(unix_seconds).as_deref(), Ok(text));
        };
        check(-1, "1969-12-31T23:59:59Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(951_868_800, "2000-03-01T00:00:00Z");
        check(1_735_689_599, "2024-12-31T23:59:59Z");
        check(4_107_542_400, "2100-03-01T00:00:00Z");
        check(253_402_300_799, "9999-12-31T23:59:59Z");
        check(-62_167_219_200, "0000-01-01T00:00:00Z");
    }

    #[test]
    fn times_without_a_text_are_refused() {
        for unix_seconds in [253_402_300_800, -62_167_219_201, i64::MAX, i64::MIN] {
            let payload = UptimePayload {
                created_at_unix_seconds: unix_seconds,
                ..PAYLOAD
            };
            assert_eq!(payload.digest(), Err(CreatedAtOutOfRange));
        }
    }

    proptest! {
        #[test]
        fn consecutive_days_have_consecutive_dates(day in -719_528_i64..2_932_896) {
            let (year, month, date) = civil_date(day);
            let (next_year, next_month, next_date) = civil_date(day + 1);
            let same_month = (next_year, next_month, next_date) == (year, month, date + 1);
            let same_year = (next_year, next_month, next_date) == (year, month + 1, 1);
            let new_year = (month, date) == (12, 31)
                && (next_year, next_month, next_date) == (year + 1, 1, 1);
            prop_assert!(same_month || same_year || new_year);
            prop_assert!((1..=31).contains(&date));
        }

        #[test]
        fn any_time_has_a_text_or_an_error(unix_seconds: i64) {
            let _ = rfc3339_utc(unix_seconds);
        }
    }
}

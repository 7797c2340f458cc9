//! Amounts as people type them: sizes such as `200GB`, ages such as `14d`.

use std::time::Duration;

/// Units of sizes, in bytes: powers of 1,000, and of 1,024 with an `i`.
const BYTES: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

/// Units of ages, in seconds.
const SECONDS: [(&str, u64); 5] = [
    ("w", 7 * 86_400),
    ("d", 86_400),
    ("h", 3_600),
    ("m", 60),
    ("s", 1),
];

/// A number of bytes, with or without a unit.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let plain = text.trim().parse().ok();
    plain
        .or_else(|| with_unit(text, &BYTES))
        .ok_or_else(|| "a size is a whole number with a unit, such as 200GB or 500MiB".to_owned())
}

/// An age, with its unit.
pub(crate) fn age(text: &str) -> Result<Duration, String> {
    let seconds = with_unit(text, &SECONDS);
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| "an age is a whole number with a unit, such as 14d, 12h or 2w".to_owned())
}

fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    units.iter().find_map(|(unit, factor)| {
        let split = text.len().checked_sub(unit.len())?;
        let (number, end) = text.split_at_checked(split)?;
        if !end.eq_ignore_ascii_case(unit) {
            return None;
        }
        number.trim().parse::<u64>().ok()?.checked_mul(*factor)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit_or_are_bytes() {
        for (text, expected) in [
            ("0", 0),
            ("1234", 1234),
            ("200GB", 200_000_000_000),
            (" 5 mib ", 5 << 20),
            ("1TiB", 1 << 40),
            ("7b", 7),
        ] {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for text in ["", "GB", "-1", "1.5GB", "5XB", "99999999999999TB", "é"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ages_have_a_unit() {
        let days = |days: u64| Ok(Duration::from_hours(24 * days));
        assert_eq!(age("14d"), days(14));
        assert_eq!(age("2W"), days(14));
        assert_eq!(age("48 h"), days(2));
        assert_eq!(age("90s"), Ok(Duration::from_secs(90)));
        for text in ["", "14", "d", "-3d", "1.5d", "14 days"] {
            assert!(age(text).is_err(), "{text}");
        }
    }
}

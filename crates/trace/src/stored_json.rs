//! Which JSON texts PostgreSQL can store as `jsonb`.
//!
//! One unstorable value would make a whole batch fail, so each is refused at
//! the line that brings it. Limits: PostgreSQL 14 to 18, `jsonb` and `numeric`.

/// Greatest depth of arrays and objects in a line.
pub const DEPTH_MAX: usize = 64;

/// Greatest number of digits, with those that an exponent adds, in a number.
const NUMBER_DIGITS_MAX: i64 = 1_000;

/// Why a JSON text cannot be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoredJsonError {
    /// Nested more deeply than [`DEPTH_MAX`].
    #[error("is nested more than {DEPTH_MAX} deep")]
    TooDeep,
    /// The escape `\u0000`: PostgreSQL texts cannot hold this character.
    #[error("contains the character U+0000")]
    Null,
    /// One half of a surrogate pair: not a character.
    #[error("contains half of a surrogate pair")]
    LoneSurrogate,
    /// More digits than any node writes and `numeric` may hold.
    #[error("contains a number of more than {NUMBER_DIGITS_MAX} digits")]
    LongNumber,
}

/// Checks a text that is already known to be valid JSON.
pub(crate) fn check(json: &str) -> Result<(), StoredJsonError> {
    let bytes = json.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at + 1)?,
            b'{' | b'[' => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(StoredJsonError::TooDeep);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'0'..=b'9' => at = number_end(bytes, at)?,
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// The index of the closing quote of a string whose text starts at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> Result<usize, StoredJsonError> {
    loop {
        let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at.min(bytes.len())..]) else {
            return Ok(bytes.len());
        };
        at += found;
        if bytes[at] == b'"' {
            return Ok(at);
        }
        if bytes.get(at + 1) != Some(&b'u') {
            at += 2;
            continue;
        }
        let unit = code_unit(bytes, at);
        at += 6;
        match unit {
            Some(0) => return Err(StoredJsonError::Null),
            Some(0xD800..=0xDBFF) => {
                let low = (bytes.get(at..at + 2) == Some(b"\\u")).then(|| code_unit(bytes, at));
                if !matches!(low, Some(Some(0xDC00..=0xDFFF))) {
                    return Err(StoredJsonError::LoneSurrogate);
                }
                at += 6;
            }
            Some(0xDC00..=0xDFFF) => return Err(StoredJsonError::LoneSurrogate),
            _ => {}
        }
    }
}

/// The code unit of the escape `\uXXXX` at `at`.
fn code_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = std::str::from_utf8(bytes.get(at + 2..at + 6)?).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

/// The index of the last byte of the number that starts at `start`.
fn number_end(bytes: &[u8], start: usize) -> Result<usize, StoredJsonError> {
    let rest = &bytes[start..];
    let length = rest
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
        .unwrap_or(rest.len());
    let number = &rest[..length];
    let exponent = match number.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        // More digits than an exponent of interest has fail to parse: too long.
        Some(mark) => std::str::from_utf8(&number[mark + 1..])
            .ok()
            .and_then(|text| text.parse::<i64>().ok())
            .ok_or(StoredJsonError::LongNumber)?,
        None => 0,
    };
    let digits = i64::try_from(length).unwrap_or(i64::MAX);
    if exponent.unsigned_abs() > NUMBER_DIGITS_MAX.unsigned_abs()
        || digits.saturating_add(exponent.abs()) > NUMBER_DIGITS_MAX
    {
        return Err(StoredJsonError::LongNumber);
    }
    Ok(start + length - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accepts_what_nodes_write() {
        for text in [
            r#"{"sender":"10.233.97.39","work_ids":[561100166,305768452]}"#,
            r#"{"memo":"a\\u0000 is an escaped backslash","q":"\"x\""}"#,
            r#"["😀",-1.5e-7,true,null]"#,
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn refuses_what_postgresql_cannot_store() {
        let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
        for (text, error) in [
            (r#"{"a":"\u0000"}"#, StoredJsonError::Null),
            (r#"{"\u0000":1}"#, StoredJsonError::Null),
            (r#"["\ud800x"]"#, StoredJsonError::LoneSurrogate),
            (r#"["\udc00"]"#, StoredJsonError::LoneSurrogate),
            (r#"["\ud800\u0041"]"#, StoredJsonError::LoneSurrogate),
            ("[1e1001]", StoredJsonError::LongNumber),
            ("[1e99999999999999999999]", StoredJsonError::LongNumber),
            ("[1e-5000]", StoredJsonError::LongNumber),
            (deep.as_str(), StoredJsonError::TooDeep),
        ] {
            assert_eq!(check(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = check(&text);
        }
    }
}

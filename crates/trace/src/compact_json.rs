//! A fast path through JSON as nodes write it: without white space and escapes.
//!
//! One pass checks the grammar and what PostgreSQL can store, several times
//! faster than a parser followed by [`crate::stored_json`]. Anything that is
//! not in this form gives nothing and is left to those two.

use std::borrow::Cow;

use crate::stored_json::DEPTH_MAX;

/// Greatest length of a number. No node writes a longer one.
const NUMBER_BYTES_MAX: usize = 64;

/// An object by its first member, which shows what it is.
pub(crate) struct Control<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) value: &'a str,
    /// The value of a further member `current_call_tag`.
    pub(crate) tag: Option<&'a str>,
    pub(crate) further_members: bool,
}

/// Reads an object with its first member, and a later `current_call_tag`.
pub(crate) fn control(line: &str) -> Option<Control<'_>> {
    let bytes = line.as_bytes();
    let text = |from: usize, to: usize| line.get(from..to);
    if *bytes.first()? != b'{' {
        return None;
    }
    let value = key_end(bytes, 1)?;
    let mut at = value_end(bytes, value)?;
    let mut control = Control {
        key: Cow::Borrowed(text(2, value - 2)?),
        value: text(value, at)?,
        tag: None,
        further_members: false,
    };
    while *bytes.get(at)? == b',' {
        let key = at + 1;
        let value = key_end(bytes, key)?;
        at = value_end(bytes, value)?;
        control.further_members = true;
        if text(key + 1, value - 2)? == "current_call_tag" {
            control.tag = text(value, at);
        }
    }
    (&bytes[at..] == b"}").then_some(control)
}

/// Behind the value that begins at `at`.
fn value_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    // A bit for each open bracket, the innermost lowest: 1 for an object.
    let mut objects = 0_u64;
    let mut depth = 0;
    loop {
        match *bytes.get(at)? {
            b'"' => at = string_end(bytes, at)?,
            b'0'..=b'9' | b'-' => at = number_end(bytes, at)?,
            open @ (b'{' | b'[') => {
                let is_object = open == b'{';
                at += 1;
                if *bytes.get(at)? == open + 2 {
                    at += 1;
                } else {
                    depth += 1;
                    objects = objects << 1 | u64::from(is_object);
                    if is_object {
                        at = key_end(bytes, at)?;
                    }
                    // The line itself is one deeper.
                    if depth + 1 >= DEPTH_MAX {
                        return None;
                    }
                    continue;
                }
            }
            b't' => at = literal_end(bytes, at, b"true")?,
            b'f' => at = literal_end(bytes, at, b"false")?,
            b'n' => at = literal_end(bytes, at, b"null")?,
            _ => return None,
        }
        loop {
            if depth == 0 {
                return Some(at);
            }
            let is_object = objects & 1 == 1;
            match *bytes.get(at)? {
                b',' => {
                    at += 1;
                    if is_object {
                        at = key_end(bytes, at)?;
                    }
                    break;
                }
                b'}' if is_object => {}
                b']' if !is_object => {}
                _ => return None,
            }
            at += 1;
            depth -= 1;
            objects >>= 1;
        }
    }
}

/// Behind a key and its colon.
fn key_end(bytes: &[u8], at: usize) -> Option<usize> {
    if *bytes.get(at)? != b'"' {
        return None;
    }
    let end = string_end(bytes, at)?;
    (*bytes.get(end)? == b':').then_some(end + 1)
}

/// Behind a string without escapes, from its opening quote.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let ends = string_ends(u64::from_le_bytes(*eight));
        if ends != 0 {
            at += (ends.trailing_zeros() / 8) as usize;
            return (bytes[at] == b'"').then_some(at + 1);
        }
        at += 8;
    }
    loop {
        match *bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' | ..b' ' => return None,
            _ => at += 1,
        }
    }
}

/// Marks quotes, backslashes and control characters among eight bytes with
/// their highest bit. The lowest mark is exact; those above it may be wrong, as
/// the subtractions borrow.
fn string_ends(eight: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHEST: u64 = ONES << 7;
    let below = |word: u64, least: u8| word.wrapping_sub(ONES * u64::from(least)) & !word;
    let equal = |byte: u8| below(eight ^ (ONES * u64::from(byte)), 1);
    (below(eight, b' ') | equal(b'"') | equal(b'\\')) & HIGHEST
}

/// Behind a number without an exponent.
fn number_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + usize::from(bytes[start] == b'-');
    let whole = at;
    at = digits_end(bytes, at);
    let leading_zero = at - whole > 1 && bytes[whole] == b'0';
    if at == whole || leading_zero {
        return None;
    }
    if bytes.get(at) == Some(&b'.') {
        let fraction = at + 1;
        at = digits_end(bytes, fraction);
        if at == fraction {
            return None;
        }
    }
    let is_over = !matches!(bytes.get(at), Some(b'e' | b'E'));
    (is_over && at - start <= NUMBER_BYTES_MAX).then_some(at)
}

fn digits_end(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}

fn literal_end(bytes: &[u8], at: usize, literal: &[u8]) -> Option<usize> {
    bytes
        .get(at..)?
        .starts_with(literal)
        .then_some(at + literal.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::entry;

    /// What the slow path says of a line, which the fast one must not differ from.
    #[track_caller]
    fn check(line: &str) -> bool {
        let Some(control) = control(line) else {
            return false;
        };
        let slow = entry::control_by_parser(line).unwrap();
        assert_eq!(control.key, slow.key, "{line}");
        assert_eq!(control.value, slow.value, "{line}");
        assert_eq!(control.tag, slow.tag, "{line}");
        assert_eq!(control.further_members, slow.further_members, "{line}");
        true
    }

    #[test]
    fn takes_what_nodes_write() {
        for line in [
            r#"{"current_block":"3NKpXp2SXWGC3XHnAJYjGtNcbq8tzossqj6kK4eGr6mSyJoFmpxR"}"#,
            r#"{"current_call_id":5,"current_call_tag":"verify"}"#,
            r#"{"current_call_id":5,"x":[],"current_call_tag":null,"y":{}}"#,
            r#"{"metadata":{"work_ids":[1,-2],"fee":"0.5","none":null,"deep":[[{"a":[0,1.25,true]}]]}}"#,
            r#"{"mina_node_metadata":{"é":"日本語, and more than eight bytes"}}"#,
        ] {
            assert!(check(line), "{line}");
        }
    }

    #[test]
    fn leaves_everything_else_to_the_parser() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(64), "]".repeat(64));
        let long = format!("{{\"a\":{}}}", "1".repeat(65));
        for line in [
            "",
            "{",
            "{}",
            "[1]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\":1}}",
            "{\"a\":1,}",
            "{\"a\":[1,]}",
            "{\"a\":[1}}",
            "{\"a\":{\"b\":1]}",
            "{\"a\":{1}}",
            "{\"a\":01}",
            "{\"a\":-}",
            "{\"a\":1.}",
            "{\"a\":.5}",
            "{\"a\":1e5}",
            "{\"a\":nul}",
            "{\"a\":\"}",
            "{\"a\":\"\\n\"}",
            "{\"a\\u0000\":1}",
            "{\"a\": 1}",
            "{\"a\":\"tab\tin it\"}",
            "{\"a\":\"and a tab\tfar behind\"}",
            &deep,
            &long,
        ] {
            assert!(control(line).is_none(), "{line}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f32>().prop_map(Value::from),
            "[ -~\\\\\"é]{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-c]{0,3}", inner, 0..4)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn agrees_with_the_parser(
            value in json(), cut in any::<prop::sample::Index>(), byte in "[\\[\\]{}\",:\\\\ a1.\u{1f}]?"
        ) {
            let line = format!("{{\"metadata\":{value},\"current_call_tag\":{value}}}");
            check(&line);
            // The same, damaged at one place.
            let at = cut.index(line.len());
            if let (Some(before), Some(after)) = (line.get(..at), line.get(at + 1..)) {
                check(&format!("{before}{byte}{after}"));
            }
        }

        #[test]
        fn marks_where_a_string_ends(bytes: [u8; 8]) {
            let first = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' '));
            let ends = string_ends(u64::from_le_bytes(bytes));
            let marked = (ends != 0).then(|| (ends.trailing_zeros() / 8) as usize);
            prop_assert_eq!(marked, first);
        }
    }
}

//! From the bytes of an answer to the field asked for.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::bounded::Bounded;
use crate::error::{Error, Malformed};
use crate::excerpt::Excerpt;

/// Greatest depth of arrays and objects in an answer. What nodes write stays below 20.
const DEPTH_MAX: usize = 128;
/// Most errors that one answer may list.
const ERRORS_MAX: usize = 1_000;
/// How many of them a message shows.
const ERRORS_SHOWN_MAX: usize = 5;

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    errors: Option<Bounded<Message, ERRORS_MAX>>,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

/// Reads the body of an answer with status 200.
pub(crate) fn parse<'a, A: Deserialize<'a>>(
    body: &'a [u8],
    field: &'static str,
) -> Result<A, Error> {
    let text = std::str::from_utf8(body).map_err(|error| shape(&error))?;
    check_depth(text).map_err(Error::Malformed)?;
    // A daemon answers a document that it cannot parse with a bare text.
    if text.trim_start().starts_with('"') {
        let message: Cow<'_, str> = serde_json::from_str(text).map_err(|error| shape(&error))?;
        return Err(Error::GraphQl {
            message: Excerpt::of(&message),
        });
    }
    let object: Object<'_> = serde_json::from_str(text).map_err(|error| shape(&error))?;
    if let Some(Bounded(errors)) = &object.errors
        && !errors.is_empty()
    {
        let messages: Vec<&str> = errors
            .iter()
            .take(ERRORS_SHOWN_MAX)
            .map(|error| error.message.as_str())
            .collect();
        return Err(Error::GraphQl {
            message: Excerpt::of(&messages.join("; ")),
        });
    }
    let data = object.data.map_or("null", RawValue::get);
    let mut deserializer = serde_json::Deserializer::from_str(data);
    Field::<A> {
        name: field,
        answer: PhantomData,
    }
    .deserialize(&mut deserializer)
    .map_err(|error| shape(&error))
}

pub(crate) fn shape(error: &dyn fmt::Display) -> Error {
    // Errors of serde quote what they have found.
    Error::Malformed(Malformed::Shape(Excerpt::of(&error.to_string())))
}

/// Reads one member of an object.
struct Field<A> {
    name: &'static str,
    answer: PhantomData<A>,
}

impl<'de, A: Deserialize<'de>> DeserializeSeed<'de> for Field<A> {
    type Value = A;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<A, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, A: Deserialize<'de>> Visitor<'de> for Field<A> {
    type Value = A;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object with the member `{}`", self.name)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<A, M::Error> {
        let mut answer = None;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if name != self.name {
                map.next_value::<IgnoredAny>()?;
            } else if answer.is_some() {
                return Err(serde::de::Error::duplicate_field(self.name));
            } else {
                answer = Some(map.next_value()?);
            }
        }
        answer.ok_or_else(|| serde::de::Error::missing_field(self.name))
    }
}

/// Refuses texts nested so deeply that some reader of them, here or later, might fail. A text that
/// is no JSON may pass.
fn check_depth(text: &str) -> Result<(), Malformed> {
    let mut depth = 0_usize;
    let mut is_string = false;
    let mut is_escaped = false;
    for byte in text.bytes() {
        if is_string {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => is_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => is_string = true,
            b'[' | b'{' => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(Malformed::TooDeep {
                        depth_max: DEPTH_MAX,
                    });
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_graphql_error(body: &str, expected: &str) {
        match parse::<u64>(body.as_bytes(), "f") {
            Err(Error::GraphQl { message }) => assert_eq!(message.as_str(), expected),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn check_malformed(body: &[u8]) {
        let parsed = parse::<u64>(body, "f");
        assert!(matches!(parsed, Err(Error::Malformed(_))), "{parsed:?}");
    }

    #[test]
    fn the_field_is_found_among_others() {
        let body = br#" {"errors":[],"data":{"g":{"f":1},"f":7},"extensions":{}} "#;
        assert_eq!(parse::<u64>(body, "f").unwrap(), 7);
        let null = br#"{"data":{"f":null}}"#;
        assert_eq!(parse::<Option<u64>>(null, "f").unwrap(), None);
    }

    #[test]
    fn errors_are_told() {
        check_graphql_error(
            r#"{"errors":[{"message":"Missing sequence information","path":["slotsWon"]}],"data":null}"#,
            "Missing sequence information",
        );
        check_graphql_error(
            r#"{"data":{"f":1},"errors":[{"message":"a\n"},{"message":"b"}]}"#,
            "a\\n; b",
        );
        check_graphql_error(r#""Syntax error""#, "Syntax error");
    }

    #[test]
    fn any_other_body_is_malformed() {
        for body in [
            "",
            "<html></html>",
            "null",
            "[]",
            "{}",
            r#"{"data":null}"#,
            r#"{"data":{}}"#,
            r#"{"data":{"f":"x"}}"#,
            r#"{"data":{"f":1}} x"#,
            r#"{"data":{"f":1,"f":2}}"#,
            r#"{"data":{"f":1}"#,
            r#"{"data":{"f":1},"errors":"x"}"#,
            r#"{"data":{"f":1},"errors":[{}]}"#,
            r#""unfinished"#,
        ] {
            check_malformed(body.as_bytes());
        }
        check_malformed(&[b'{', 0xFF, b'}']);
    }

    #[test]
    fn deep_nesting_is_refused_also_where_nobody_looks() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let body = |depth: usize| format!(r#"{{"x":{},"data":{{"f":1}}}}"#, nested(depth));
        assert!(parse::<u64>(body(DEPTH_MAX - 1).as_bytes(), "f").is_ok());
        assert!(matches!(
            parse::<u64>(body(DEPTH_MAX).as_bytes(), "f"),
            Err(Error::Malformed(Malformed::TooDeep { .. }))
        ));
        let in_a_string = format!(r#"{{"x":"\"{}","data":{{"f":1}}}}"#, "[".repeat(500));
        assert!(parse::<u64>(in_a_string.as_bytes(), "f").is_ok());
    }

    #[test]
    fn wrong_types_say_what_was_found_without_secrets() {
        let body = br#"{"data":{"f":"EKEHXuhzQS4m75BmBr498NS5BH7pMuf8HfGkeDddcGia6hevsvMD"}}"#;
        let Err(Error::Malformed(error)) = parse::<u64>(body, "f") else {
            panic!("accepted");
        };
        assert!(error.to_string().contains("<removed>"), "{error}");
    }

    proptest! {
        #[test]
        fn garbage_never_panics(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            text in r#"[\[\]{}":,0-9a-z\\]{0,60}"#,
        ) {
            for body in [bytes, text.clone().into_bytes(), format!(r#"{{"data":{text}}}"#).into_bytes()] {
                let _ = parse::<Bounded<&RawValue, 5>>(&body, "f");
            }
        }
    }
}

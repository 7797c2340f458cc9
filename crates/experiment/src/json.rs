//! JSON as the original writes and reads it: compact, with `<`, `>` and `&` escaped, whole
//! numbers without a point; keys in any case, the last of several wins.

use std::fmt;
use std::io;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
use serde_json::value::RawValue;

/// The text of a value, in the form of the original.
///
/// Never fails for the types of this crate: their keys are texts, and their numbers finite.
///
/// # Errors
///
/// Never for the types of this crate: their keys are texts and their numbers finite.
pub fn to_text(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, GoFormatter);
    value.serialize(&mut serializer)?;
    String::from_utf8(bytes).map_err(<serde_json::Error as serde::ser::Error>::custom)
}

/// Writes what Go's `encoding/json` writes.
struct GoFormatter;

impl Formatter for GoFormatter {
    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let magnitude = value.abs();
        if value == 0.0 || (1e-6..1e21).contains(&magnitude) {
            write!(writer, "{value}")
        } else {
            // Go writes the exponent without a leading zero, but with a plus
            let text = format!("{value:e}");
            let text = text.replace('e', if magnitude < 1.0 { "e" } else { "e+" });
            writer.write_all(text.as_bytes())
        }
    }

    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(position) = rest.find(needs_escape) {
            let (plain, after) = rest.split_at(position);
            writer.write_all(plain.as_bytes())?;
            let mut characters = after.chars();
            if let Some(character) = characters.next() {
                write!(writer, "\\u{:04x}", u32::from(character))?;
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        escape: serde_json::ser::CharEscape,
    ) -> io::Result<()> {
        CompactFormatter.write_char_escape(writer, escape)
    }
}

pub(crate) fn needs_escape(character: char) -> bool {
    matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}')
}

/// The members of an object in the order written, repeated ones included.
#[derive(Debug)]
pub(crate) struct Members(pub(crate) Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

/// What kind of value a text holds, for messages: the text begins with no white space.
pub(crate) fn describe(text: &str) -> String {
    match text.as_bytes().first() {
        Some(b'{') => "an object".to_owned(),
        Some(b'[') => "a list".to_owned(),
        Some(b'"') => format!("the text {}", shortened(text)),
        _ => shortened(text),
    }
}

fn shortened(text: &str) -> String {
    const CHARACTERS_MAX: usize = 40;
    if text.chars().count() <= CHARACTERS_MAX {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(CHARACTERS_MAX).collect();
    format!("{beginning}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_number(value: f64, expected: &str) {
        assert_eq!(to_text(&value).unwrap(), expected);
    }

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        check_number(0.25, "0.25");
        check_number(1.0, "1");
        check_number(0.0, "0");
        check_number(0.020_000_000_000_000_004, "0.020000000000000004");
        check_number(1e-6, "0.000001");
        check_number(1e-7, "1e-7");
        check_number(1.5e-9, "1.5e-9");
        check_number(1e20, "100000000000000000000");
        check_number(1e21, "1e+21");
        check_number(-2.5e22, "-2.5e+22");
    }

    #[test]
    fn texts_are_safe_inside_pages() {
        assert_eq!(
            to_text(&"a<b> & \"c\"\n\u{2028}é").unwrap(),
            r#""a\u003cb\u003e \u0026 \"c\"\n\u2028é""#
        );
    }
}

//! One trace line as an entry: a checkpoint or a control.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::compact_json::{self, Control};
use crate::json_object::{self, Text};
use crate::stored_json::{self, StoredJsonError};
use crate::timestamp::{Timestamp, TimestampError};

/// Greatest length of a trace line in bytes. The longest line of a real node,
/// the metadata of a block of 128 commands, has about 20,000.
pub const LINE_BYTES_MAX: usize = 4 << 20;

/// Greatest length of the name of a checkpoint in bytes.
pub const NAME_BYTES_MAX: usize = 1_000;

/// A trace line, borrowing from it where it can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry<'a> {
    /// `["name", time]`: the node passed a point in its code.
    Checkpoint {
        /// The name; the list of names is open.
        name: Cow<'a, str>,
        /// When it happened.
        time: Timestamp,
    },
    /// `{"current_block": "..."}`: what follows belongs to this block.
    CurrentBlock(Cow<'a, str>),
    /// `{"current_call_id": n, "current_call_tag": "..."}`.
    CurrentCall {
        /// The logical call that follows.
        id: i32,
        /// What the line says about the tag.
        tag: CallTag<'a>,
    },
    /// `{"metadata": {...}}`: facts about the checkpoint before it, as JSON text.
    Metadata(&'a str),
    /// `{"block_metadata": {...}}`: facts about the current block, as JSON text.
    BlockMetadata(&'a str),
    /// `{"produced_block_state_hash": "3N..."}`: the hash of the block in production.
    ProducedBlock(Cow<'a, str>),
    /// `{"rotated_log_end": time}`: the file ends here.
    RotatedEnd(Timestamp),
    /// `{"rotated_log_start": time}`: first line of a successor.
    RotatedStart(Timestamp),
    /// `internal_tracing_enabled` or `mina_node_metadata`: says nothing about blocks.
    Ignored,
    /// Any other control, as the JSON text of the whole line.
    Unknown(&'a str),
}

/// What a `current_call_id` line says about the tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallTag<'a> {
    /// Absent, null or empty: there is no tag now.
    Cleared,
    /// A text: this is the tag now.
    Set(Cow<'a, str>),
    /// Of another type: the tag stays as it was.
    Kept,
}

/// Why a line is no entry.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// Longer than [`LINE_BYTES_MAX`].
    #[error("the line is longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
    /// Cut off: the last line of the input, and not complete.
    #[error("the line is incomplete: the input ends in the middle of it")]
    Truncated,
    /// Not UTF-8.
    #[error("the line is not UTF-8")]
    NotUtf8(#[source] std::str::Utf8Error),
    /// Not JSON, or neither an array of name and time nor an object.
    #[error("the line is neither a checkpoint nor a control")]
    NotAnEntry(#[source] serde_json::Error),
    /// The time of a checkpoint or of a rotation.
    #[error(transparent)]
    Time(#[from] TimestampError),
    /// The value of a control has the wrong type.
    #[error("`{key}` has a value of the wrong type")]
    WrongType {
        /// The control's key.
        key: &'static str,
    },
    /// A checkpoint without a name, or with one longer than [`NAME_BYTES_MAX`].
    #[error("the name is empty, longer than {NAME_BYTES_MAX} bytes, or contains U+0000")]
    Name,
    /// Valid, but not storable.
    #[error("the line {0}")]
    Unstorable(#[from] StoredJsonError),
}

/// Reads one line, without its line end.
///
/// # Errors
///
/// The line is malformed, or PostgreSQL could not store it.
pub fn parse(line: &[u8]) -> Result<Entry<'_>, EntryError> {
    if line.len() > LINE_BYTES_MAX {
        return Err(EntryError::TooLong);
    }
    let text = std::str::from_utf8(line).map_err(EntryError::NotUtf8)?;
    if let Some(entry) = plain_checkpoint(text) {
        return Ok(entry);
    }
    if let Some(control) = compact_json::control(text) {
        return control.into_entry(text);
    }
    let shape: Shape<'_> = serde_json::from_str(text).map_err(EntryError::NotAnEntry)?;
    match shape {
        Shape::Array { name, time } => {
            let time = Timestamp::from_seconds_text(number(time, "time")?)?;
            Ok(Entry::Checkpoint {
                name: checked_name(name)?,
                time,
            })
        }
        Shape::Object(control) => {
            stored_json::check(text)?;
            control.into_entry(text)
        }
    }
}

/// What [`compact_json::control`] must agree with.
#[cfg(test)]
pub(crate) fn control_by_parser(text: &str) -> Option<Control<'_>> {
    match serde_json::from_str(text).ok()? {
        Shape::Object(control) if stored_json::check(text).is_ok() => Some(control),
        _ => None,
    }
}

/// The form in which nodes write checkpoints, `["Name",1746628222.361262]`,
/// read without a JSON parser: more than half of all lines.
fn plain_checkpoint(line: &str) -> Option<Entry<'_>> {
    let rest = line.strip_prefix("[\"")?;
    let quote = memchr::memchr2(b'"', b'\\', rest.as_bytes())?;
    let name = &rest[..quote];
    let time = rest[quote..].strip_prefix("\",")?.strip_suffix(']')?;
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.bytes().any(|byte| byte < b' ') {
        return None;
    }
    Some(Entry::Checkpoint {
        name: Cow::Borrowed(name),
        time: Timestamp::from_plain_decimal(time)?,
    })
}

pub(crate) fn checked_name(name: Cow<'_, str>) -> Result<Cow<'_, str>, EntryError> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0') {
        return Err(EntryError::Name);
    }
    Ok(name)
}

/// The text of a JSON number.
fn number<'a>(json: &'a str, key: &'static str) -> Result<&'a str, EntryError> {
    match json.as_bytes().first() {
        Some(b'0'..=b'9' | b'-') => Ok(json),
        _ => Err(EntryError::WrongType { key }),
    }
}

fn string<'a>(json: &'a str, key: &'static str) -> Result<Cow<'a, str>, EntryError> {
    json_object::string(json).ok_or(EntryError::WrongType { key })
}

fn object<'a>(json: &'a str, key: &'static str) -> Result<&'a str, EntryError> {
    if json.starts_with('{') {
        Ok(json)
    } else {
        Err(EntryError::WrongType { key })
    }
}

enum Shape<'a> {
    Array { name: Cow<'a, str>, time: &'a str },
    Object(Control<'a>),
}

impl<'a> Control<'a> {
    pub(crate) fn into_entry(self, line: &'a str) -> Result<Entry<'a>, EntryError> {
        let value = self.value;
        Ok(match self.key.as_ref() {
            "current_block" => Entry::CurrentBlock(block_id(string(value, "current_block")?)?),
            "current_call_id" => Entry::CurrentCall {
                id: value.parse().map_err(|_| EntryError::WrongType {
                    key: "current_call_id",
                })?,
                tag: self.call_tag(),
            },
            "metadata" => Entry::Metadata(object(value, "metadata")?),
            "block_metadata" => Entry::BlockMetadata(object(value, "block_metadata")?),
            "produced_block_state_hash" => {
                let hash = string(value, "produced_block_state_hash")?;
                Entry::ProducedBlock(block_id(hash)?)
            }
            "rotated_log_end" if !self.further_members => {
                let time = number(value, "rotated_log_end")?;
                Entry::RotatedEnd(Timestamp::from_seconds_text(time)?)
            }
            "rotated_log_start" if !self.further_members => {
                let time = number(value, "rotated_log_start")?;
                Entry::RotatedStart(Timestamp::from_seconds_text(time)?)
            }
            "internal_tracing_enabled" | "mina_node_metadata" => Entry::Ignored,
            _ => Entry::Unknown(line),
        })
    }

    fn call_tag(&self) -> CallTag<'a> {
        match self.tag {
            None | Some("null") => CallTag::Cleared,
            Some(json) => match string(json, "current_call_tag") {
                Ok(tag) if tag.is_empty() => CallTag::Cleared,
                Ok(tag) => CallTag::Set(tag),
                Err(_) => CallTag::Kept,
            },
        }
    }
}

/// Block ids are hashes, slot numbers or `0`: limited like names.
fn block_id(id: Cow<'_, str>) -> Result<Cow<'_, str>, EntryError> {
    checked_name(id)
}

impl<'de> Deserialize<'de> for Shape<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape<'de>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an array of name and time, or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let Some(Text(name)) = sequence.next_element()? else {
            return Err(A::Error::invalid_length(0, &self));
        };
        let Some(time) = sequence.next_element::<&RawValue>()? else {
            return Err(A::Error::invalid_length(1, &self));
        };
        if sequence.next_element::<IgnoredAny>()?.is_some() {
            return Err(A::Error::custom("more than two elements"));
        }
        Ok(Shape::Array {
            name,
            time: time.get(),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some(Text(key)) = map.next_key()? else {
            return Err(A::Error::invalid_length(0, &self));
        };
        let value = map.next_value::<&RawValue>()?.get();
        let mut control = Control {
            key,
            value,
            tag: None,
            further_members: false,
        };
        while let Some(Text(key)) = map.next_key()? {
            let value = map.next_value::<&RawValue>()?.get();
            control.further_members = true;
            if key == "current_call_tag" {
                control.tag = Some(value);
            }
        }
        Ok(Shape::Object(control))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(line: &str, expected: &Entry<'_>) {
        match parse(line.as_bytes()) {
            Ok(entry) => assert_eq!(&entry, expected, "{line}"),
            Err(error) => panic!("{line}: {error}"),
        }
    }

    fn refuse(line: &str, message: &str) {
        match parse(line.as_bytes()) {
            Ok(entry) => panic!("{line}: {entry:?}"),
            Err(error) => assert_eq!(error.to_string(), message, "{line}"),
        }
    }

    fn checkpoint(name: &str, text: &str) -> Entry<'static> {
        Entry::Checkpoint {
            name: Cow::Owned(name.to_owned()),
            time: Timestamp::from_seconds_text(text).expect("a time"),
        }
    }

    #[test]
    fn reads_checkpoints() {
        check(
            r#"["Diff_applied",1.5]"#,
            &checkpoint("Diff_applied", "1.5"),
        );
        check(r#" [ "A \u0041" , 15e-1 ] "#, &checkpoint("A A", "1.5"));
    }

    #[test]
    fn reads_controls() {
        check(
            r#"{"current_block":"857"}"#,
            &Entry::CurrentBlock(Cow::Borrowed("857")),
        );
        check(
            r#"{"metadata":{"count":1}}"#,
            &Entry::Metadata(r#"{"count":1}"#),
        );
        check(
            r#"{"block_metadata":{"blockchain_length":101}}"#,
            &Entry::BlockMetadata(r#"{"blockchain_length":101}"#),
        );
        check(
            r#"{"produced_block_state_hash":"3N"}"#,
            &Entry::ProducedBlock(Cow::Borrowed("3N")),
        );
        check(r#"{"internal_tracing_enabled":1.5}"#, &Entry::Ignored);
        check(r#"{"mina_node_metadata":{"version":"a"}}"#, &Entry::Ignored);
        let unknown = r#"{"internal_tracing_disabled":1.5}"#;
        check(unknown, &Entry::Unknown(unknown));
        let tag_first = r#"{"current_call_tag":"x","current_call_id":1}"#;
        check(tag_first, &Entry::Unknown(tag_first));
    }

    #[test]
    fn reads_calls_and_their_tags() {
        for (line, tag) in [
            (r#"{"current_call_id":7}"#, CallTag::Cleared),
            (
                r#"{"current_call_id":7,"current_call_tag":null}"#,
                CallTag::Cleared,
            ),
            (
                r#"{"current_call_id":7,"current_call_tag":""}"#,
                CallTag::Cleared,
            ),
            (
                r#"{"current_call_id":7,"current_call_tag":"v"}"#,
                CallTag::Set(Cow::Borrowed("v")),
            ),
            (
                r#"{"current_call_id":7,"current_call_tag":3}"#,
                CallTag::Kept,
            ),
        ] {
            check(line, &Entry::CurrentCall { id: 7, tag });
        }
    }

    #[test]
    fn reads_rotations() {
        let time = Timestamp::from_seconds_text("2.5").expect("a time");
        check(r#"{"rotated_log_end":2.5}"#, &Entry::RotatedEnd(time));
        check(r#"{"rotated_log_start":2.5}"#, &Entry::RotatedStart(time));
        let two_keys = r#"{"rotated_log_start":2.5,"x":1}"#;
        check(two_keys, &Entry::Unknown(two_keys));
    }

    #[test]
    fn refuses_everything_else() {
        let neither = "the line is neither a checkpoint nor a control";
        for line in [
            "",
            "{}",
            "[]",
            "nonsense",
            "\"text\"",
            "[\"X\"]",
            "[\"X\",1.5,2]",
            "[1,2.5]",
            "{\"metadata\":{}",
            "[\"X\",1.5]x",
        ] {
            refuse(line, neither);
        }
        refuse(
            r#"["X",1760000000]"#,
            "the time has neither a fraction nor an exponent",
        );
        refuse(
            r#"["X",-1.5]"#,
            "the time is not between the years 1970 and 2262",
        );
        refuse(r#"["X","1.5"]"#, "`time` has a value of the wrong type");
        let name = "the name is empty, longer than 1000 bytes, or contains U+0000";
        refuse(r#"["",1.5]"#, name);
        refuse(r#"["a\u0000",1.5]"#, name);
        refuse(&format!("[\"{}\",1.5]", "x".repeat(1001)), name);
        refuse(
            r#"{"current_block":5}"#,
            "`current_block` has a value of the wrong type",
        );
        refuse(
            r#"{"current_call_id":"5"}"#,
            "`current_call_id` has a value of the wrong type",
        );
        refuse(
            r#"{"current_call_id":5000000000}"#,
            "`current_call_id` has a value of the wrong type",
        );
        refuse(
            r#"{"metadata":[]}"#,
            "`metadata` has a value of the wrong type",
        );
        refuse(
            r#"{"metadata":{"memo":"\u0000"}}"#,
            "the line contains the character U+0000",
        );
        assert!(matches!(
            parse(b"[\"\xff\",1.5]"),
            Err(EntryError::NotUtf8(_))
        ));
        assert!(matches!(
            parse(&vec![b' '; LINE_BYTES_MAX + 1]),
            Err(EntryError::TooLong)
        ));
    }

    #[test]
    fn survives_deep_nesting() {
        let deep = format!(
            "{{\"metadata\":{}1{}}}",
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert!(parse(deep.as_bytes()).is_err());
        let array = format!("[\"X\",{}1{}]", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse(array.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn short_and_general_form_agree(name in "[ -~]{1,20}", time in "[0-9]{1,10}\\.[0-9]{1,9}") {
            let name = name.replace(['"', '\\'], "_");
            let short = format!("[\"{name}\",{time}]");
            let (short, general) = (parse(short.as_bytes()), format!(" {short}"));
            let general = parse(general.as_bytes());
            prop_assert_eq!(short.is_ok(), general.is_ok());
        }
    }
}

//! Entries as a node's log queue answers them, one JSON object each.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::block::Process;
use crate::compact_json::Control;
use crate::entry::{Entry, EntryError, LINE_BYTES_MAX, checked_name};
use crate::json_object::Text;
use crate::stored_json;
use crate::timestamp::Timestamp;

/// An entry with its place in the node's log.
#[derive(Debug)]
pub struct LogEntry<'a> {
    /// The node's number for it.
    pub id: u64,
    /// When it was written, by the clock of the node.
    pub time: Timestamp,
    /// The process that wrote it.
    pub process: Process,
    /// What it says.
    pub entry: Entry<'a>,
}

#[derive(Deserialize)]
struct Fields<'a> {
    id: u64,
    #[serde(borrow)]
    timestamp: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(borrow, default)]
    metadata: Vec<Item<'a>>,
    #[serde(borrow, default)]
    process: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    item: Text<'a>,
    #[serde(borrow)]
    value: &'a RawValue,
}

/// Reads one element of `internalLogs`:
/// `{"id":812,"timestamp":"2025-05-07 14:30:22.361262Z","message":"…","metadata":[{"item":"…","value":…}],"process":null}`.
///
/// # Errors
///
/// The line is malformed, or PostgreSQL could not store it.
pub fn parse(line: &[u8]) -> Result<LogEntry<'_>, EntryError> {
    if line.len() > LINE_BYTES_MAX {
        return Err(EntryError::TooLong);
    }
    let text = std::str::from_utf8(line).map_err(EntryError::NotUtf8)?;
    let fields: Fields<'_> = serde_json::from_str(text).map_err(EntryError::NotAnEntry)?;
    let process = match fields.process.as_ref().map(|Text(name)| name.as_ref()) {
        None => Process::Main,
        Some("prover") => Process::Prover,
        Some("verifier") => Process::Verifier,
        Some(_) => return Err(EntryError::WrongType { key: "process" }),
    };
    let time = Timestamp::from_utc_text(&fields.timestamp.0)?;
    let entry = if fields.message.0 == "@control" {
        stored_json::check(text)?;
        control(fields.metadata, text)?
    } else {
        Entry::Checkpoint {
            name: checked_name(fields.message.0)?,
            time,
        }
    };
    Ok(LogEntry {
        id: fields.id,
        time,
        process,
        entry,
    })
}

fn control<'a>(items: Vec<Item<'a>>, line: &'a str) -> Result<Entry<'a>, EntryError> {
    let mut items = items.into_iter();
    let Some(first) = items.next() else {
        return Ok(Entry::Unknown(line));
    };
    let mut control = Control {
        key: first.item.0,
        value: first.value.get(),
        tag: None,
        further_members: false,
    };
    for item in items {
        control.further_members = true;
        if item.item.0 == Cow::Borrowed("current_call_tag") {
            control.tag = Some(item.value.get());
        }
    }
    control.into_entry(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::entry::CallTag;

    #[test]
    fn reads_checkpoints_with_their_process() {
        let line = br#"{"id":816,"timestamp":"2025-05-07 14:30:22.363911Z","message":"Verify_heterogenous","metadata":[],"process":"verifier"}"#;
        let read = parse(line).expect("an entry");
        assert_eq!((read.id, read.process), (816, Process::Verifier));
        let Entry::Checkpoint { name, time } = read.entry else {
            panic!("no checkpoint");
        };
        assert_eq!(name, "Verify_heterogenous");
        assert_eq!(time.nanoseconds(), 1_746_628_222_363_911_000);
    }

    #[test]
    fn reads_controls() {
        let line = br#"{"id":814,"timestamp":"2025-05-07 14:30:22.361262Z","message":"@control","metadata":[{"item":"current_call_id","value":1069},{"item":"current_call_tag","value":"block_received"}],"process":null}"#;
        assert_eq!(
            parse(line).expect("an entry").entry,
            Entry::CurrentCall {
                id: 1069,
                tag: CallTag::Set(Cow::Borrowed("block_received"))
            }
        );
        let line = br#"{"id":8,"timestamp":"2025-05-07 14:30:22Z","message":"@control","metadata":[{"item":"metadata","value":{"count":1}}]}"#;
        assert_eq!(
            parse(line).expect("an entry").entry,
            Entry::Metadata(r#"{"count":1}"#)
        );
    }

    #[test]
    fn refuses_what_is_none() {
        for line in [
            "",
            "{}",
            r#"{"id":-1,"timestamp":"2025-05-07 14:30:22Z","message":"X"}"#,
            r#"{"id":1,"timestamp":"yesterday","message":"X"}"#,
            r#"{"id":1,"timestamp":"2025-05-07 14:30:22Z","message":""}"#,
            r#"{"id":1,"timestamp":"2025-05-07 14:30:22Z","message":"X","process":"miner"}"#,
        ] {
            assert!(parse(line.as_bytes()).is_err(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}

//! Entries of a node's internal log, each with its JSON text as it came.

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

/// One entry of `internalLogs`.
#[derive(Debug, Clone)]
pub struct InternalLog {
    id: u64,
    text: Box<RawValue>,
}

#[derive(Deserialize)]
struct Id {
    id: u64,
}

impl InternalLog {
    /// The node's number for it, from 1 in each run of the daemon.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The JSON object exactly as the node wrote it.
    #[must_use]
    pub fn json(&self) -> &str {
        self.text.get()
    }

    /// What it says. An entry that cannot be understood is an error of its own and leaves those
    /// beside it alone.
    pub fn entry(&self) -> Result<trace::log_entry::LogEntry<'_>, trace::entry::EntryError> {
        trace::log_entry::parse(self.json().as_bytes())
    }
}

impl<'de> Deserialize<'de> for InternalLog {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        // An entry without an id could neither be placed nor asked for again.
        let Id { id } = serde_json::from_str(text.get()).map_err(de::Error::custom)?;
        Ok(Self { id, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_stays_as_it_came_and_reads_as_an_entry() {
        let json = r#"{"id":814, "timestamp":"2025-05-07 14:30:22.361262Z","message":"@control","metadata":[{"item":"metadata","value":{"b":1.0,"a":18446744073709551616}}],"process":null}"#;
        let log: InternalLog = serde_json::from_str(json).unwrap();
        assert_eq!((log.id(), log.json()), (814, json));
        let entry = log.entry().unwrap();
        assert_eq!(
            entry.entry,
            trace::entry::Entry::Metadata(r#"{"b":1.0,"a":18446744073709551616}"#)
        );
    }

    #[test]
    fn an_entry_of_an_unknown_process_keeps_its_id() {
        let json = r#"{"id":8,"timestamp":"2025-05-07 14:30:22Z","message":"X","metadata":[],"process":"miner"}"#;
        let log: InternalLog = serde_json::from_str(json).unwrap();
        assert_eq!(log.id(), 8);
        assert!(log.entry().is_err());
    }

    #[test]
    fn an_entry_without_an_id_is_refused() {
        for json in ["{}", r#"{"id":-1}"#, r#"{"id":"1"}"#, "[]", "1", "null"] {
            assert!(serde_json::from_str::<InternalLog>(json).is_err(), "{json}");
        }
    }
}

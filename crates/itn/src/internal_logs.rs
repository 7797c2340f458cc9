//! The answer of `internalLogs`: entries that borrow from its bytes, each with its JSON text as it
//! came.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::bounded::Bounded;
use crate::error::{Error, Malformed};
use crate::reply;

/// Most entries taken from one answer: ten times the largest queue in use.
const ENTRIES_MAX: usize = 100_000;

/// Entries of a node's log, their ids strictly ascending and none below the one asked for.
#[derive(Debug, Clone, Default)]
pub struct InternalLogs {
    body: String,
    places: Vec<Place>,
}

/// Where an entry lies in the body.
#[derive(Debug, Clone, Copy)]
struct Place {
    id: u64,
    start: usize,
    end: usize,
}

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InternalLog<'a> {
    id: u64,
    json: &'a str,
}

#[derive(Deserialize)]
struct Id {
    id: u64,
}

impl InternalLogs {
    /// Reads the body of an answer to a request for entries with an id not below `start_id`.
    pub(crate) fn parse(body: Vec<u8>, field: &'static str, start_id: u64) -> Result<Self, Error> {
        let body = String::from_utf8(body).map_err(|error| reply::shape(&error))?;
        let Bounded(texts): Bounded<&RawValue, ENTRIES_MAX> = reply::parse(body.as_bytes(), field)?;
        let base = body.as_ptr().addr();
        let mut places = Vec::with_capacity(texts.len());
        let mut least_id = start_id;
        for text in texts {
            let json = text.get();
            // An entry without an id could neither be placed nor asked for again.
            let Id { id } = serde_json::from_str(json).map_err(|error| reply::shape(&error))?;
            if id < least_id || id == u64::MAX {
                return Err(Error::Malformed(Malformed::IdOrder { id, least_id }));
            }
            least_id = id + 1;
            let start = json.as_ptr().addr() - base;
            places.push(Place {
                id,
                start,
                end: start + json.len(),
            });
        }
        Ok(Self { body, places })
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Size of the answer in bytes.
    #[must_use]
    pub fn body_bytes(&self) -> usize {
        self.body.len()
    }

    /// The id of the first entry.
    #[must_use]
    pub fn first_id(&self) -> Option<u64> {
        self.places.first().map(|place| place.id)
    }

    /// The id of the last entry.
    #[must_use]
    pub fn last_id(&self) -> Option<u64> {
        self.places.last().map(|place| place.id)
    }

    /// The entries, in the order of their ids.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = InternalLog<'_>> {
        self.places.iter().map(|place| InternalLog {
            id: place.id,
            json: self.body.get(place.start..place.end).unwrap_or_default(),
        })
    }
}

impl<'a> InternalLog<'a> {
    /// The node's number for it, from 1 in each run of the daemon.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Reads an entry that was kept as JSON.
    ///
    /// # Errors
    ///
    /// The text is no entry.
    pub fn from_json(json: &'a str) -> Result<Self, serde_json::Error> {
        let Id { id } = serde_json::from_str(json)?;
        Ok(Self { id, json })
    }

    /// The JSON object exactly as the node wrote it.
    #[must_use]
    pub fn json(&self) -> &'a str {
        self.json
    }

    /// What it says. An entry that cannot be understood is an error of its own and leaves those
    /// beside it alone.
    ///
    /// # Errors
    ///
    /// The entry is malformed, or PostgreSQL could not store it.
    pub fn entry(&self) -> Result<trace::log_entry::LogEntry<'a>, trace::entry::EntryError> {
        trace::log_entry::parse(self.json.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(entries: &str, start_id: u64) -> Result<InternalLogs, Error> {
        let body = format!(r#"{{"data":{{"internalLogs":[{entries}]}}}}"#);
        InternalLogs::parse(body.into_bytes(), "internalLogs", start_id)
    }

    #[test]
    fn the_text_stays_as_it_came_and_reads_as_an_entry() {
        let json = r#"{"id":814, "timestamp":"2025-05-07 14:30:22.361262Z","message":"@control","metadata":[{"item":"metadata","value":{"b":1.0,"a":18446744073709551616}}],"process":null}"#;
        let logs = parse(&format!(" {json} , {{\"id\":816}}"), 814).unwrap();
        assert_eq!(
            (logs.len(), logs.first_id(), logs.last_id()),
            (2, Some(814), Some(816))
        );
        let log = logs.iter().next().unwrap();
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
        let logs = parse(json, 0).unwrap();
        let log = logs.iter().next().unwrap();
        assert_eq!(log.id(), 8);
        assert!(log.entry().is_err());
    }

    #[test]
    fn an_entry_without_an_id_is_refused() {
        for json in ["{}", r#"{"id":-1}"#, r#"{"id":"1"}"#, "[]", "1", "null"] {
            assert!(
                matches!(parse(json, 0), Err(Error::Malformed(Malformed::Shape(_)))),
                "{json}"
            );
        }
    }

    #[test]
    fn ids_that_no_daemon_gives_are_refused() {
        for (entries, start_id) in [
            (r#"{"id":6}"#, 7),
            (r#"{"id":7},{"id":7}"#, 7),
            (r#"{"id":9},{"id":8}"#, 7),
            (r#"{"id":18446744073709551615}"#, 7),
        ] {
            assert!(
                matches!(
                    parse(entries, start_id),
                    Err(Error::Malformed(Malformed::IdOrder { .. }))
                ),
                "{entries}"
            );
        }
    }
}

//! Log entries as the trace lines that the original fetcher writes.

use itn::InternalLog;
use serde::Deserialize;
use serde_json::{Map, Value};
use trace::{Process, Timestamp};

/// Lines of the three processes of one node.
#[derive(Debug, Default)]
pub(crate) struct ArchivedLines {
    texts: [String; 3],
    count: u64,
}

#[derive(Deserialize)]
struct Fields {
    timestamp: String,
    message: String,
    #[serde(default)]
    metadata: Vec<Item>,
    #[serde(default)]
    process: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    item: String,
    value: Value,
}

impl ArchivedLines {
    /// Adds an entry; a malformed one is left out.
    pub(crate) fn add(&mut self, log: &InternalLog<'_>) {
        if let Some((process, line)) = line(log.json()) {
            let text = &mut self.texts[process as usize];
            text.push_str(&line);
            text.push('\n');
            self.count += 1;
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn bytes(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }

    /// Beginning of the file name, and the text, of each process that has one.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let names = [
            "internal-trace",
            "prover-internal-trace",
            "verifier-internal-trace",
        ];
        let texts = names.into_iter().zip(self.texts.iter().map(String::as_str));
        texts.filter(|(_, text)| !text.is_empty())
    }
}

fn line(json: &str) -> Option<(Process, String)> {
    let fields: Fields = serde_json::from_str(json).ok()?;
    let process = match fields.process.as_deref() {
        None => Process::Main,
        Some("prover") => Process::Prover,
        Some("verifier") => Process::Verifier,
        Some(_) => return None,
    };
    let value = if fields.message == "@control" {
        let members: Map<String, Value> = fields
            .metadata
            .into_iter()
            .map(|item| (item.item, item.value))
            .collect();
        let mut value = Value::Object(members);
        value.sort_all_objects();
        value
    } else {
        let time = Timestamp::from_utc_text(&fields.timestamp).ok()?;
        serde_json::json!([fields.message, time.seconds()])
    };
    Some((process, value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, process: Process, expected: &str) {
        let (found, line) = line(json).unwrap();
        assert_eq!(
            (found as usize, line.as_str()),
            (process as usize, expected)
        );
    }

    #[test]
    fn entries_are_written_as_by_the_original() {
        check(
            r#"{"id":1,"timestamp":"2025-05-07 14:30:22.361262Z","message":"@control","metadata":[{"item":"current_call_tag","value":"block_received"},{"item":"current_call_id","value":5}],"process":null}"#,
            Process::Main,
            r#"{"current_call_id":5,"current_call_tag":"block_received"}"#,
        );
        check(
            r#"{"id":1,"timestamp":"2025-05-07 14:30:22.361262Z","message":"@control","metadata":[{"item":"metadata","value":{"b":1,"a":{"d":1,"c":[]}}}]}"#,
            Process::Main,
            r#"{"metadata":{"a":{"c":[],"d":1},"b":1}}"#,
        );
        check(
            r#"{"id":1,"timestamp":"2025-05-07 14:30:22.361262Z","message":"X","metadata":[],"process":"prover"}"#,
            Process::Prover,
            r#"["X",1746628222.361262]"#,
        );
        check(
            r#"{"id":1,"timestamp":"2025-05-07 14:30:23Z","message":"X","metadata":[],"process":"verifier"}"#,
            Process::Verifier,
            r#"["X",1746628223.0]"#,
        );
        assert!(
            line(r#"{"id":1,"timestamp":"2025-05-07 14:30:23Z","message":"X","process":"miner"}"#)
                .is_none()
        );
    }
}

//! Entries of a node's internal log, kept small and turned into JSON only when asked.

use core::net::Ipv4Addr;
use std::fmt::Write as _;
use std::sync::Arc;

use trace::Process;

use crate::time::SimTime;

/// One entry of a node's internal log, not yet numbered: the queue it goes into does that, from 1
/// in each run of the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// By the network's clock until it is handed out, then by the node's own.
    pub(crate) time: SimTime,
    /// Which run of the node wrote it, from 0.
    pub(crate) run: u32,
    pub(crate) process: Process,
    pub(crate) body: Body,
}

/// What an entry says. Texts are shared between nodes, because a thousand of them write the
/// same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    Checkpoint(&'static str),
    /// `current_block`, a state hash or a slot.
    Block(Arc<str>),
    /// `current_block` outside any block.
    NoBlock,
    Call(i32, CallTag),
    /// `metadata`, as the text of a JSON object.
    Metadata(Arc<str>),
    FixedMetadata(&'static str),
    /// `metadata` `{"count":n}`.
    Count(u32),
    /// `metadata` of a transaction diff: the list of its summaries.
    Diff(Arc<str>, Sender, Reason),
    /// `metadata` of SNARK work: `"fee":…,"prover":…` and `"work_ids":[…]`.
    Work(Arc<WorkText>, Sender, Reason),
    BlockMetadata(Arc<str>),
    ProducedBlock(Arc<str>),
    TracingEnabled,
    NodeMetadata,
}

/// What is written about SNARK work wherever it is met.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WorkText {
    /// Members before `reason` and `sender`.
    pub(crate) fee_and_prover: String,
    /// Members after them.
    pub(crate) work_ids: String,
}

/// The peer that gossip came from; none for what was submitted locally.
pub(crate) type Sender = Option<Ipv4Addr>;

/// Why gossip was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    None,
    NotApplied,
    FeeEqual,
}

/// Which kind of work a call id belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallTag {
    None,
    BlockReceived,
    TransitionHandlerValidator,
}

impl CallTag {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::BlockReceived => Some("block_received"),
            Self::TransitionHandlerValidator => Some("transition_handler_validator"),
        }
    }
}

impl LogEntry {
    /// When it happened by the node's clock, in microseconds since 1970.
    #[must_use]
    pub fn unix_micros(&self) -> i64 {
        self.time.unix_micros()
    }

    /// Which run of the node wrote it, from 0. A run begins when the process does: with an empty
    /// queue, ids from 1 and a new identity of the ITN server.
    #[must_use]
    pub fn run(&self) -> u32 {
        self.run
    }

    /// The process that wrote it.
    #[must_use]
    pub fn process(&self) -> Process {
        self.process
    }

    /// The entry's message: the name of the checkpoint, or `@control`.
    #[must_use]
    pub fn message(&self) -> &'static str {
        match self.body {
            Body::Checkpoint(name) => name,
            _ => "@control",
        }
    }

    /// Calls `take` with the name and the JSON value of each item of a control entry, in order;
    /// not at all for a checkpoint.
    pub fn items(&self, mut take: impl FnMut(&'static str, &str)) {
        let mut value = String::new();
        if let Some(item) = self.first_item(&mut value) {
            take(item, &value);
        }
        if let Body::Call(_, tag) = self.body
            && let Some(tag) = tag.name()
        {
            take("current_call_tag", &format!("\"{tag}\""));
        }
    }

    /// Writes the entry as a line of a trace file, with its line end.
    pub fn write_line(&self, line: &mut String) {
        if let Body::Checkpoint(name) = self.body {
            // writing to a text does not fail
            let _ = writeln!(line, "[\"{name}\",{}]", self.time);
            return;
        }
        let begin = line.len();
        line.push_str("{\"");
        let mut value = String::new();
        let Some(item) = self.first_item(&mut value) else {
            line.truncate(begin);
            return;
        };
        line.push_str(item);
        line.push_str("\":");
        line.push_str(&value);
        if let Body::Call(_, tag) = self.body
            && let Some(tag) = tag.name()
        {
            let _ = write!(line, ",\"current_call_tag\":\"{tag}\"");
        }
        line.push_str("}\n");
    }

    /// Writes the value of the first item and gives its name.
    fn first_item(&self, value: &mut String) -> Option<&'static str> {
        match &self.body {
            Body::Checkpoint(_) => return None,
            Body::Block(block) => {
                let _ = write!(value, "\"{block}\"");
                return Some("current_block");
            }
            Body::NoBlock => {
                value.push_str("\"0\"");
                return Some("current_block");
            }
            Body::Call(id, _) => {
                let _ = write!(value, "{id}");
                return Some("current_call_id");
            }
            Body::BlockMetadata(json) => {
                value.push_str(json);
                return Some("block_metadata");
            }
            Body::ProducedBlock(hash) => {
                let _ = write!(value, "\"{hash}\"");
                return Some("produced_block_state_hash");
            }
            Body::TracingEnabled => {
                let _ = write!(value, "{}", self.time);
                return Some("internal_tracing_enabled");
            }
            Body::NodeMetadata => {
                let _ = write!(
                    value,
                    "{{\"branch\":\"simulated\",\"version\":\"{COMMIT_ID}\"}}"
                );
                return Some("mina_node_metadata");
            }
            Body::Metadata(json) => value.push_str(json),
            Body::FixedMetadata(json) => value.push_str(json),
            Body::Count(count) => {
                let _ = write!(value, "{{\"count\":{count}}}");
            }
            Body::Diff(diff, sender, reason) => {
                value.push('{');
                write_reason(value, *reason);
                write_sender(value, *sender);
                let _ = write!(value, "\"diff\":{diff}}}");
            }
            Body::Work(work, sender, reason) => {
                let _ = write!(value, "{{{},", work.fee_and_prover);
                write_reason(value, *reason);
                write_sender(value, *sender);
                let _ = write!(value, "{}}}", work.work_ids);
            }
        }
        Some("metadata")
    }
}

/// The commit that simulated nodes say they were built from.
pub const COMMIT_ID: &str = "51d0000000000000000000000000000000000000";

fn write_reason(value: &mut String, reason: Reason) {
    value.push_str(match reason {
        Reason::None => "",
        Reason::NotApplied => "\"reason\":\"not_applied\",",
        Reason::FeeEqual => "\"reason\":\"fee_equal\",",
    });
}

fn write_sender(value: &mut String, sender: Sender) {
    if let Some(address) = sender {
        let _ = write!(value, "\"sender\":\"{address}\",");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(body: Body) -> String {
        let entry = LogEntry {
            time: SimTime::from_unix_micros(1_746_628_222_361_262),
            run: 0,
            process: Process::Main,
            body,
        };
        let mut line = String::new();
        entry.write_line(&mut line);
        // The items say the same as the line.
        let mut items = Vec::new();
        entry.items(|item, json| items.push(format!("\"{item}\":{json}")));
        if entry.message() == "@control" {
            assert_eq!(line, format!("{{{}}}\n", items.join(",")));
        } else {
            assert_eq!(items, [] as [String; 0]);
        }
        trace::entry::parse(line.trim_end().as_bytes()).expect("a trace line");
        line
    }

    #[test]
    fn lines_are_those_of_a_node() {
        let work = Arc::new(WorkText {
            fee_and_prover: "\"fee\":\"0.01\",\"prover\":\"B62\"".to_owned(),
            work_ids: "\"work_ids\":[1,2]".to_owned(),
        });
        let sender = Some(Ipv4Addr::new(10, 233, 97, 39));
        for (body, expected) in [
            (
                Body::Checkpoint("Prediff"),
                r#"["Prediff",1746628222.361262]"#,
            ),
            (Body::NoBlock, r#"{"current_block":"0"}"#),
            (Body::Block("857".into()), r#"{"current_block":"857"}"#),
            (Body::Call(0, CallTag::None), r#"{"current_call_id":0}"#),
            (
                Body::Call(7, CallTag::BlockReceived),
                r#"{"current_call_id":7,"current_call_tag":"block_received"}"#,
            ),
            (Body::Count(3), r#"{"metadata":{"count":3}}"#),
            (
                Body::Diff("[]".into(), None, Reason::None),
                r#"{"metadata":{"diff":[]}}"#,
            ),
            (
                Body::Diff("[]".into(), sender, Reason::NotApplied),
                r#"{"metadata":{"reason":"not_applied","sender":"10.233.97.39","diff":[]}}"#,
            ),
            (
                Body::Work(work, sender, Reason::FeeEqual),
                r#"{"metadata":{"fee":"0.01","prover":"B62","reason":"fee_equal","sender":"10.233.97.39","work_ids":[1,2]}}"#,
            ),
            (
                Body::ProducedBlock("3N".into()),
                r#"{"produced_block_state_hash":"3N"}"#,
            ),
            (
                Body::TracingEnabled,
                r#"{"internal_tracing_enabled":1746628222.361262}"#,
            ),
        ] {
            assert_eq!(line(body), format!("{expected}\n"));
        }
    }

    #[test]
    fn entries_are_small() {
        // A thousand nodes keep hundreds of thousands of them.
        assert!(size_of::<LogEntry>() <= 48, "{}", size_of::<LogEntry>());
    }
}

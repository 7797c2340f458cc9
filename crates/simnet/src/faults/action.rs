//! A fault as a value, and as schedules and control requests spell it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::AnswerFault;

/// Something that happens to a node or to the network.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// The process of the node ends, without a word.
    Stop,
    /// It starts again: a new server id, log ids from 1, sequence numbers from 0.
    Start,
    /// Both.
    Restart,
    /// Its answers go wrong.
    Answers(AnswerFault),
    /// It forgets its sequence numbers, and nothing else.
    LoseSequence,
    /// Its clock goes wrong by that many seconds.
    SkewClock(f64),
    /// It gets the address of another node, which gets its.
    SwapAddress(String),
    /// It writes that many log entries at once.
    Burst(u32),
    /// Answers and clock are right again.
    Clear,
    /// Nodes reach those of their own group only. Nodes in no group are one more group.
    Partition(Vec<Vec<String>>),
    /// All nodes reach each other again.
    Heal,
}

/// The names of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Stop,
    Start,
    Restart,
    Hang,
    Slow,
    ServerError,
    Truncated,
    Oversized,
    WrongTypes,
    LoseSequence,
    SkewClock,
    SwapAddress,
    Burst,
    Clear,
    Partition,
    Heal,
}

/// A fault as written down: a kind, a node if it has one, and the value that the kind needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRequest {
    kind: Kind,
    /// The name of the node it happens to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    /// When it happens, in seconds of network time after genesis; at once if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_seconds: Option<f64>,
    /// How long it lasts, in seconds of network time; for good if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    for_seconds: Option<f64>,
    /// For `slow`: the delay in milliseconds of real time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    /// For `server-error`: the HTTP status, 503 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// For `oversized`: the length of the answer, 1 GB if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// For `skew-clock`: how far the clock is ahead, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    /// For `swap-address`: the other node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    with: Option<String>,
    /// For `burst`: how many entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entries: Option<u32>,
    /// For `partition`: the groups of nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<Vec<String>>>,
}

/// Why a fault cannot happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// The kind happens to a node, and none is named.
    #[error("the fault needs a `node`")]
    NodeMissing,
    /// The kind happens to the whole network.
    #[error("the fault happens to the network, not to a `node`")]
    NodeGiven,
    /// A value that the kind needs.
    #[error("the fault needs `{0}`")]
    Missing(&'static str),
    /// A value that the kind does not know.
    #[error("the fault does not know `{0}`")]
    Unexpected(&'static str),
    /// A value that cannot be.
    #[error("`{0}` is out of range")]
    Range(&'static str),
    /// There is no such node.
    #[error("there is no node `{0}`")]
    UnknownNode(String),
    /// The port of the node was taken by another process while the node was stopped.
    #[error("node `{0}` cannot listen at its address again")]
    Address(String),
}

impl FaultRequest {
    /// When it happens, in network time after genesis; `None` is at once.
    pub(super) fn at(&self) -> Result<Option<Duration>, FaultError> {
        seconds(self.at_seconds, "at_seconds")
    }

    /// How long it lasts in network time; `None` is for good.
    pub(super) fn lasting(&self) -> Result<Option<Duration>, FaultError> {
        seconds(self.for_seconds, "for_seconds")
    }

    /// The node, if it happens to one, and the fault.
    pub fn into_fault(self) -> Result<(Option<String>, Fault), FaultError> {
        self.check_members()?;
        let is_of_network = matches!(self.kind, Kind::Partition | Kind::Heal);
        match (&self.node, is_of_network) {
            (None, false) => return Err(FaultError::NodeMissing),
            (Some(_), true) => return Err(FaultError::NodeGiven),
            _ => {}
        }
        let fault = match self.kind {
            Kind::Stop => Fault::Stop,
            Kind::Start => Fault::Start,
            Kind::Restart => Fault::Restart,
            Kind::Hang => Fault::Answers(AnswerFault::Hang),
            Kind::Slow => {
                let delay_ms = self.delay_ms.ok_or(FaultError::Missing("delay_ms"))?;
                Fault::Answers(AnswerFault::Slow(Duration::from_millis(delay_ms)))
            }
            Kind::ServerError => match self.status.unwrap_or(503) {
                status @ 400..=599 => Fault::Answers(AnswerFault::ServerError(status)),
                _ => return Err(FaultError::Range("status")),
            },
            Kind::Truncated => Fault::Answers(AnswerFault::Truncated),
            Kind::Oversized => {
                Fault::Answers(AnswerFault::Oversized(self.bytes.unwrap_or(1_000_000_000)))
            }
            Kind::WrongTypes => Fault::Answers(AnswerFault::WrongTypes),
            Kind::LoseSequence => Fault::LoseSequence,
            Kind::SkewClock => match self.seconds.ok_or(FaultError::Missing("seconds"))? {
                seconds if seconds.abs() <= 86_400.0 => Fault::SkewClock(seconds),
                _ => return Err(FaultError::Range("seconds")),
            },
            Kind::SwapAddress => Fault::SwapAddress(self.with.ok_or(FaultError::Missing("with"))?),
            Kind::Burst => match self.entries.ok_or(FaultError::Missing("entries"))? {
                entries @ 1..=1_000_000 => Fault::Burst(entries),
                _ => return Err(FaultError::Range("entries")),
            },
            Kind::Clear => Fault::Clear,
            Kind::Partition => Fault::Partition(self.groups.ok_or(FaultError::Missing("groups"))?),
            Kind::Heal => Fault::Heal,
        };
        Ok((self.node, fault))
    }

    fn check_members(&self) -> Result<(), FaultError> {
        let members = [
            (self.delay_ms.is_some(), "delay_ms", Kind::Slow),
            (self.status.is_some(), "status", Kind::ServerError),
            (self.bytes.is_some(), "bytes", Kind::Oversized),
            (self.seconds.is_some(), "seconds", Kind::SkewClock),
            (self.with.is_some(), "with", Kind::SwapAddress),
            (self.entries.is_some(), "entries", Kind::Burst),
            (self.groups.is_some(), "groups", Kind::Partition),
        ];
        match members
            .into_iter()
            .find(|(given, _, kind)| *given && *kind != self.kind)
        {
            Some((_, name, _)) => Err(FaultError::Unexpected(name)),
            None => Ok(()),
        }
    }
}

impl Fault {
    /// What ends the fault, if it is one that lasts.
    pub(super) fn end(&self) -> Option<Self> {
        match self {
            Self::Stop => Some(Self::Start),
            Self::Answers(_) | Self::SkewClock(_) => Some(Self::Clear),
            Self::SwapAddress(other) => Some(Self::SwapAddress(other.clone())),
            Self::Partition(_) => Some(Self::Heal),
            Self::Start
            | Self::Restart
            | Self::LoseSequence
            | Self::Burst(_)
            | Self::Clear
            | Self::Heal => None,
        }
    }
}

/// A span of network time of at most ten years.
fn seconds(value: Option<f64>, name: &'static str) -> Result<Option<Duration>, FaultError> {
    match value {
        None => Ok(None),
        Some(value) if (0.0..=315_360_000.0).contains(&value) => {
            Ok(Some(Duration::from_secs_f64(value)))
        }
        Some(_) => Err(FaultError::Range(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<(Option<String>, Fault), FaultError> {
        serde_json::from_str::<FaultRequest>(json)
            .unwrap()
            .into_fault()
    }

    #[track_caller]
    fn check(json: &str, node: Option<&str>, fault: Fault) {
        assert_eq!(read(json), Ok((node.map(str::to_owned), fault)), "{json}");
    }

    #[test]
    fn every_kind_can_be_written() {
        let node = Some("a");
        check(r#"{"kind":"stop","node":"a"}"#, node, Fault::Stop);
        check(r#"{"kind":"start","node":"a"}"#, node, Fault::Start);
        check(r#"{"kind":"restart","node":"a"}"#, node, Fault::Restart);
        check(r#"{"kind":"clear","node":"a"}"#, node, Fault::Clear);
        check(r#"{"kind":"heal"}"#, None, Fault::Heal);
        check(
            r#"{"kind":"lose-sequence","node":"a"}"#,
            node,
            Fault::LoseSequence,
        );
        check(
            r#"{"kind":"skew-clock","node":"a","seconds":-300}"#,
            node,
            Fault::SkewClock(-300.0),
        );
        check(
            r#"{"kind":"swap-address","node":"a","with":"b"}"#,
            node,
            Fault::SwapAddress("b".to_owned()),
        );
        check(
            r#"{"kind":"burst","node":"a","entries":3000}"#,
            node,
            Fault::Burst(3_000),
        );
        check(
            r#"{"kind":"partition","groups":[["a"],["b","c"]]}"#,
            None,
            Fault::Partition(vec![
                vec!["a".to_owned()],
                vec!["b".to_owned(), "c".to_owned()],
            ]),
        );
        for (json, fault) in [
            (r#"{"kind":"hang","node":"a"}"#, AnswerFault::Hang),
            (
                r#"{"kind":"slow","node":"a","delay_ms":250}"#,
                AnswerFault::Slow(Duration::from_millis(250)),
            ),
            (
                r#"{"kind":"server-error","node":"a"}"#,
                AnswerFault::ServerError(503),
            ),
            (
                r#"{"kind":"server-error","node":"a","status":500}"#,
                AnswerFault::ServerError(500),
            ),
            (r#"{"kind":"truncated","node":"a"}"#, AnswerFault::Truncated),
            (
                r#"{"kind":"oversized","node":"a","bytes":7}"#,
                AnswerFault::Oversized(7),
            ),
            (
                r#"{"kind":"wrong-types","node":"a"}"#,
                AnswerFault::WrongTypes,
            ),
        ] {
            check(json, node, Fault::Answers(fault));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (json, error) in [
            (r#"{"kind":"stop"}"#, FaultError::NodeMissing),
            (r#"{"kind":"heal","node":"a"}"#, FaultError::NodeGiven),
            (
                r#"{"kind":"slow","node":"a"}"#,
                FaultError::Missing("delay_ms"),
            ),
            (
                r#"{"kind":"stop","node":"a","delay_ms":1}"#,
                FaultError::Unexpected("delay_ms"),
            ),
            (
                r#"{"kind":"server-error","node":"a","status":200}"#,
                FaultError::Range("status"),
            ),
            (
                r#"{"kind":"skew-clock","node":"a","seconds":1e9}"#,
                FaultError::Range("seconds"),
            ),
            (
                r#"{"kind":"burst","node":"a","entries":0}"#,
                FaultError::Range("entries"),
            ),
        ] {
            assert_eq!(read(json), Err(error), "{json}");
        }
        for json in [
            r#"{"kind":"explode","node":"a"}"#,
            r#"{"kind":"stop","node":"a","colour":"red"}"#,
            "{}",
        ] {
            assert!(
                serde_json::from_str::<FaultRequest>(json).is_err(),
                "{json}"
            );
        }
    }
}

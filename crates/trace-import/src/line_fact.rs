//! What is known of a line without tracing it: enough to find it among lines that are stored.

use blake2::digest::consts::U8;
use blake2::{Blake2b, Digest as _};
use trace::entry::{self, Entry};
use trace::{Line, Timestamp};

/// Stands for every line of rotation: it says where a file was cut, and is no content.
pub(crate) const ROTATION: u64 = 0;
/// Stands for every line that was too long to be kept.
const TOO_LONG: u64 = 2;

/// A line in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineFact {
    /// Odd if the line has a time. Such lines are hardly ever equal, others often are.
    pub(crate) hash: u64,
    pub(crate) time: Option<Timestamp>,
    pub(crate) rotation: Option<RotationStamp>,
}

/// What a line of rotation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RotationStamp {
    /// The file begins here.
    Start(Timestamp),
    /// The file ends here.
    End(Timestamp),
}

/// Which form the lines of a trace have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    TraceLines,
    LogEntries,
}

/// The form of a trace with this line in it, none if the line is an entry of neither.
pub(crate) fn form_of(line: &[u8]) -> Option<Form> {
    if trace::log_entry::parse(line).is_ok() {
        Some(Form::LogEntries)
    } else {
        entry::parse(line).is_ok().then_some(Form::TraceLines)
    }
}

impl LineFact {
    pub(crate) fn of(line: Line<'_>, form: Form) -> Self {
        let Line::Bytes(bytes) = line else {
            return Self::control(TOO_LONG);
        };
        if let Some(stamp) = rotation_stamp(bytes) {
            return Self {
                rotation: Some(stamp),
                ..Self::control(ROTATION)
            };
        }
        let time = match form {
            Form::TraceLines if bytes.first() == Some(&b'[') => match entry::parse(bytes) {
                Ok(Entry::Checkpoint { time, .. }) => Some(time),
                _ => None,
            },
            Form::TraceLines => None,
            Form::LogEntries => trace::log_entry::parse(bytes).ok().map(|entry| entry.time),
        };
        Self::hashed(bytes, time)
    }

    /// Of a line that has been read as an entry.
    pub(crate) fn of_entry(line: Line<'_>, entry: &Entry<'_>) -> Self {
        match (line, entry) {
            (Line::Bytes(bytes), Entry::Checkpoint { time, .. }) => {
                Self::hashed(bytes, Some(*time))
            }
            _ => Self::of(line, Form::TraceLines),
        }
    }

    fn hashed(bytes: &[u8], time: Option<Timestamp>) -> Self {
        // Other systems end lines with it.
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let digest = Blake2b::<U8>::digest(bytes);
        let hash = digest
            .iter()
            .fold(0, |hash, &byte| hash << 8 | u64::from(byte));
        let hash = match hash & !1 {
            ROTATION | TOO_LONG => 4,
            hash => hash,
        };
        Self {
            hash: hash | u64::from(time.is_some()),
            time,
            rotation: None,
        }
    }

    fn control(hash: u64) -> Self {
        Self {
            hash,
            time: None,
            rotation: None,
        }
    }
}

fn rotation_stamp(line: &[u8]) -> Option<RotationStamp> {
    if !line.starts_with(b"{\"rotated_log_") {
        return None;
    }
    match entry::parse(line) {
        Ok(Entry::RotatedStart(time)) => Some(RotationStamp::Start(time)),
        Ok(Entry::RotatedEnd(time)) => Some(RotationStamp::End(time)),
        _ => None,
    }
}

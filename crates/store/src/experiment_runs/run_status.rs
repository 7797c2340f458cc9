//! The status of a run, and that of its webhook.

use std::fmt;

use serde::{Serialize, Serializer};

/// Where a run is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RunStatus {
    /// It waits for its turn.
    Queued,
    /// It has the slot.
    Running,
    /// It has the slot and is to end.
    Cancelling,
    /// It ended because that was asked for.
    Cancelled,
    /// All its steps were done.
    Success,
    /// It ended with an error.
    Error,
    /// What another program has written: the table is that of the original.
    Other(String),
}

impl RunStatus {
    /// As in the table and in answers.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
            Self::Success => "success",
            Self::Error => "error",
            Self::Other(text) => text,
        }
    }
}

impl From<String> for RunStatus {
    fn from(text: String) -> Self {
        let known = [
            Self::Queued,
            Self::Running,
            Self::Cancelling,
            Self::Cancelled,
            Self::Success,
            Self::Error,
        ];
        let found = known.into_iter().find(|status| status.as_str() == text);
        found.unwrap_or(Self::Other(text))
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl Serialize for RunStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The status of the webhook of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookState {
    /// Not yet.
    Pending,
    /// It was.
    Delivered,
    /// No attempt succeeded.
    Failed,
}

#[derive(Debug, thiserror::Error)]
#[error("unknown state of a webhook: {0:?}")]
pub(super) struct UnknownState(String);

impl WebhookState {
    /// As in the journal and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    pub(super) fn read(text: &str) -> Result<Self, UnknownState> {
        let all = [Self::Pending, Self::Delivered, Self::Failed];
        let found = all.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| UnknownState(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_back_and_those_of_others_are_kept() {
        for text in [
            "queued",
            "running",
            "cancelling",
            "cancelled",
            "success",
            "error",
        ] {
            let status = RunStatus::from(text.to_owned());
            assert_eq!(status.as_str(), text);
            assert!(!matches!(status, RunStatus::Other(_)), "{text}");
        }
        let other = RunStatus::from("paused".to_owned());
        assert_eq!(other, RunStatus::Other("paused".to_owned()));
        assert_eq!(format!("{other:<8}|"), "paused  |");
        for state in [
            WebhookState::Pending,
            WebhookState::Delivered,
            WebhookState::Failed,
        ] {
            assert_eq!(WebhookState::read(state.as_str()).unwrap(), state);
        }
        let unknown = WebhookState::read("lost").unwrap_err().to_string();
        assert_eq!(unknown, "unknown state of a webhook: \"lost\"");
    }
}

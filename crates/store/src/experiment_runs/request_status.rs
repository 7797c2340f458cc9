//! What became of a request to a node.

use std::fmt;

use serde::Serialize;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::StoreError;

/// What became of a request to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestStatus {
    /// The node has accepted it.
    Accepted,
    /// The node has executed it, but its answer was lost.
    Unconfirmed,
    /// The node may have executed it, but no answer says so. It does not count, and what it may
    /// have started is stopped when the run is cancelled or fails.
    Unanswered,
    /// The node has not executed it.
    Refused,
}

/// A text that is no status.
#[derive(Debug, thiserror::Error)]
#[error("unknown status of a request: {0:?}")]
struct UnknownStatus(String);

impl RequestStatus {
    const ALL: [Self; 4] = [
        Self::Accepted,
        Self::Unconfirmed,
        Self::Unanswered,
        Self::Refused,
    ];

    /// As in the journal and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Unconfirmed => "unconfirmed",
            Self::Unanswered => "unanswered",
            Self::Refused => "refused",
        }
    }

    /// Of something that is accepted or refused.
    #[must_use]
    pub fn accepted_if(is_accepted: bool) -> Self {
        if is_accepted {
            Self::Accepted
        } else {
            Self::Refused
        }
    }

    /// Whether what was asked for counts as not done.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Unanswered | Self::Refused)
    }

    /// The column `outcome`; none while there is no answer.
    pub(super) fn of_row(row: &PgRow) -> Result<Option<Self>, StoreError> {
        let text: Option<&str> = row.try_get("outcome")?;
        text.map(|text| {
            let found = Self::ALL.into_iter().find(|one| one.as_str() == text);
            let unknown = || sqlx::Error::Decode(UnknownStatus(text.to_owned()).into());
            found.ok_or_else(|| unknown().into())
        })
        .transpose()
    }
}

impl fmt::Display for RequestStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

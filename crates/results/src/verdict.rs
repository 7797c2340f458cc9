//! Pass, fail, or not enough data.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a threshold, a round or a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every threshold holds.
    Pass,
    /// A threshold does not hold, whatever is missing.
    Fail,
    /// What is missing or still to come decides.
    NotEnoughData,
}

impl Verdict {
    /// The verdict over parts: one failure fails all; all parts must pass. None without parts.
    #[must_use]
    pub fn over(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        parts.into_iter().reduce(|all, part| match (all, part) {
            (Self::Fail, _) | (_, Self::Fail) => Self::Fail,
            (Self::Pass, Self::Pass) => Self::Pass,
            _ => Self::NotEnoughData,
        })
    }

    /// For processes that are waited for: 0 pass, 1 fail, 2 not enough data.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Fail => 1,
            Self::NotEnoughData => 2,
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotEnoughData => "not enough data",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{self, Fail, NotEnoughData, Pass};

    #[test]
    fn one_failure_fails_all_and_all_must_pass() {
        assert_eq!(Verdict::over([]), None);
        assert_eq!(Verdict::over([Pass, Pass]), Some(Pass));
        assert_eq!(Verdict::over([Pass, NotEnoughData]), Some(NotEnoughData));
        assert_eq!(Verdict::over([NotEnoughData, Fail, Pass]), Some(Fail));
    }

    #[test]
    fn a_script_can_tell_verdicts_apart() {
        let codes = [Pass, Fail, NotEnoughData].map(Verdict::exit_code);
        assert_eq!(codes, [0, 1, 2]);
    }
}

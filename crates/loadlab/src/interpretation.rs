//! How entries of logs become traces: arguments of several commands.

use clap::{Args, ValueEnum};

/// How entries are interpreted.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Interpretation {
    /// End a block's times before its integration and fill the distributions.
    #[arg(long, env = "HANDLE_STATUS_CHANGE", default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL")]
    pub(crate) handle_status_change: bool,
    /// Compute durations as corrected, or as the original implementation does.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) compatibility: Compatibility,
}

/// Whose computations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compatibility {
    /// With the defects of the original corrected.
    #[default]
    Corrected,
    /// As the original.
    Original,
}

impl From<Compatibility> for trace::Compatibility {
    fn from(compatibility: Compatibility) -> Self {
        match compatibility {
            Compatibility::Corrected => Self::Corrected,
            Compatibility::Original => Self::Original,
        }
    }
}

//! The units of bounds.

/// The unit of a bound, and of the values that stand beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A count.
    Count,
    /// A share, 0 to 1.
    Share,
    /// A share in percent.
    Percent,
    /// Transactions a minute.
    PerMinute,
    /// Transactions a second.
    PerSecond,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Minutes.
    Minutes,
    /// Slots of the network.
    Slots,
}

impl Unit {
    /// How it is written; empty for counts and shares.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Count | Self::Share => "",
            Self::Percent => "%",
            Self::PerMinute => "/min",
            Self::PerSecond => "tps",
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Minutes => "min",
            Self::Slots => "slots",
        }
    }
}

//! How rounds get their rates.

use std::fmt;
use std::str::FromStr;

/// How the rate of a round is chosen between the base rate and the stress rate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RateShape {
    /// `base + (stress − base) / 2 · |x|` with x standard normal, as in the original:
    /// without an upper bound, above the stress rate in 4.55 % of rounds.
    #[default]
    HalfNormal,
    /// The base rate in every round.
    Fixed,
    /// Rates from a list, one per round; the last holds on.
    Steps,
    /// In equal steps from the base rate in the first round to the stress rate in the last.
    Ramp,
}

impl RateShape {
    /// All shapes.
    pub const ALL: [Self; 4] = [Self::HalfNormal, Self::Fixed, Self::Steps, Self::Ramp];

    /// The name in files, requests and flags.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HalfNormal => "half-normal",
            Self::Fixed => "fixed",
            Self::Steps => "steps",
            Self::Ramp => "ramp",
        }
    }
}

impl fmt::Display for RateShape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for RateShape {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|shape| shape.name() == text)
            .ok_or(())
    }
}

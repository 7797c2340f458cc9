//! A checkpoint that takes longer, or shorter, than it was measured: to see whether it is found.

use std::str::FromStr;

use crate::steps::names;
use crate::time::Span;

/// The greatest factor.
const FACTOR_MAX: f64 = 1_000.0;

/// A checkpoint of the handling of blocks and the factor by which every node takes longer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slowed {
    checkpoint: &'static str,
    /// The factor in thousandths.
    permille: i64,
}

/// Why the setting is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlowedError {
    /// Not `CHECKPOINT=FACTOR`.
    #[error("write CHECKPOINT=FACTOR, as in Apply_diff=1.1")]
    Form,
    /// Nodes do not pass it while they handle a block.
    #[error("`{0}` is no checkpoint of the handling of a block; one is Apply_diff")]
    Checkpoint(String),
    /// Too small, too great, or no number.
    #[error("the factor must be a number from 0.001 to {FACTOR_MAX}")]
    Factor,
}

impl Slowed {
    /// How long the step takes that takes `usual` usually.
    pub(crate) fn apply(self, checkpoint: &str, usual: Span) -> Span {
        if checkpoint == self.checkpoint {
            Span::from_micros(usual.micros().saturating_mul(self.permille) / 1_000)
        } else {
            usual
        }
    }
}

impl FromStr for Slowed {
    type Err = SlowedError;

    fn from_str(text: &str) -> Result<Self, SlowedError> {
        let (name, factor) = text.split_once('=').ok_or(SlowedError::Form)?;
        let checkpoint = names()
            .find(|known| *known == name)
            .ok_or_else(|| SlowedError::Checkpoint(name.to_owned()))?;
        let factor: f64 = factor.parse().map_err(|_| SlowedError::Factor)?;
        if !(0.001..=FACTOR_MAX).contains(&factor) {
            return Err(SlowedError::Factor);
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most a million")]
        let permille = (factor * 1_000.0).round() as i64;
        Ok(Self {
            checkpoint,
            permille,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_checkpoint_that_is_named_takes_longer() {
        let slowed: Slowed = "Apply_diff=1.1".parse().unwrap();
        let usual = Span::from_micros(1_000);
        assert_eq!(slowed.apply("Apply_diff", usual), Span::from_micros(1_100));
        assert_eq!(slowed.apply("Prediff", usual), usual);
    }

    #[test]
    fn what_cannot_be_slowed_is_refused_with_a_reason() {
        let refused = |text: &str| text.parse::<Slowed>().unwrap_err();
        assert_eq!(refused("Apply_diff"), SlowedError::Form);
        assert_eq!(
            refused("Nothing=2"),
            SlowedError::Checkpoint("Nothing".to_owned())
        );
        for factor in ["", "x", "0", "-1", "1001", "NaN", "inf"] {
            let text = format!("Apply_diff={factor}");
            assert_eq!(refused(&text), SlowedError::Factor, "{text}");
        }
    }
}

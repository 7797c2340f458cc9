//! Whether two samples differ by more than chance.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::own_times::mean;

/// How often a comparison of equal things may find a difference anywhere.
const FALSE_FINDINGS: f64 = 0.02;

/// A difference below this part of the value is called none.
const SAME_WITHIN: f64 = 0.05;

/// Fewest values on each side.
pub const SAMPLES_MIN: usize = 3;

/// What a difference means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It differs for the better.
    Better,
    /// It differs for the worse.
    Worse,
    /// It does not differ by as much as would matter.
    Same,
    /// Chance may be all of it.
    Unknown,
}

/// A difference between means, and how much chance alone makes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Mean of the second minus mean of the first.
    pub difference: f64,
    /// Chance alone stays below this.
    pub noise: f64,
    /// What it means if greater is worse.
    pub change: Change,
}

/// Compares the means of independent values (Welch). `tests` is how many comparisons are made
/// together: all of them find a false difference in 2 of 100 cases. None with fewer than
/// [`SAMPLES_MIN`] values on a side.
#[must_use]
pub fn independent(first: &[f64], second: &[f64], tests: usize) -> Option<Difference> {
    if first.len() < SAMPLES_MIN || second.len() < SAMPLES_MIN {
        return None;
    }
    let (a, b) = (variance_of_mean(first), variance_of_mean(second));
    let variance = a + b;
    let freedom = if variance > 0.0 {
        variance * variance / (a * a / freedom(first) + b * b / freedom(second))
    } else {
        freedom(first)
    };
    let base = mean(first);
    Some(judge(mean(second) - base, variance, freedom, base, tests))
}

/// Compares values that belong together pair by pair, such as rounds with the same load.
#[must_use]
pub fn paired(pairs: &[(f64, f64)], tests: usize) -> Option<Difference> {
    if pairs.len() < SAMPLES_MIN {
        return None;
    }
    let differences: Vec<f64> = pairs.iter().map(|(a, b)| b - a).collect();
    let first: Vec<f64> = pairs.iter().map(|(a, _)| *a).collect();
    Some(judge(
        mean(&differences),
        variance_of_mean(&differences),
        freedom(&differences),
        mean(&first),
        tests,
    ))
}

fn judge(difference: f64, variance: f64, freedom: f64, base: f64, tests: usize) -> Difference {
    #[expect(clippy::cast_precision_loss, reason = "a count of metrics")]
    let risk = FALSE_FINDINGS / tests.max(1) as f64;
    let noise = t_quantile(1.0 - risk / 2.0, freedom) * variance.sqrt();
    let tolerance = SAME_WITHIN * base.abs();
    let change = if difference.abs() > noise && difference != 0.0 {
        if difference > 0.0 {
            Change::Worse
        } else {
            Change::Better
        }
    } else if difference.abs() + noise <= tolerance || (difference == 0.0 && noise == 0.0) {
        Change::Same
    } else {
        Change::Unknown
    };
    Difference {
        difference,
        noise,
        change,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
fn freedom(values: &[f64]) -> f64 {
    (values.len() - 1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
fn variance_of_mean(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    squares / freedom(values) / values.len() as f64
}

/// The quantile of Student's t: the normal one, corrected for few values (Hill's inverse would be
/// exact; this is within 2 % from 4 values on and errs to the safe side below).
fn t_quantile(probability: f64, freedom: f64) -> f64 {
    let z = normal_quantile(probability);
    if freedom < 3.0 {
        // Two degrees have a closed form; one is treated as two with room to spare.
        let alpha = 4.0 * probability * (1.0 - probability);
        let two = 2.0 * (probability - 0.5) * (2.0 / alpha).sqrt();
        return if freedom < 2.0 { two * two } else { two };
    }
    let (z3, z5, z7) = (z.powi(3), z.powi(5), z.powi(7));
    let z9 = z.powi(9);
    z + (z3 + z) / (4.0 * freedom)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * freedom.powi(2))
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * freedom.powi(3))
        + (79.0 * z9 + 776.0 * z7 + 1482.0 * z5 - 1920.0 * z3 - 945.0 * z)
            / (92160.0 * freedom.powi(4))
}

/// The quantile of the normal distribution for a probability above one half, by the asymptotic
/// form of Abramowitz and Stegun, 26.2.23; its error is below 0.0005.
fn normal_quantile(probability: f64) -> f64 {
    let t = (-2.0 * (1.0 - probability).max(1e-300).ln()).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    t - above / below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_tables() {
        let near = |found: f64, expected: f64, within: f64| {
            assert!(
                (found / expected - 1.0).abs() < within,
                "{found} {expected}"
            );
        };
        near(normal_quantile(0.975), 1.959_96, 0.001);
        near(normal_quantile(0.9995), 3.290_5, 0.001);
        near(t_quantile(0.975, 2.0), 4.302_7, 0.001);
        near(t_quantile(0.975, 5.0), 2.570_6, 0.01);
        near(t_quantile(0.995, 9.0), 3.249_8, 0.01);
        near(t_quantile(0.975, 200.0), 1.971_9, 0.001);
        assert!(t_quantile(0.975, 1.0) > 12.706);
    }

    #[test]
    fn a_clear_difference_is_worse_and_a_small_one_same() {
        let a = [10.0, 10.1, 9.9, 10.0, 10.05];
        let b = [12.0, 12.1, 11.9, 12.0, 12.02];
        assert_eq!(independent(&a, &b, 20).unwrap().change, Change::Worse);
        assert_eq!(independent(&b, &a, 20).unwrap().change, Change::Better);
        assert_eq!(independent(&a, &a, 1).unwrap().change, Change::Same);
        let pairs: Vec<(f64, f64)> = a.into_iter().zip(b).collect();
        assert_eq!(paired(&pairs, 20).unwrap().change, Change::Worse);
    }

    #[test]
    fn what_chance_can_do_is_unknown() {
        let noisy = [5.0, 15.0, 9.0];
        let other = [7.0, 20.0, 10.0];
        assert_eq!(
            independent(&noisy, &other, 1).unwrap().change,
            Change::Unknown
        );
        assert_eq!(independent(&noisy[..2], &other, 1), None);
        assert_eq!(paired(&[(1.0, 2.0), (1.0, 2.0)], 1), None);
    }
}

//! Whether two samples differ by more than chance.

use std::f64::consts::PI;

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

/// The quantile of Student's t for a probability above one half, by Hill's algorithm 396 of the ACM:
/// within 0.1 % of the exact one, and within 1 % between one and two degrees of freedom.
#[expect(
    clippy::many_single_char_names,
    reason = "the names of the published algorithm"
)]
fn t_quantile(probability: f64, freedom: f64) -> f64 {
    let n = freedom.max(1.0);
    let both_tails = 2.0 * (1.0 - probability);
    // These have a closed form.
    if n <= 1.0 {
        return (both_tails * PI / 2.0).tan().recip();
    }
    if (n - 2.0).abs() < 1e-9 {
        return (2.0 / (both_tails * (2.0 - both_tails)) - 2.0).sqrt();
    }
    let a = 1.0 / (n - 0.5);
    let b = 48.0 / (a * a);
    let mut c = ((20_700.0 * a / b - 98.0) * a - 16.0) * a + 96.36;
    let d = ((94.5 / (b + c) - 3.0) / b + 1.0) * (a * PI / 2.0).sqrt() * n;
    let tail = d * both_tails;
    let mut y = tail.powf(2.0 / n);
    if y > 0.05 + a {
        // Near the middle: from the normal quantile.
        let z = -normal_quantile(probability);
        y = z * z;
        if n < 5.0 {
            c += 0.3 * (n - 4.5) * (z + 0.6);
        }
        c += (((0.05 * d * z - 5.0) * z - 7.0) * z - 2.0) * z + b;
        y = (((((0.4 * y + 6.3) * y + 36.0) * y + 94.5) / c - y - 3.0) / b + 1.0) * z;
        y = (a * y * y).exp_m1();
    } else {
        let inner = (n + 6.0) / (n * y) - 0.089 * d - 0.822;
        y = ((1.0 / (inner * (n + 2.0) * 3.0) + 0.5 / (n + 4.0)) * y - 1.0) * (n + 1.0) / (n + 2.0)
            + 1.0 / y;
    }
    (n * y).sqrt()
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
        for (freedom, expected) in [
            (1.0, 12.706_2),
            (2.0, 4.302_7),
            (3.0, 3.182_4),
            (5.0, 2.570_6),
            (9.0, 2.262_2),
            (200.0, 1.971_9),
        ] {
            near(t_quantile(0.975, freedom), expected, 0.001);
        }
        near(t_quantile(0.995, 9.0), 3.249_8, 0.001);
        // Many comparisons of few values go far into the tail.
        near(t_quantile(0.9995, 3.0), 12.924, 0.001);
        near(t_quantile(0.9995, 2.5), 18.278, 0.001);
        near(t_quantile(0.9995, 1.5), 82.847, 0.02);
        near(t_quantile(0.9995, 1.0), 636.619, 0.001);
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

//! Checked steps between exact and floating numbers.

use mina::Amount;

/// A result that is no number, negative, or too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number of the plan is too large")]
pub struct Overflow;

/// Numbers above this are refused: floating numbers are exact up to here.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// The whole number at or below `number`, for a number that is not negative.
pub(crate) fn trunc(number: f64) -> Result<u64, Overflow> {
    if !(0.0..=EXACT_MAX).contains(&number) {
        return Err(Overflow);
    }
    // in range, as just checked
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = number as u64;
    Ok(whole)
}

/// The whole number at or above `number`, for a number that is not negative.
pub(crate) fn ceil(number: f64) -> Result<u64, Overflow> {
    trunc(number.ceil())
}

/// The floating number nearest to a whole one.
pub(crate) fn float(number: u64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "formulas are defined on doubles"
    )]
    let float = number as f64;
    float
}

/// The amount of this many nanomina.
pub(crate) fn amount(nanomina: u128) -> Result<Amount, Overflow> {
    u64::try_from(nanomina)
        .map(Amount::from_nanomina)
        .map_err(|_| Overflow)
}

/// The nanomina of an amount, wide enough to calculate with.
pub(crate) fn wide(amount: Amount) -> u128 {
    u128::from(amount.nanomina())
}

/// Checked multiplication of several factors.
pub(crate) fn product(factors: &[u128]) -> Result<u128, Overflow> {
    factors
        .iter()
        .try_fold(1_u128, |product, factor| product.checked_mul(*factor))
        .ok_or(Overflow)
}

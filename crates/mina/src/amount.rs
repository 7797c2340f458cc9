//! Amounts of MINA, exact to the nanomina. No floating point.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

const NANOMINA_PER_MINA: u64 = 1_000_000_000;
const DECIMALS: usize = 9;

/// An amount, fee or balance: a whole number of nanomina (10⁻⁹ MINA), at most 2⁶⁴ − 1.
///
/// The text form counts **MINA**: digits, then optionally a point and up to nine digits, such
/// as `720` or `0.01`. Protocols that count nanomina go through [`Amount::from_nanomina`] and
/// [`Amount::nanomina`], so that the unit is always written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount {
    nanomina: u64,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self::from_nanomina(0);

    /// This many nanomina.
    #[must_use]
    pub const fn from_nanomina(nanomina: u64) -> Self {
        Self { nanomina }
    }

    /// The amount in nanomina.
    #[must_use]
    pub const fn nanomina(self) -> u64 {
        self.nanomina
    }

    /// The sum, unless it is too large.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let sum = self.nanomina.checked_add(other.nanomina)?;
        Some(Self::from_nanomina(sum))
    }

    /// The difference, unless it is below zero.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let difference = self.nanomina.checked_sub(other.nanomina)?;
        Some(Self::from_nanomina(difference))
    }

    /// `factor` times the amount, unless that is too large.
    #[must_use]
    pub fn checked_mul(self, factor: u64) -> Option<Self> {
        let product = self.nanomina.checked_mul(factor)?;
        Some(Self::from_nanomina(product))
    }
}

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseAmountError {
    /// Something else than digits and one point after the first of them.
    #[error("a mina amount is digits, optionally followed by a point and digits")]
    Malformed,
    /// Less than a nanomina.
    #[error("too many digits after . in mina amount")]
    TooManyDecimals,
    /// 2⁶⁴ nanomina or more.
    #[error("mina amount too large")]
    TooLarge,
}

impl FromStr for Amount {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<Self, ParseAmountError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        if whole.is_empty() {
            return Err(ParseAmountError::Malformed);
        }
        let mut nanomina = digits(whole)?
            .checked_mul(NANOMINA_PER_MINA)
            .ok_or(ParseAmountError::TooLarge)?;
        if !decimals.is_empty() {
            let tail = digits(decimals.get(..DECIMALS).unwrap_or(decimals))?;
            let missing = DECIMALS
                .checked_sub(decimals.len())
                .ok_or(ParseAmountError::TooManyDecimals)?;
            let fraction = (0..missing).fold(tail, |fraction, _| 10 * fraction);
            nanomina = nanomina
                .checked_add(fraction)
                .ok_or(ParseAmountError::TooLarge)?;
        }
        Ok(Self::from_nanomina(nanomina))
    }
}

/// The number written with these digits. Unlike `u64::from_str`, without a sign.
fn digits(text: &str) -> Result<u64, ParseAmountError> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseAmountError::Malformed);
    }
    text.parse().map_err(|_| ParseAmountError::TooLarge)
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.nanomina / NANOMINA_PER_MINA;
        let fraction = self.nanomina % NANOMINA_PER_MINA;
        let text = format!("{whole}.{fraction:09}");
        formatter.pad(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, nanomina: u64) {
        assert_eq!(text.parse(), Ok(Amount::from_nanomina(nanomina)), "{text}");
    }

    #[track_caller]
    fn check_refused(text: &str, error: ParseAmountError) {
        assert_eq!(text.parse::<Amount>(), Err(error), "{text}");
    }

    #[test]
    fn decimal_texts_are_exact() {
        check("0.01", 10_000_000);
        check("720", 720_000_000_000);
        check("123", 123_000_000_000);
        check("00.002300", 2_300_000);
        check("1.", 1_000_000_000);
        check("0.000000001", 1);
        check("18446744073.709551615", u64::MAX);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "", ".", ".23", "-1", "+1", "1e3", "1,5", " 1", "1.2.3", "1.-2", "٣",
        ] {
            check_refused(text, ParseAmountError::Malformed);
        }
        check_refused("1.é", ParseAmountError::Malformed);
        check_refused("0.0000000001", ParseAmountError::TooManyDecimals);
        check_refused("1.0000000000", ParseAmountError::TooManyDecimals);
        check_refused("18446744073.709551616", ParseAmountError::TooLarge);
        check_refused("18446744074", ParseAmountError::TooLarge);
        check_refused("99999999999999999999999", ParseAmountError::TooLarge);
    }

    #[test]
    fn display_is_as_short_as_it_can_be() {
        let show = |nanomina| Amount::from_nanomina(nanomina).to_string();
        assert_eq!(show(0), "0");
        assert_eq!(show(10_000_000), "0.01");
        assert_eq!(show(720_000_000_000), "720");
        assert_eq!(show(1), "0.000000001");
        assert_eq!(show(u64::MAX), "18446744073.709551615");
    }

    #[test]
    fn arithmetic_refuses_to_wrap() {
        let [one, two] = [1, 2].map(Amount::from_nanomina);
        let most = Amount::from_nanomina(u64::MAX);
        assert_eq!(one.checked_add(one), Some(two));
        assert_eq!(most.checked_add(one), None);
        assert_eq!(two.checked_sub(one), Some(one));
        assert_eq!(one.checked_sub(two), None);
        assert_eq!(one.checked_mul(2), Some(two));
        assert_eq!(most.checked_mul(2), None);
    }

    proptest! {
        #[test]
        fn texts_survive(nanomina: u64) {
            let amount = Amount::from_nanomina(nanomina);
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        }

        #[test]
        fn garbage_never_panics(text in "[0-9.]{0,30}|.{0,12}") {
            let _ = text.parse::<Amount>();
        }
    }
}

//! Who may produce a block in which slot: chance weighted by stake, in integers only.

use crate::random::scatter;

/// The part of all numbers below 2^64 that wins a slot with this share of the stake:
/// 1 − (1/4)^share, as in Ouroboros Praos with an active slot coefficient of 3/4.
pub(crate) fn threshold(stake: u64, total: u64) -> u64 {
    if total == 0 || stake == 0 {
        return 0;
    }
    // (1/4)^share = 2^-x with x = 2 share, here in 32 bits after the point
    let x = (u128::from(stake.min(total)) << 33) / u128::from(total);
    let mut rest: u128 = 1 << 64;
    let mut factor: u128 = 1 << 62; // 2^-2 for the bit of value 2
    for bit in (0..=33).rev() {
        if x >> bit & 1 == 1 {
            rest = (rest * factor) >> 64;
        }
        factor = (factor << 64).isqrt();
    }
    u64::try_from((1 << 64) - rest).unwrap_or(u64::MAX)
}

/// A number that a producer's key gives for a slot: the output of its verifiable random function.
pub(crate) fn evaluate(seed: u64, producer: u64, slot: u32) -> u64 {
    scatter(scatter(scatter(seed ^ 0x5EED_0F7E_57AB_1E00) ^ producer) ^ u64::from(slot))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times 2^64, in percent.
    fn percent(threshold: u64) -> u64 {
        u64::try_from((u128::from(threshold) * 10_000) >> 64).unwrap()
    }

    #[test]
    fn all_of_the_stake_wins_three_slots_of_four() {
        assert_eq!(percent(threshold(5, 5)), 7_500);
        assert_eq!(percent(threshold(1, 2)), 5_000);
        // 1 - 4^-0.1 = 0.12944...
        assert_eq!(percent(threshold(1, 10)), 1_294);
        assert_eq!(threshold(0, 5), 0);
    }

    #[test]
    fn thresholds_are_the_same_bits_everywhere() {
        assert_eq!(threshold(1, 3), 6_826_023_492_214_187_379);
    }

    #[test]
    fn slots_are_won_as_often_as_they_should_be() {
        let threshold = threshold(1, 10);
        let won = (0..10_000).filter(|&slot| evaluate(1, 3, slot) < threshold);
        let won = won.count();
        assert!((1_200..1_390).contains(&won), "{won}");
    }
}

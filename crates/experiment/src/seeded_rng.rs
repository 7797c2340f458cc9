//! Randomness from a seed: the same draws on every machine and in every version.
//!
//! `ChaCha12` is a fixed algorithm, and what is made of its words is written out here with
//! exact arithmetic, because distributions of libraries may change between versions and the
//! logarithm of the C library between machines. A plan that was shown must be the one that runs.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

/// Greatest seed: whole numbers up to here are exact in every JSON reader.
pub const SEED_MAX: u64 = (1 << 53) - 1;

/// What random values are drawn for. Each purpose has a stream of its own, so that one more
/// draw in a round leaves all other rounds as they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Planning this round, counted from 0.
    Round(u32),
    /// Running this step of the script, counted from 0.
    Step(u32),
}

/// A source of random values.
#[derive(Debug, Clone)]
pub struct SeededRng(ChaCha12Rng);

impl SeededRng {
    /// The values for `purpose` in an experiment with this seed.
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose) -> Self {
        let stream = match purpose {
            Purpose::Round(round) => 2 * u64::from(round),
            Purpose::Step(step) => 2 * u64::from(step) + 1,
        };
        let mut generator = ChaCha12Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// A whole number from 0 to `end` − 1, each equally likely; 0 if `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        let product = u128::from(self.0.next_u64()) * u128::from(end);
        // the high half of a product of two 64-bit numbers has 64 bits
        u64::try_from(product >> 64).unwrap_or_default()
    }

    /// An index into a list of this length.
    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or_default()
    }

    /// A number from 0 (included) to 1 (excluded), in steps of 2⁻⁵³.
    fn unit(&mut self) -> f64 {
        // 53 bits are exact
        #[expect(clippy::cast_precision_loss)]
        let bits = (self.0.next_u64() >> 11) as f64;
        bits / 9_007_199_254_740_992.0
    }

    /// The absolute value of a standard normal draw, by Marsaglia's polar method.
    pub fn half_normal(&mut self) -> f64 {
        loop {
            let x = 2.0 * self.unit() - 1.0;
            let y = 2.0 * self.unit() - 1.0;
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return (x * (-2.0 * libm::log(square) / square).sqrt()).abs();
            }
        }
    }

    /// Puts the items in random order, each order equally likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            let other = self.index(end + 1);
            items.swap(end, other);
        }
    }

    /// A random order of the numbers below `length`.
    #[must_use]
    pub fn permutation(&mut self, length: usize) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..length).collect();
        self.shuffle(&mut numbers);
        numbers
    }

    /// `length` independent numbers below `length`.
    #[must_use]
    pub fn mapping(&mut self, length: usize) -> Vec<usize> {
        (0..length).map(|_| self.index(length)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_purpose_give_the_same_values_for_ever() {
        let mut chance = SeededRng::new(7, Purpose::Round(0));
        let values: Vec<u64> = (0..6).map(|_| chance.below(1_000_000)).collect();
        let again: Vec<u64> = {
            let mut chance = SeededRng::new(7, Purpose::Round(0));
            (0..6).map(|_| chance.below(1_000_000)).collect()
        };
        assert_eq!(values, again);
        let mut other = SeededRng::new(7, Purpose::Step(0));
        assert_ne!(other.below(1_000_000), values[0]);
    }

    #[test]
    fn the_half_normal_draw_has_the_moments_of_one() {
        let mut chance = SeededRng::new(1, Purpose::Round(0));
        let draws: Vec<f64> = (0..40_000).map(|_| chance.half_normal()).collect();
        let mean = draws.iter().sum::<f64>() / 40_000.0;
        let above_two = draws.iter().filter(|draw| **draw > 2.0).count();
        assert!((mean - 0.797_884_56).abs() < 0.015, "{mean}");
        assert!((1_600..2_050).contains(&above_two), "{above_two} of 4.55 %");
        assert!(draws.iter().all(|draw| draw.is_finite() && *draw >= 0.0));
    }

    #[test]
    fn whole_numbers_cover_their_range_evenly() {
        let mut chance = SeededRng::new(2, Purpose::Round(3));
        let mut counts = [0_u32; 5];
        for _ in 0..10_000 {
            counts[chance.index(5)] += 1;
        }
        assert!(
            counts.iter().all(|count| (1_850..2_150).contains(count)),
            "{counts:?}"
        );
        assert_eq!(chance.below(0), 0);
        assert_eq!(chance.below(1), 0);
    }

    #[test]
    fn a_permutation_has_every_number_once() {
        let mut chance = SeededRng::new(3, Purpose::Step(9));
        let mut numbers = chance.permutation(50);
        assert_ne!(numbers, (0..50).collect::<Vec<_>>());
        numbers.sort_unstable();
        assert_eq!(numbers, (0..50).collect::<Vec<_>>());
        assert!(chance.mapping(50).iter().all(|number| *number < 50));
    }
}

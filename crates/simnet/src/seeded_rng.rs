//! Numbers and keys that look random and are the same for the same seed, on any machine.

use blake2::{Blake2b512, Digest as _};

/// A generator for what happens, not for secrets: `SplitMix64`.
#[derive(Debug, Clone)]
pub(crate) struct SeededRng(u64);

impl SeededRng {
    /// The generator of one subject, such as `faults`.
    pub(crate) fn new(seed: u64, subject: &str) -> Self {
        let mut state = [0; 8];
        state.copy_from_slice(&derived_bytes(seed, subject, 0)[..8]);
        Self(u64::from_le_bytes(state))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// At least 0 and less than 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Below `end`, which is not 0.
    #[expect(clippy::cast_possible_truncation, reason = "below a usize")]
    pub(crate) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }
}

/// Bytes that belong to a seed, a subject and a number. They are as secret as the seed, which is
/// not at all.
pub(crate) fn derived_bytes(seed: u64, subject: &str, number: u64) -> [u8; 64] {
    let mut hash = Blake2b512::new();
    hash.update(b"loadlab simnet");
    hash.update(seed.to_le_bytes());
    hash.update((subject.len() as u64).to_le_bytes());
    hash.update(subject);
    hash.update(number.to_le_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_seeds_and_numbers_differ() {
        let all = [
            derived_bytes(1, "a", 0),
            derived_bytes(2, "a", 0),
            derived_bytes(1, "b", 0),
            derived_bytes(1, "a", 1),
        ];
        for (index, bytes) in all.iter().enumerate() {
            assert!(!all[..index].contains(bytes));
        }
        assert_eq!(derived_bytes(1, "a", 0), all[0]);
    }

    #[test]
    fn numbers_stay_in_their_range_and_reach_all_of_it() {
        let mut chance = SeededRng::new(3, "test");
        let mut seen = [0; 6];
        for _ in 0..600 {
            seen[chance.below(6)] += 1;
            assert!((0.0..1.0).contains(&chance.fraction()));
        }
        assert!(seen.iter().all(|count| *count > 60), "{seen:?}");
    }
}

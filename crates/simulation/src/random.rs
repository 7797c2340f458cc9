//! Chance from a seed: the same numbers on every machine, by integer arithmetic only.

/// A generator of the xoshiro256++ family, seeded through `SplitMix64`. Not for secrets that
/// protect anything: the seed determines all numbers.
#[derive(Debug, Clone)]
pub struct Random([u64; 4]);

/// One step of `SplitMix64`: a bijection that scatters its input well.
pub(crate) const fn scatter(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Random {
    /// The generator for one purpose under a seed: streams of different purposes are
    /// independent, so that more numbers for one do not change another.
    #[must_use]
    pub fn new(seed: u64, purpose: &str, index: u64) -> Self {
        let mut state = scatter(seed);
        for byte in purpose.bytes() {
            state = scatter(state ^ u64::from(byte));
        }
        state = scatter(state ^ index);
        Self(std::array::from_fn(|_| {
            state = scatter(state);
            state
        }))
    }

    /// The next 64 bits.
    #[must_use]
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.0;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number below `bound`; 0 for a bound of 0.
    #[must_use]
    pub fn below(&mut self, bound: u64) -> u64 {
        // The high half of a product: the bias is below 2^-32 for the bounds used here.
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `least` to `greatest`, both included; `least` if they are reversed.
    #[must_use]
    pub fn between(&mut self, least: u64, greatest: u64) -> u64 {
        match greatest.checked_sub(least) {
            None => least,
            Some(u64::MAX) => self.next_u64(),
            Some(width) => least + self.below(width + 1),
        }
    }

    /// An index into something of this length.
    #[must_use]
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// Random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_these_on_every_machine() {
        // xoshiro256++ from the state 1, 2, 3, 4: the published first outputs.
        let mut random = Random([1, 2, 3, 4]);
        let numbers: Vec<u64> = (0..4).map(|_| random.next_u64()).collect();
        assert_eq!(
            numbers,
            [
                41_943_041,
                58_720_359,
                3_588_806_011_781_223,
                3_591_011_842_654_386
            ]
        );
        // SplitMix64 from 0: the published first output.
        assert_eq!(scatter(0), 0xE220_A839_7B1D_CDAF);
    }

    #[test]
    fn purposes_and_indexes_have_streams_of_their_own() {
        let first = |purpose, index| Random::new(7, purpose, index).next_u64();
        assert_ne!(first("a", 0), first("b", 0));
        assert_ne!(first("a", 0), first("a", 1));
        assert_eq!(first("a", 1), first("a", 1));
    }

    #[test]
    fn bounds_are_kept_and_reached() {
        let mut random = Random::new(1, "bounds", 0);
        let drawn: Vec<u64> = (0..200).map(|_| random.between(3, 5)).collect();
        for number in 3..=5 {
            assert!(drawn.contains(&number));
        }
        assert!(drawn.iter().all(|number| (3..=5).contains(number)));
        assert_eq!(random.between(9, 2), 9);
        assert_eq!(random.below(0), 0);
    }
}

//! How long things take: distributions given by quantiles, sampled by integer arithmetic.

use crate::random::Random;
use crate::time::Span;

/// A distribution by its least value, quartiles and greatest value, in microseconds. Between
/// two of them all values are equally likely, except near the ends: the outermost quarters lean
/// towards the middle, because the least and the greatest of a few measured values are rare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Duration(pub(crate) [u32; 5]);

impl Duration {
    /// Draws one.
    pub(crate) fn sample(&self, random: &mut Random) -> Span {
        let number = random.next_u64();
        // two bits choose the quarter, sixteen the place in it
        let quarter = (number >> 62) & 3;
        let mut place = (number >> 40) & 0xFFFF;
        let [q0, q1, q2, q3, q4] = self.0.map(i64::from);
        let (low, high) = match quarter {
            0 => {
                // leans to the first quartile: 1 - (1 - x)^2
                let rest = 0xFFFF - place;
                place = 0xFFFF - ((rest * rest) >> 16);
                (q0, q1)
            }
            1 => (q1, q2),
            2 => (q2, q3),
            _ => {
                // leans to the third quartile: x^4
                let square = (place * place) >> 16;
                place = (square * square) >> 16;
                (q3, q4)
            }
        };
        let place = i64::try_from(place).unwrap_or(0);
        Span::from_micros(low + (((high - low) * place) >> 16))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_kept() {
        let duration = Duration([10, 20, 40, 80, 1000]);
        let mut random = Random::new(3, "durations", 0);
        let mut drawn: Vec<i64> = (0..4000)
            .map(|_| duration.sample(&mut random).micros())
            .collect();
        drawn.sort_unstable();
        assert!(drawn.iter().all(|micros| (10..=1000).contains(micros)));
        let quartile = |number: usize| drawn[number * 1000];
        assert!((18..=22).contains(&quartile(1)), "{}", quartile(1));
        assert!((37..=43).contains(&quartile(2)), "{}", quartile(2));
        assert!((74..=86).contains(&quartile(3)), "{}", quartile(3));
    }
}

//! The *legacy* Poseidon hash over the base field of Pallas: width 3, rate 2, S-box x⁵, 63 full
//! rounds, a row of constants added before the first.
//!
//! The constants are not copied but recomputed from SHA-256 as their authors did; the published
//! signatures in the tests fail if a single one is off.

use ff::{Field as _, PrimeField as _};
use pasta_curves::Fp;
use pasta_curves::deferred::{DeferredField as _, Product};
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

const WIDTH: usize = 3;
const RATE: usize = 2;
const ROUNDS: usize = 63;

/// State of the sponge between permutations.
pub(crate) type State = [Fp; WIDTH];

struct Parameters {
    round_constants: [State; ROUNDS + 1],
    matrix: [State; WIDTH],
}

static PARAMETERS: LazyLock<Parameters> = LazyLock::new(|| {
    let round_constants = std::array::from_fn(|round| {
        std::array::from_fn(|column| sha256_value("Pasta_pRoundConstants", WIDTH * round + column))
    });
    let xs: State = std::array::from_fn(|i| sha256_value("CodaRescueMDSx", i));
    let ys: State = std::array::from_fn(|j| sha256_value("CodaRescueMDSy", j));
    let matrix = xs.map(|x| {
        ys.map(|y| {
            let inverse = (x - y).invert();
            inverse.expect("the six fixed values differ from each other")
        })
    });
    Parameters {
        round_constants,
        matrix,
    }
});

/// The first of `SHA-256("{prefix}{index}_0")`, `SHA-256("{prefix}{index}_1")`, …, read
/// big-endian, that is below the modulus. One in four is, so the search is short.
fn sha256_value(prefix: &str, index: usize) -> Fp {
    let mut attempt = 0_u32;
    loop {
        let mut digest: [u8; 32] = Sha256::digest(format!("{prefix}{index}_{attempt}")).into();
        digest.reverse();
        if let Some(value) = Fp::from_repr(digest).into_option() {
            return value;
        }
        attempt += 1;
    }
}

/// The state after the fields have been added two at a time, with a permutation after each
/// pair and after a last single one. Without fields the state stays as it is.
pub(crate) fn absorb(mut state: State, fields: impl IntoIterator<Item = Fp>) -> State {
    let parameters = &*PARAMETERS;
    let mut position = 0;
    for field in fields {
        state[position] += field;
        position += 1;
        if position == RATE {
            permute(parameters, &mut state);
            position = 0;
        }
    }
    if position != 0 {
        permute(parameters, &mut state);
    }
    state
}

fn permute(parameters: &Parameters, state: &mut State) {
    let (first, rest) = (
        &parameters.round_constants[0],
        &parameters.round_constants[1..],
    );
    for (element, constant) in state.iter_mut().zip(first) {
        *element += constant;
    }
    for constants in rest {
        let powers = state.map(|element| element.square().square() * element);
        *state = *constants;
        for (element, row) in state.iter_mut().zip(&parameters.matrix) {
            // Reduced once, as a sum.
            let mut sum = Product::default();
            for (entry, power) in row.iter().zip(&powers) {
                Fp::mul_accumulate(&mut sum, entry, power);
            }
            *element += Fp::reduce(sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First number of the published table `fp_legacy` of o1-labs/proof-systems.
    #[test]
    fn the_first_round_constant_is_the_published_one() {
        let published = Fp::from_str_vartime(
            "1346081094044643970582493287085428191977688221215786919106342366360741041016",
        );
        assert_eq!(Some(PARAMETERS.round_constants[0][0]), published);
    }

    #[test]
    fn a_single_field_and_one_padded_with_zero_hash_alike() {
        let seven = Fp::from(7);
        let start = [Fp::ZERO; WIDTH];
        assert_eq!(absorb(start, [seven]), absorb(start, [seven, Fp::ZERO]));
        assert_ne!(absorb(start, [seven]), absorb(start, [Fp::ZERO, seven]));
    }

    #[test]
    fn absorbing_nothing_changes_nothing() {
        let start = [Fp::ONE; WIDTH];
        assert_eq!(absorb(start, []), start);
    }
}

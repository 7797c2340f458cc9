//! Pallas as the Mina protocol uses it: the curve y² = x³ + 5 with Mina's own generator.

use crate::base58check::DecodeError;
use ff::{Field as _, PrimeField as _};
use group::{Curve as _, CurveAffine as _, Group as _};
use pasta_curves::arithmetic::{CurveAffine as _, CurveExt as _};
use pasta_curves::glv::GlvParams as _;
use pasta_curves::{Fp, Fq, pallas};
use std::sync::LazyLock;
use subtle::{Choice, ConditionallySelectable as _};

/// Mina's generator (1, y). The curve library's own, (−1, 2), is another point.
static GENERATOR: LazyLock<pallas::Affine> = LazyLock::new(|| {
    let y = Fp::from_raw([
        0x19cf_7a23_caed_2abb,
        0x8f65_5bd4_333d_4771,
        0x53df_a9f0_6378_ee54,
        0x1b74_b5a3_0a12_937c,
    ]);
    pallas::Affine::from_xy(Fp::ONE, y).expect("the generator is on the curve")
});

/// Bytes of a scalar.
const SCALAR_BYTES: usize = 32;

/// Values of a byte but zero.
const DIGITS: usize = 255;

/// `d · 256ⁱ · G` for each byte i and each digit d from 1: with these a product is the sum of one
/// point per byte. Half a megabyte.
static GENERATOR_MULTIPLES: LazyLock<Vec<pallas::Affine>> = LazyLock::new(|| {
    let mut points = Vec::with_capacity(SCALAR_BYTES * DIGITS);
    let mut unit = GENERATOR.to_curve();
    for _ in 0..SCALAR_BYTES {
        let mut multiple = unit;
        for _ in 0..DIGITS {
            points.push(multiple);
            multiple += unit;
        }
        unit = multiple;
    }
    let mut multiples = vec![pallas::Affine::identity(); points.len()];
    pallas::Point::batch_normalize(&points, &mut multiples);
    multiples
});

/// −2²⁵⁵ times the library's generator, which [`multiply_generator`] starts from.
static OFFSET_CORRECTION: LazyLock<pallas::Point> =
    LazyLock::new(|| -(0..SCALAR_BITS).fold(pallas::Point::generator(), |point, _| point.double()));

const SCALAR_BITS: usize = 255;

/// `scalar · G` in a time that does not depend on the scalar.
///
/// The library's multiplication starts at the point at infinity, where its addition takes a
/// short cut, so that its time shows the number of leading zero bits: enough to find a private
/// key from many signatures. This one starts at another point, of unknown relation to G, and
/// takes its multiple off at the end, so that every step is a general addition.
pub(crate) fn multiply_generator(scalar: &Fq) -> pallas::Affine {
    let generator = &*GENERATOR;
    let repr = zeroize::Zeroizing::new(scalar.to_repr());
    let mut sum = pallas::Point::generator();
    for index in (0..SCALAR_BITS).rev() {
        sum = sum.double();
        let bit = Choice::from((repr[index / 8] >> (index % 8)) & 1);
        sum.conditional_assign(&(sum + generator), bit);
    }
    (sum + *OFFSET_CORRECTION).to_affine()
}

/// Bytes of the pieces that a scalar is cut into for a [`Multiples`].
const PIECE_BYTES: usize = 4;

/// Values of half a byte but zero.
const NIBBLES: usize = 15;

/// What a point P is multiplied with: `d · 2³²ⁱ · P` for each piece i of 32 bits and each d from
/// 1 to 15. With these the pieces of a scalar share their 28 doublings. 7.5 KiB.
#[derive(Debug, Clone)]
pub(crate) struct Multiples(Box<[pallas::Affine]>);

impl Multiples {
    /// The multiples of a public key.
    pub(crate) fn new(public_key: &pallas::Affine) -> Self {
        let mut points = Vec::with_capacity(SCALAR_BYTES / PIECE_BYTES * NIBBLES);
        let mut unit = public_key.to_curve();
        for _ in 0..SCALAR_BYTES / PIECE_BYTES {
            let mut multiple = unit;
            for _ in 0..NIBBLES {
                points.push(multiple);
                multiple += unit;
            }
            // The last is 16 times the unit.
            unit = (4..8 * PIECE_BYTES).fold(multiple, |point, _| point.double());
        }
        let mut multiples = vec![pallas::Affine::identity(); points.len()];
        pallas::Point::batch_normalize(&points, &mut multiples);
        Self(multiples.into())
    }

    /// `scalar · P`, in variable time: only for public numbers.
    pub(crate) fn multiply_vartime(&self, scalar: &Fq) -> pallas::Point {
        let digits = scalar.to_repr();
        let mut sum = pallas::Point::identity();
        for byte in (0..PIECE_BYTES).rev() {
            for shift in [4, 0] {
                sum = sum.double().double().double().double();
                let pieces = digits.chunks_exact(PIECE_BYTES);
                for (piece, row) in pieces.zip(self.0.chunks_exact(NIBBLES)) {
                    let digit = usize::from(piece[byte] >> shift & 0xF);
                    if let Some(multiple) = digit.checked_sub(1).and_then(|index| row.get(index)) {
                        sum += multiple;
                    }
                }
            }
        }
        sum
    }
}

/// `scalar · P`, in variable time: only for public numbers.
pub(crate) fn multiply_vartime(point: &pallas::Affine, scalar: &Fq) -> pallas::Point {
    point.to_curve().mul_glv(scalar)
}

/// `s·G − e·P`, given `e·P`, in variable time: only for public numbers.
pub(crate) fn commitment_vartime(s: &Fq, key_times_e: &pallas::Point) -> pallas::Affine {
    (multiply_generator_vartime(s) - key_times_e).to_affine_vartime()
}

/// `scalar · G`, in variable time: only for public numbers.
fn multiply_generator_vartime(scalar: &Fq) -> pallas::Point {
    let digits = scalar.to_repr();
    let rows = digits.iter().zip(GENERATOR_MULTIPLES.chunks_exact(DIGITS));
    rows.filter_map(|(&digit, row)| row.get(usize::from(digit).checked_sub(1)?))
        .fold(pallas::Point::identity(), |sum, point| sum + point)
}

/// The point with this x whose y is odd or even.
pub(crate) fn decompress(x: Fp, y_is_odd: Choice) -> Result<pallas::Affine, DecodeError> {
    let root = (x.square() * x + pallas::Affine::b())
        .sqrt()
        .into_option()
        .ok_or(DecodeError::NotOnCurve)?;
    // No point of Pallas has y = 0 (the group has odd order), so both parities exist.
    let y = Fp::conditional_select(&root, &-root, root.is_odd() ^ y_is_odd);
    pallas::Affine::from_xy(x, y)
        .into_option()
        .ok_or(DecodeError::NotOnCurve)
}

/// The number as an integer, least significant byte first, must be below the modulus.
pub(crate) fn base_field(bytes: [u8; 32]) -> Result<Fp, DecodeError> {
    Fp::from_repr(bytes)
        .into_option()
        .ok_or(DecodeError::NotCanonical)
}

/// As [`base_field`], for the field of the private keys.
pub(crate) fn scalar_field(bytes: [u8; 32]) -> Result<Fq, DecodeError> {
    Fq::from_repr(bytes)
        .into_option()
        .ok_or(DecodeError::NotCanonical)
}

/// The little-endian integer as four 64-bit limbs, the form that the fields reduce from.
pub(crate) fn limbs(bytes: &[u8; 32]) -> [u64; 4] {
    std::array::from_fn(|limb| {
        u64::from_le_bytes(std::array::from_fn(|byte| bytes[8 * limb + byte]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constant_time_product_equals_the_librarys() {
        let big = -Fq::from(12_345);
        for scalar in [Fq::ONE, Fq::from(2), Fq::from(u64::MAX), big, -Fq::ONE] {
            assert_eq!(
                multiply_generator(&scalar),
                (*GENERATOR * scalar).to_affine()
            );
            assert_eq!(multiply_generator_vartime(&scalar), *GENERATOR * scalar);
        }
    }

    #[test]
    fn products_with_prepared_multiples_equal_the_librarys() {
        let point = (*GENERATOR * Fq::from(77)).to_affine();
        let multiples = Multiples::new(&point);
        let each_piece = (0..8).fold(Fq::ZERO, |sum, _| {
            (0..32).fold(sum, |sum, _| sum.double()) + Fq::from(0xFEDC_BA98)
        });
        for scalar in [Fq::ZERO, Fq::ONE, Fq::from(u64::MAX), each_piece, -Fq::ONE] {
            let expected = point * scalar;
            assert_eq!(multiples.multiply_vartime(&scalar), expected);
            assert_eq!(multiply_vartime(&point, &scalar), expected);
        }
    }

    #[test]
    fn zero_times_the_generator_is_the_identity() {
        assert!(bool::from(
            multiply_generator_vartime(&Fq::ZERO).is_identity()
        ));
        assert!(bool::from(multiply_generator(&Fq::ZERO).is_identity()));
    }

    #[test]
    fn decompression_finds_both_points_of_an_x() {
        let even = decompress(Fp::ONE, Choice::from(0)).unwrap();
        let odd = decompress(Fp::ONE, Choice::from(1)).unwrap();
        assert_eq!(even, -odd);
        assert_eq!(odd, *GENERATOR);
    }

    #[test]
    fn an_x_without_a_point_is_refused() {
        let refused = (0..20_u64)
            .map(Fp::from)
            .filter(|x| decompress(*x, Choice::from(0)) == Err(DecodeError::NotOnCurve))
            .count();
        assert!((1..20).contains(&refused), "{refused} of 20");
    }

    #[test]
    fn numbers_from_the_modulus_on_are_refused() {
        let mut modulus = (-Fp::ONE).to_repr();
        modulus[0] += 1;
        assert_eq!(base_field(modulus), Err(DecodeError::NotCanonical));
        assert_eq!(scalar_field([0xFF; 32]), Err(DecodeError::NotCanonical));
    }
}

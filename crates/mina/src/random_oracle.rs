//! What goes into a signature's hashes: fields and bits, and how the *legacy* scheme packs them.

use crate::curve::limbs;
use ff::PrimeField as _;
use pasta_curves::{Fp, Fq};
use zeroize::Zeroizing;

/// Bits of a packed piece: one less than a field has, so that every piece is below the modulus.
const PIECE_BITS: usize = 254;
const FIELD_BITS: usize = 255;

/// In which order the bits of each message byte are signed. There is no telling from a
/// signature, and a wrong choice makes every one invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BitOrder {
    /// The lowest bit of each byte first: uptime submissions and `append_bytes` of the Rust
    /// `mina-signer`.
    LowestFirst,
    /// The highest bit of each byte first: `signMessage` of the npm package `mina-signer`, as
    /// used by wallets.
    HighestFirst,
}

/// A growing row of bits, kept eight to a byte with the lowest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bits {
    bytes: Zeroizing<Vec<u8>>,
    count: usize,
}

impl Bits {
    /// No bits, with room for `count`, so that growing leaves no copies of secrets behind.
    fn with_capacity(count: usize) -> Self {
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(count.div_ceil(8))),
            count: 0,
        }
    }

    /// Appends the first `count` bits of `bytes`, or all of them if there are fewer. Never
    /// branches on a bit.
    pub(crate) fn append(&mut self, bytes: &[u8], count: usize) {
        for index in 0..count.min(8 * bytes.len()) {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = (bytes[index / 8] >> (index % 8)) & 1;
            self.bytes[self.count / 8] |= bit << (self.count % 8);
            self.count += 1;
        }
    }

    /// Cuts into pieces of 254 bits, each a number with its first bit lowest.
    fn pieces(&self) -> impl Iterator<Item = Fp> {
        (0..self.count).step_by(PIECE_BITS).map(|start| {
            let mut piece = [0_u8; 32];
            for (index, from) in (start..self.count).take(PIECE_BITS).enumerate() {
                piece[index / 8] |= ((self.bytes[from / 8] >> (from % 8)) & 1) << (index % 8);
            }
            Fp::from_raw(limbs(&piece))
        })
    }
}

/// A message in the form that is signed: first fields, then bits.
#[derive(Debug, Clone, Default)]
pub(crate) struct RandomOracleInput {
    pub(crate) fields: Vec<Fp>,
    pub(crate) bits: Bits,
}

impl RandomOracleInput {
    /// A message of bytes: no fields.
    pub(crate) fn from_message(message: &[u8], order: BitOrder) -> Self {
        let count = 8 * message.len();
        let mut bits = Bits::with_capacity(count);
        match order {
            BitOrder::LowestFirst => bits.append(message, count),
            BitOrder::HighestFirst => {
                for byte in message {
                    bits.append(&[byte.reverse_bits()], 8);
                }
            }
        }
        Self {
            fields: Vec::new(),
            bits,
        }
    }

    /// The fields that the challenge hashes: message fields, the given ones, message bits.
    pub(crate) fn challenge_fields(&self, appended: [Fp; 3]) -> impl Iterator<Item = Fp> {
        let fields = self.fields.iter().copied();
        fields.chain(appended).chain(self.bits.pieces())
    }

    /// What [`Self::challenge_fields`] has after the two coordinates of the key.
    pub(crate) fn fields_after_key(&self, r: Fp) -> impl Iterator<Item = Fp> {
        [r].into_iter().chain(self.bits.pieces())
    }

    /// The bytes that the nonce hashes: 255 bits of each message field and of the public key's
    /// coordinates, the message bits, 255 bits of the private key, 8 bits of the network id.
    pub(crate) fn nonce_bytes(
        &self,
        public_key: [Fp; 2],
        private_key: &Fq,
        network: u8,
    ) -> Zeroizing<Vec<u8>> {
        let fields = self.fields.len() + 3;
        let mut bits = Bits::with_capacity(fields * FIELD_BITS + self.bits.count + 8);
        for field in self.fields.iter().chain(&public_key) {
            bits.append(&field.to_repr(), FIELD_BITS);
        }
        bits.append(&self.bits.bytes, self.bits.count);
        let private_key = Zeroizing::new(private_key.to_repr());
        bits.append(private_key.as_slice(), FIELD_BITS);
        bits.append(&[network], 8);
        bits.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ff::Field as _;

    #[test]
    fn bits_are_appended_across_byte_borders() {
        let mut bits = Bits::default();
        bits.append(&[0b101], 3);
        bits.append(&[0xFF, 0x01], 9);
        assert_eq!(bits.bytes.as_slice(), [0b1111_1101, 0b0000_1111]);
        assert_eq!(bits.count, 12);
    }

    #[test]
    fn the_orders_differ_by_reversed_bytes() {
        let lowest = RandomOracleInput::from_message(&[0b0000_0001, 0x80], BitOrder::LowestFirst);
        let highest = RandomOracleInput::from_message(&[0x80, 0b0000_0001], BitOrder::HighestFirst);
        assert_eq!(lowest.bits, highest.bits);
    }

    #[test]
    fn a_digest_gives_two_pieces() {
        let input = RandomOracleInput::from_message(&[0xFF; 32], BitOrder::LowestFirst);
        let two_to_254 = (0..254).fold(Fp::ONE, |power, _| power.double());
        assert_eq!(
            input.bits.pieces().collect::<Vec<_>>(),
            [two_to_254 - Fp::ONE, Fp::from(3)]
        );
    }
}

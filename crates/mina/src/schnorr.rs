//! The *legacy* Schnorr signatures of the Mina protocol, as used for payments and uptime
//! submissions.
//!
//! Signing is deterministic and takes the same time whatever the key; checking takes variable
//! time, all its inputs being public.
//!
//! Sign digests, or other messages of a fixed length: the scheme fills messages up with zero
//! bits, so one with and one without trailing zeros can have the same signature.

use crate::blake2b::blake2b_256;
use crate::curve::{self, Multiples, limbs};
use crate::network::NetworkId;
use crate::poseidon::{self, State};
use crate::private_key::PrivateKey;
use crate::public_key::{PublicKey, coordinates};
use crate::random_oracle::{BitOrder, RandomOracleInput};
use crate::signature::Signature;
use ff::{Field as _, PrimeField as _};
use pasta_curves::{Fp, Fq, pallas};
use std::sync::LazyLock;
use subtle::ConditionallySelectable as _;
use thiserror::Error;
use zeroize::Zeroizing;

/// The signature does not belong to this message, key, network and bit order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("invalid signature")]
pub struct InvalidSignature;

/// Signs the bytes of `message` for one network.
#[must_use]
pub fn sign(
    private_key: &PrivateKey,
    network: NetworkId,
    order: BitOrder,
    message: &[u8],
) -> Signature {
    let input = RandomOracleInput::from_message(message, order);
    sign_input(private_key, network, &input)
}

/// Checks a signature of the bytes of `message` for one network. About 0.2 ms.
pub fn verify(
    public_key: &PublicKey,
    network: NetworkId,
    order: BitOrder,
    message: &[u8],
    signature: &Signature,
) -> Result<(), InvalidSignature> {
    let input = RandomOracleInput::from_message(message, order);
    verify_input(public_key, network, &input, signature)
}

/// A public key prepared for checking many signatures of one network: twice as fast as
/// [`verify`]. Has 8 KiB.
#[derive(Debug, Clone)]
pub struct VerifyingKey {
    multiples: Multiples,
    /// The sponge after the network's domain string and the key.
    absorbed: State,
}

impl VerifyingKey {
    /// Prepares a key. About 0.2 ms.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "no public key is the identity")]
    pub fn new(public_key: &PublicKey, network: NetworkId) -> Self {
        let point = public_key.decompress();
        let key = coordinates(&point).expect("a public key is not the identity");
        Self {
            multiples: Multiples::new(&point),
            absorbed: poseidon::absorb(initial_state(network), key),
        }
    }

    /// Checks a signature of the bytes of `message`.
    pub fn verify(
        &self,
        order: BitOrder,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), InvalidSignature> {
        // A message of bytes has no fields, so nothing is hashed before the key.
        let input = RandomOracleInput::from_message(message, order);
        let hash = poseidon::absorb(self.absorbed, input.fields_after_key(signature.r));
        let challenge = challenge_of(hash);
        check_commitment(&self.multiples.multiply_vartime(&challenge), signature)
    }
}

fn sign_input(
    private_key: &PrivateKey,
    network: NetworkId,
    input: &RandomOracleInput,
) -> Signature {
    let public_point = curve::multiply_generator(private_key.scalar());
    let public_key = coordinates(&public_point).expect("a private key is not zero");
    let nonce = nonce(input, public_key, private_key.scalar(), network);
    let [r, y] = coordinates(&curve::multiply_generator(&nonce))
        .expect("no input is known that BLAKE2b hashes to zero");
    let nonce = Zeroizing::new(Fq::conditional_select(&nonce, &-*nonce, y.is_odd()));
    let challenge = challenge(input, public_key, r, network);
    let s = *nonce + challenge * private_key.scalar();
    Signature { r, s }
}

fn verify_input(
    public_key: &PublicKey,
    network: NetworkId,
    input: &RandomOracleInput,
    signature: &Signature,
) -> Result<(), InvalidSignature> {
    let public_point = public_key.decompress();
    let public_key = coordinates(&public_point).ok_or(InvalidSignature)?;
    let challenge = challenge(input, public_key, signature.r, network);
    let key_times_challenge = curve::multiply_vartime(&public_point, &challenge);
    check_commitment(&key_times_challenge, signature)
}

fn check_commitment(
    key_times_challenge: &pallas::Point,
    signature: &Signature,
) -> Result<(), InvalidSignature> {
    let commitment = curve::commitment_vartime(&signature.s, key_times_challenge);
    match coordinates(&commitment) {
        Some([x, y]) if x == signature.r && bool::from(y.is_even()) => Ok(()),
        _ => Err(InvalidSignature),
    }
}

/// The nonce that belongs to this message and key alone, so that no generator's weakness can
/// reveal the key.
fn nonce(
    input: &RandomOracleInput,
    public_key: [Fp; 2],
    private_key: &Fq,
    network: NetworkId,
) -> Zeroizing<Fq> {
    let bytes = input.nonce_bytes(public_key, private_key, network.as_u8());
    let mut digest = Zeroizing::new(blake2b_256(&bytes));
    // Below 2²⁵⁴, which is below the group order.
    digest[31] &= 0x3F;
    let limbs = Zeroizing::new(limbs(&digest));
    Zeroizing::new(Fq::from_raw(*limbs))
}

fn challenge(input: &RandomOracleInput, [x, y]: [Fp; 2], r: Fp, network: NetworkId) -> Fq {
    let fields = input.challenge_fields([x, y, r]);
    challenge_of(poseidon::absorb(initial_state(network), fields))
}

fn challenge_of([hash, ..]: State) -> Fq {
    // The base field is smaller than the scalar field, so nothing is reduced.
    Fq::from_raw(limbs(&hash.to_repr()))
}

/// The sponge after absorbing the network's domain string.
fn initial_state(network: NetworkId) -> State {
    static TESTNET: LazyLock<State> = LazyLock::new(|| domain_state(NetworkId::Testnet));
    static MAINNET: LazyLock<State> = LazyLock::new(|| domain_state(NetworkId::Mainnet));
    match network {
        NetworkId::Testnet => *TESTNET,
        NetworkId::Mainnet => *MAINNET,
    }
}

fn domain_state(network: NetworkId) -> State {
    let mut domain = [0; 32];
    domain[..20].copy_from_slice(network.signature_domain());
    poseidon::absorb([Fp::ZERO; 3], [Fp::from_raw(limbs(&domain))])
}

#[cfg(test)]
mod payment_vector;
#[cfg(test)]
mod tests;

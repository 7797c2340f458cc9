//! The published signature of a payment. It fixes the nonce, the hash and the packing of
//! messages with fields, bit for bit.

use super::*;
use crate::memo::Memo;

/// What a payment signs, in the legacy layout.
fn payment_input(
    sender: [Fp; 2],
    receiver: [Fp; 2],
    [amount, fee]: [u64; 2],
    [account_nonce, valid_until]: [u32; 2],
    memo: &Memo,
) -> RandomOracleInput {
    let mut input = RandomOracleInput {
        fields: vec![sender[0], sender[0], receiver[0]],
        ..RandomOracleInput::default()
    };
    let mut append = |bytes: &[u8], count| input.bits.append(bytes, count);
    let is_odd = |[_, y]: [Fp; 2]| [y.is_odd().unwrap_u8()];
    let default_token = 1_u64.to_le_bytes();
    append(&fee.to_le_bytes(), 64);
    append(&default_token, 64);
    append(&is_odd(sender), 1);
    append(&account_nonce.to_le_bytes(), 32);
    append(&valid_until.to_le_bytes(), 32);
    append(memo.as_bytes(), 8 * 34);
    let payment_tag = [0];
    append(&payment_tag, 3);
    append(&is_odd(sender), 1);
    append(&is_odd(receiver), 1);
    append(&default_token, 64);
    append(&amount.to_le_bytes(), 64);
    let token_locked = [0];
    append(&token_locked, 1);
    input
}

#[track_caller]
fn check(network: NetworkId, r_and_s: &str) {
    let private_key: PrivateKey = "EKDt66ubGg5SDiwcQABWfFZaruq6idcyrLLfyZQjoH4CN3PHEiNj"
        .parse()
        .unwrap();
    let receiver: PublicKey = "B62qicipYxyEHu7QjUqS7QvBipTs5CzgkYZZZkPoKVYBu6tnDUcE9Zt"
        .parse()
        .unwrap();
    let sender = private_key.public_key();
    let input = payment_input(
        coordinates(&sender.decompress()).unwrap(),
        coordinates(&receiver.decompress()).unwrap(),
        [1_729_000_000_000, 2_000_000_000],
        [16, 271_828],
        &Memo::from_text("Hello Mina!").unwrap(),
    );
    let signature = sign_input(&private_key, network, &input);
    let big_endian_hex = |mut bytes: [u8; 32]| {
        bytes.reverse();
        bytes.map(|byte| format!("{byte:02x}")).concat()
    };
    assert_eq!(
        big_endian_hex(signature.r.to_repr()) + &big_endian_hex(signature.s.to_repr()),
        r_and_s
    );
    assert_eq!(verify_input(&sender, network, &input, &signature), Ok(()));
}

#[test]
fn the_published_payment_on_testnet_is_signed_identically() {
    check(
        NetworkId::Testnet,
        "11a36a8dfe5b857b95a2a7b7b17c62c3ea33411ae6f4eb3a907064aecae353c6\
         0794f1d0288322fe3f8bb69d6fabd4fd7c15f8d09f8783b2f087a80407e299af",
    );
}

#[test]
fn the_published_payment_on_mainnet_is_signed_identically() {
    check(
        NetworkId::Mainnet,
        "124c592178ed380cdffb11a9f8e1521bf940e39c13f37ba4c55bb4454ea69fba\
         3c3595a55b06dac86261bb8ab97126bf3f7fff70270300cb97ff41401a5ef789",
    );
}

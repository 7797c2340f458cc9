//! Signatures: the published vectors, round trips, tampering.

use super::*;
use crate::uptime_payload::UptimePayload;
use proptest::prelude::*;

const BOTH_NETWORKS: [NetworkId; 2] = [NetworkId::Testnet, NetworkId::Mainnet];

/// A raw message with its signature, from the tests of the uptime service: mainnet only.
#[track_caller]
fn check_raw_message(message: &[u8], public_key: &str, signature: &str, both_orders: bool) {
    let public_key = public_key.parse().unwrap();
    let signature = signature.parse().unwrap();
    let verify = |network, order| {
        let valid = verify(&public_key, network, order, message, &signature).is_ok();
        let prepared = VerifyingKey::new(&public_key, network);
        assert_eq!(prepared.verify(order, message, &signature).is_ok(), valid);
        valid
    };
    assert!(verify(NetworkId::Mainnet, BitOrder::LowestFirst));
    assert!(!verify(NetworkId::Testnet, BitOrder::LowestFirst));
    assert_eq!(
        verify(NetworkId::Mainnet, BitOrder::HighestFirst),
        both_orders
    );
}

#[test]
fn published_signatures_of_raw_messages_are_valid_on_mainnet_only() {
    check_raw_message(
        &[0x00, 0x00],
        "B62qkaKV3BLvLTf7nYXRehSaZAd36NWijt3MEmy2QgHRavboeRGtBMN",
        "7mX7qCqaB8G5ry12EkqY9fcE6np8sdF1Kg3Hac77bRhwGq5PTBLEiNveEXn7oLgFs1dmxXyGwn5iCunBhamjNjrzNEdoJhwd",
        true,
    );
    check_raw_message(
        &[0x80],
        "B62qn4kByk45GFDMHwVf2smYEVTehGN638UBHMaQzyLJf52wtdtCjRA",
        "7mXTf2BWNYSPuKGa3LT4ywcNH4EAqY5YoaasShG4Dpm44oJZMu1BZmVuGGqeDbfxUhvt2UcPZgSSQcv567dFueK22JoHndk9",
        false,
    );
    check_raw_message(
        &[0xFF],
        "B62qkgvrx8WoDqTzXaUm2vqBRbkiqTts35Z9n4XcrFez1KG3MHKHTbn",
        "7mX6xdEWghp5vhuV33h1o4n8PQ8RYYMGNEwUXxk3rPm8inZ72Yxjw9zhvc3mtkFPnGAbqy3rxBYXdFrVBt9YbKzRKZ1RLLeC",
        true,
    );
}

#[test]
fn a_submission_is_signed_as_other_implementations_sign_it() {
    let digest = UptimePayload {
        block: "\"zLgvHQzxSh8MWlTjXK+cMA==\"",
        created_at_unix_seconds: 1_625_156_493,
        peer_id: "MLF0jAGTpL84LLerLddNs5M10NCHM+BwNeMxK78+",
        snark_work: None,
        graphql_control_port: 0,
        built_with_commit_sha: "",
    }
    .digest()
    .unwrap();
    let private_key: PrivateKey = "EKEEpMELfQkMbJDt2fB4cFXKwSf1x4t7YD4twREy5yuJ84HBZtF9"
        .parse()
        .unwrap();
    let sign = |network| sign(&private_key, network, BitOrder::LowestFirst, &digest).to_string();
    assert_eq!(
        sign(NetworkId::Testnet),
        "7mXPW7LX4fDNkT4RxqR6pcAQ5DfMJngPhZFiy21Ww7TkBiqGds5tLvofJuzJfZ2E6msYNkF3kscgTEgHpGcKfuf3ZbJ12z3V"
    );
    assert_eq!(
        sign(NetworkId::Mainnet),
        "7mXFrWsuKM3Lysx3zL7an6ZjnRDfvcbtGNCSSWLoSWiUZaTq77XNbju5Csw1JjEwXMb8z22MyygWYvfd5MA7ZYwiiE1ryicG"
    );
}

/// Not a wish, but how the scheme is: the module's documentation warns of it.
#[test]
fn trailing_zero_bytes_are_not_told_apart() {
    let private_key = PrivateKey::from_uniform_bytes(&[3; 64]).unwrap();
    let (network, order) = (NetworkId::Testnet, BitOrder::LowestFirst);
    let signature = sign(&private_key, network, order, &[1]);
    let public_key = private_key.public_key();
    assert_eq!(
        verify(&public_key, network, order, &[1, 0], &signature),
        Ok(())
    );
}

/// The negated nonce has the same x, but an odd y, and would otherwise let anyone turn a
/// signature into a second one.
#[test]
fn a_commitment_with_odd_y_is_refused() {
    let private_key = PrivateKey::from_uniform_bytes(&[3; 64]).unwrap();
    let public_key = private_key.public_key();
    let message = b"message";
    let good = sign(
        &private_key,
        NetworkId::Testnet,
        BitOrder::LowestFirst,
        message,
    );
    let input = RandomOracleInput::from_message(message, BitOrder::LowestFirst);
    let point = coordinates(&public_key.decompress()).unwrap();
    let challenge = challenge(&input, point, good.r, NetworkId::Testnet);
    let challenge_part = challenge * private_key.scalar();
    let nonce = good.s - challenge_part;
    let other = Signature {
        s: challenge_part - nonce,
        ..good
    };
    assert_eq!(
        verify_input(&public_key, NetworkId::Testnet, &input, &other),
        Err(InvalidSignature)
    );
}

fn private_keys() -> impl Strategy<Value = PrivateKey> {
    prop::collection::vec(any::<u8>(), 64).prop_filter_map("zero is no key", |bytes| {
        PrivateKey::from_uniform_bytes(&bytes.try_into().ok()?).ok()
    })
}

fn networks() -> impl Strategy<Value = NetworkId> {
    prop::sample::select(&BOTH_NETWORKS[..])
}

fn orders() -> impl Strategy<Value = BitOrder> {
    prop::sample::select(vec![BitOrder::LowestFirst, BitOrder::HighestFirst])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_is_signed_verifies(
        key in private_keys(),
        network in networks(),
        order in orders(),
        message in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let signature = sign(&key, network, order, &message);
        let public_key = key.public_key();
        prop_assert_eq!(verify(&public_key, network, order, &message, &signature), Ok(()));
        for other in BOTH_NETWORKS {
            let result = verify(&public_key, other, order, &message, &signature);
            prop_assert_eq!(result.is_ok(), other == network);
        }
    }

    #[test]
    fn tampering_is_noticed(
        key in private_keys(),
        other_key in private_keys(),
        network in networks(),
        order in orders(),
        message in prop::collection::vec(any::<u8>(), 1..40),
        bit: prop::sample::Index,
    ) {
        let signature = sign(&key, network, order, &message);
        let public_key = key.public_key();
        let refused = |public_key, message: &[u8], signature| {
            verify(public_key, network, order, message, signature).is_err()
        };

        let mut flipped = message.clone();
        let bit = bit.index(8 * message.len());
        flipped[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(refused(&public_key, &flipped, &signature));

        let mut longer = message.clone();
        longer.push(1);
        prop_assert!(refused(&public_key, &longer, &signature));

        let larger_s = Signature { s: signature.s + Fq::ONE, ..signature };
        prop_assert!(refused(&public_key, &message, &larger_s));
        let larger_r = Signature { r: signature.r + Fp::ONE, ..signature };
        prop_assert!(refused(&public_key, &message, &larger_r));

        prop_assume!(other_key.public_key() != public_key);
        prop_assert!(refused(&other_key.public_key(), &message, &signature));
    }
}

//! Every outcome of the daemon's checks, and that only what was signed is accepted.

use proptest::prelude::*;

use super::*;
use crate::authorization::{basic, sequenced};
use crate::keys::SigningKey;
use crate::sequence::Session;

const UUID: &str = "24511be6-320d-4ef2-8dff-89916bcb6751";
const OTHER_UUID: &str = "6f1b1a52-9a3e-4f0e-8d5b-2c7a1e4d9b10";
const BODY: &[u8] = br#"{"query":"{ slotsWon }"}"#;

fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn stranger() -> SigningKey {
    SigningKey::from_seed(&[2; 32])
}

fn session(uuid: &str, number: u16) -> Session {
    Session {
        server_uuid: uuid.parse().unwrap(),
        number,
    }
}

fn verifier() -> Verifier {
    Verifier::new(UUID.parse().unwrap(), [key().verifying_key()])
}

/// A server whose counter of the key stands at `number`.
fn verifier_at(number: u16) -> Verifier {
    let mut verifier = verifier();
    verifier.counters.insert(key().verifying_key(), number);
    verifier
}

#[track_caller]
fn check_refused(header: Option<&str>, refusal: Refusal) {
    let mut verifier = verifier_at(3);
    assert_eq!(
        verifier.authenticate(header.map(str::as_bytes), BODY),
        Err(refusal),
        "{header:?}"
    );
    assert_eq!(
        verifier.counters[&key().verifying_key()],
        3,
        "a refused request uses up no number"
    );
}

#[test]
fn both_forms_are_accepted_and_only_the_sequenced_one_counts() {
    let mut verifier = verifier();
    for _ in 0..2 {
        let header = basic(&key(), BODY);
        let accepted = verifier
            .authenticate(Some(header.as_bytes()), BODY)
            .unwrap();
        assert!(!accepted.is_sequenced);
        assert_eq!(
            accepted.require_sequencing().unwrap_err().to_string(),
            "Missing sequence information"
        );
        assert_eq!(verifier.signer_sequence_number(), 0);
    }
    for number in 0..3 {
        let header = sequenced(&key(), &session(UUID, number), BODY);
        let accepted = verifier
            .authenticate(Some(header.as_bytes()), BODY)
            .unwrap();
        assert_eq!(accepted.key, key().verifying_key());
        assert_eq!(accepted.require_sequencing(), Ok(()));
    }
    let header = basic(&key(), BODY);
    verifier
        .authenticate(Some(header.as_bytes()), BODY)
        .unwrap();
    assert_eq!(verifier.signer_sequence_number(), 3);
}

#[test]
fn after_the_last_number_comes_zero() {
    let mut verifier = verifier_at(65535);
    for number in [65535, 0] {
        let header = sequenced(&key(), &session(UUID, number), BODY);
        assert!(verifier.authenticate(Some(header.as_bytes()), BODY).is_ok());
    }
}

#[test]
fn a_request_cannot_be_sent_twice() {
    let mut verifier = verifier();
    let header = sequenced(&key(), &session(UUID, 0), BODY);
    assert!(verifier.authenticate(Some(header.as_bytes()), BODY).is_ok());
    assert_eq!(
        verifier.authenticate(Some(header.as_bytes()), BODY),
        Err(Refusal::InvalidSequenceNumber)
    );
}

#[test]
fn each_key_has_its_own_counter() {
    let keys = [key(), stranger()];
    let mut verifier = Verifier::new(
        UUID.parse().unwrap(),
        keys.iter().map(SigningKey::verifying_key),
    );
    for key in &keys {
        for number in 0..2 {
            let header = sequenced(key, &session(UUID, number), BODY);
            assert!(verifier.authenticate(Some(header.as_bytes()), BODY).is_ok());
        }
    }
}

#[test]
fn a_header_that_is_missing_or_malformed_is_unauthorized() {
    check_refused(None, Refusal::Unauthorized);
    check_refused(Some(""), Refusal::Unauthorized);
    check_refused(Some("Bearer token"), Refusal::Unauthorized);
    let good = sequenced(&key(), &session(UUID, 3), BODY);
    check_refused(Some(&good.replace(" ;", ";")), Refusal::Unauthorized);
    check_refused(Some(&format!("{good} ")), Refusal::Unauthorized);
    let public = key().verifying_key().to_string();
    check_refused(
        Some(&good.replace(&public, "c2hvcnQ=")),
        Refusal::Unauthorized,
    );
    assert_eq!(
        verifier().authenticate(Some(&[0xFF, 0xFE]), BODY),
        Err(Refusal::Unauthorized)
    );
}

#[test]
fn a_uuid_that_is_none_is_told_from_another_servers() {
    let good = sequenced(&key(), &session(UUID, 3), BODY);
    check_refused(Some(&good.replace(UUID, "x")), Refusal::InvalidServerUuid);
    check_refused(Some(&good.replace(UUID, "")), Refusal::InvalidServerUuid);
    let other = sequenced(&key(), &session(OTHER_UUID, 3), BODY);
    check_refused(Some(&other), Refusal::InvalidSequenceNumber);
}

#[test]
fn every_other_number_and_every_other_spelling_of_the_right_one_is_invalid() {
    for number in [0, 2, 4, 65535] {
        let header = sequenced(&key(), &session(UUID, number), BODY);
        check_refused(Some(&header), Refusal::InvalidSequenceNumber);
    }
    let good = sequenced(&key(), &session(UUID, 3), BODY);
    let head = good.strip_suffix('3').unwrap();
    for number in ["03", "+3", "-3", "3.0", "0x3", "three", "65539", ""] {
        check_refused(
            Some(&format!("{head}{number}")),
            Refusal::InvalidSequenceNumber,
        );
    }
}

#[test]
fn a_stranger_with_a_stale_number_learns_only_that_it_is_stale() {
    let header = sequenced(&stranger(), &session(UUID, 3), BODY);
    check_refused(Some(&header), Refusal::InvalidSequenceNumber);
    let header = sequenced(&stranger(), &session(UUID, 0), BODY);
    check_refused(Some(&header), Refusal::Unauthorized);
    check_refused(Some(&basic(&stranger(), BODY)), Refusal::Unauthorized);
}

#[test]
fn a_wrong_signature_is_unauthorized() {
    let good = sequenced(&key(), &session(UUID, 3), BODY);
    let signature = good.split(' ').nth(2).unwrap();
    for wrong in ["", "x", "c2hvcnQ=", signature.trim_end_matches('=')] {
        check_refused(Some(&good.replace(signature, wrong)), Refusal::Unauthorized);
    }
    for other in [
        sequenced(&key(), &session(UUID, 3), b"other body"),
        sequenced(&stranger(), &session(UUID, 3), BODY),
        basic(&key(), BODY),
    ] {
        let wrong = other.split(' ').nth(2).unwrap();
        check_refused(Some(&good.replace(signature, wrong)), Refusal::Unauthorized);
    }
    check_refused(Some(&basic(&key(), b"other body")), Refusal::Unauthorized);
}

#[test]
fn refusals_have_the_daemons_status_and_text() {
    for (refusal, status, text) in [
        (Refusal::Unauthorized, 401, "Unauthorized"),
        (Refusal::InvalidServerUuid, 412, "Invalid server Uuid"),
        (
            Refusal::InvalidSequenceNumber,
            412,
            "Invalid sequence number",
        ),
    ] {
        assert_eq!(
            (refusal.status(), refusal.to_string().as_str()),
            (status, text)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_a_signer_signs_is_accepted_and_any_flipped_bit_refused(
        seed: [u8; 32],
        random_uuid: [u8; 16],
        number: u16,
        body in proptest::collection::vec(any::<u8>(), 0..200),
        is_sequenced: bool,
        place: prop::sample::Index,
        bit in 0_u8..8,
    ) {
        let key = SigningKey::from_seed(&seed);
        let uuid = Uuid::from_random_bytes(random_uuid);
        let header = if is_sequenced {
            sequenced(&key, &Session { server_uuid: uuid, number }, &body)
        } else {
            basic(&key, &body)
        };
        let mut verifier = Verifier::new(uuid, [key.verifying_key()]);
        verifier.counters.insert(key.verifying_key(), number);

        // Flip one bit of header and body, taken as one text.
        let mut flipped = [header.as_bytes(), &body].concat();
        let place = place.index(flipped.len());
        flipped[place] ^= 1 << bit;
        let (flipped_header, flipped_body) = flipped.split_at(header.len());
        prop_assert!(verifier.authenticate(Some(flipped_header), flipped_body).is_err());

        let accepted = verifier.authenticate(Some(header.as_bytes()), &body);
        prop_assert_eq!(accepted, Ok(Authenticated { key: key.verifying_key(), is_sequenced }));
    }

    #[test]
    fn garbage_never_panics_and_is_never_accepted(
        header in proptest::collection::vec(any::<u8>(), 0..200),
        body in proptest::collection::vec(any::<u8>(), 0..50),
    ) {
        prop_assert!(verifier().authenticate(Some(&header), &body).is_err());
    }
}

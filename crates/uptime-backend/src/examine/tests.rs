//! Tests of the checks in their order, with a published signature.

use super::*;

/// Vector with a deterministic nonce: valid for test networks only.
const SUBMITTER: &str = "B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq";
const BODY: &str = r#"{"submitter":"B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq",
"signature":"7mXPW7LX4fDNkT4RxqR6pcAQ5DfMJngPhZFiy21Ww7TkBiqGds5tLvofJuzJfZ2E6msYNkF3kscgTEgHpGcKfuf3ZbJ12z3V",
"data":{"block":"zLgvHQzxSh8MWlTjXK+cMA==","created_at":"2021-07-01T19:21:33+03:00",
"peer_id":"MLF0jAGTpL84LLerLddNs5M10NCHM+BwNeMxK78+"}}"#;
const CREATED_AT: i64 = 1_625_156_493;

const RULES: Rules = Rules {
    network: NetworkId::Testnet,
    age_max: None,
};

fn registered() -> Whitelist {
    Whitelist::from_text(SUBMITTER)
}

fn outcome(body: &str, rules: Rules, whitelist: &Whitelist, now: i64) -> Result<(), Refusal> {
    examine(body.as_bytes(), rules, whitelist, now, false).map(|_| ())
}

#[test]
fn a_valid_submission_is_accepted_on_its_network_only() {
    let on = |network| {
        let rules = Rules { network, ..RULES };
        outcome(BODY, rules, &registered(), CREATED_AT)
    };
    assert_eq!(on(NetworkId::Testnet), Ok(()));
    assert_eq!(on(NetworkId::Mainnet), Err(Refusal::InvalidSignature));
}

#[test]
fn what_is_found_out_is_handed_on() {
    let keep = |keep_contents| {
        examine(
            BODY.as_bytes(),
            RULES,
            &registered(),
            CREATED_AT,
            keep_contents,
        )
        .unwrap()
    };
    let examined = keep(true);
    assert_eq!(examined.submitter.to_string(), SUBMITTER);
    assert_eq!(examined.created_at_unix_seconds, CREATED_AT);
    let contents = examined.contents.unwrap();
    assert_eq!(contents.block.len(), 16);
    assert_eq!(
        examined.block_hash,
        UptimeBlockHash::of_block(&contents.block)
    );
    assert_eq!(contents.snark_work, None);
    assert_eq!(keep(false).contents, None);
}

#[test]
fn an_empty_whitelist_admits_nobody() {
    let nobody = Whitelist::default();
    assert_eq!(
        outcome(BODY, RULES, &nobody, CREATED_AT),
        Err(Refusal::NotRegistered)
    );
}

#[test]
fn five_minutes_ahead_are_allowed() {
    let at = |now| outcome(BODY, RULES, &registered(), now);
    assert_eq!(at(CREATED_AT - 300), Ok(()));
    assert_eq!(at(CREATED_AT - 301), Err(Refusal::InFuture));
    assert_eq!(at(31_536_000), Err(Refusal::InFuture), "in 1971");
    assert_eq!(at(i64::MIN), Err(Refusal::InFuture));
}

#[test]
fn the_past_is_limited_only_if_configured() {
    let at = |age_max, now| {
        let rules = Rules { age_max, ..RULES };
        outcome(BODY, rules, &registered(), now)
    };
    assert_eq!(at(None, i64::MAX), Ok(()));
    let hour = Some(Duration::from_hours(1));
    assert_eq!(at(hour, CREATED_AT + 3600), Ok(()));
    assert_eq!(at(hour, CREATED_AT + 3601), Err(Refusal::TooOld));
    assert_eq!(at(Some(Duration::MAX), i64::MAX), Ok(()));
}

/// A request with everything wrong, repaired step by step, gets the answers in
/// the order of the table.
#[test]
fn the_checks_come_in_the_documented_order() {
    let no_block = BODY.replace("zLgvHQzxSh8MWlTjXK+cMA==", "");
    let wrong = no_block.replace("peer_id\":\"", "peer_id\":\"x");
    let bad_port = wrong.replace("\"data\":{", "\"data\":{\"graphql_control_port\":-1,");
    let wrong_signature = BODY.replace("peer_id\":\"", "peer_id\":\"x");
    let nobody = Whitelist::default();
    let early = CREATED_AT - 301;
    let steps = [
        (bad_port.as_str(), &nobody, early, Refusal::Undecodable),
        (&wrong, &nobody, early, Refusal::MissingField),
        (&wrong_signature, &nobody, early, Refusal::NotRegistered),
        (&wrong_signature, &registered(), early, Refusal::InFuture),
        (
            &wrong_signature,
            &registered(),
            CREATED_AT,
            Refusal::InvalidSignature,
        ),
    ];
    for (body, whitelist, now, refusal) in steps {
        assert_eq!(outcome(body, RULES, whitelist, now), Err(refusal));
    }
}

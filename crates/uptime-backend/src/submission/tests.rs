//! Tests of the parser: forms, limits, garbage.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const SUBMITTER: &str = "B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq";
const SIGNATURE: &str = "7mXPW7LX4fDNkT4RxqR6pcAQ5DfMJngPhZFiy21Ww7TkBiqGds5tLvofJuzJfZ2E6msYNkF3kscgTEgHpGcKfuf3ZbJ12z3V";

/// The published example, whose digest is known.
fn example() -> Value {
    json!({
        "submitter": SUBMITTER,
        "signature": SIGNATURE,
        "data": {
            "peer_id": "MLF0jAGTpL84LLerLddNs5M10NCHM+BwNeMxK78+",
            "created_at": "2021-07-01T19:21:33+03:00",
            "block": "zLgvHQzxSh8MWlTjXK+cMA=="
        }
    })
}

/// Without a whitelist.
fn parse(body: &[u8]) -> Result<Submission<'_>, Refusal> {
    Submission::parse(body, &Whitelist::default())
}

fn with(path: &str, value: Value) -> Value {
    let mut request = example();
    match request.pointer_mut(path) {
        Some(place) => *place = value,
        None => request["data"][&path[6..]] = value,
    }
    request
}

#[track_caller]
fn check_refused(request: &Value, refusal: Refusal) {
    let body = request.to_string();
    match parse(body.as_bytes()) {
        Ok(_) => panic!("accepted: {body}"),
        Err(found) => assert_eq!(found, refusal, "{body}"),
    }
}

#[test]
fn the_published_example_has_its_digest() {
    let body = example().to_string();
    let submission = parse(body.as_bytes()).unwrap();
    assert_eq!(submission.submitter.to_string(), SUBMITTER);
    assert_eq!(submission.block.len(), 16);
    let digest = submission.digest().unwrap();
    assert_eq!(
        digest.map(|byte| format!("{byte:02x}")).concat(),
        "67351d22e450bed3beba1e68733cdcaddc79c2a1205e6d79a87a5db200fd4e5d"
    );
}

#[test]
fn a_key_of_the_whitelist_is_the_same_key() {
    let whitelist = Whitelist::from_entries([SUBMITTER]);
    let body = example().to_string();
    let known = Submission::parse(body.as_bytes(), &whitelist).unwrap();
    let other = parse(body.as_bytes()).unwrap();
    assert_eq!(known.submitter, other.submitter);
}

#[test]
fn the_json_text_of_the_block_is_what_is_signed() {
    let body = example().to_string().replace("K+cMA", r"K\u002bcMA");
    let submission = parse(body.as_bytes()).unwrap();
    assert_eq!(submission.block.len(), 16);
    assert_eq!(
        submission.raw_block.get(),
        r#""zLgvHQzxSh8MWlTjXK\u002bcMA==""#
    );
    let plain = example().to_string();
    let plain = parse(plain.as_bytes()).unwrap();
    assert_ne!(submission.digest().unwrap(), plain.digest().unwrap());
}

#[test]
fn optional_fields_and_unknown_ones_are_read() {
    let mut request = example();
    request["payload_version"] = json!(1);
    request["data"]["snark_work"] = json!("Bjto");
    request["data"]["graphql_control_port"] = json!(10_001);
    request["data"]["built_with_commit_sha"] = json!("36e0198c");
    let body = request.to_string();
    let submission = parse(body.as_bytes()).unwrap();
    assert_eq!(submission.snark_work.unwrap().text, "Bjto");
    assert_eq!(submission.graphql_control_port, Some(10_001));
    assert_eq!(submission.built_with_commit_sha.unwrap(), "36e0198c");
}

#[test]
fn empty_optional_fields_count_as_absent() {
    let plain = example().to_string();
    let plain = parse(plain.as_bytes()).unwrap();
    for (field, empty) in [
        ("snark_work", json!("")),
        ("graphql_control_port", json!(0)),
        ("built_with_commit_sha", json!("")),
    ] {
        for value in [empty, Value::Null] {
            let body = with(&format!("/data/{field}"), value).to_string();
            let submission = parse(body.as_bytes()).unwrap();
            assert_eq!(
                submission.digest().unwrap(),
                plain.digest().unwrap(),
                "{body}"
            );
        }
    }
}

#[test]
fn each_required_field_is_required() {
    for path in ["/data/block", "/data/peer_id", "/data/created_at"] {
        check_refused(&with(path, Value::Null), Refusal::MissingField);
        let mut request = example();
        let data = request["data"].as_object_mut().unwrap();
        data.remove(&path[6..]).unwrap();
        check_refused(&request, Refusal::MissingField);
    }
    for field in ["submitter", "signature", "data"] {
        check_refused(
            &with(&format!("/{field}"), Value::Null),
            Refusal::MissingField,
        );
        let mut request = example();
        request.as_object_mut().unwrap().remove(field).unwrap();
        check_refused(&request, Refusal::MissingField);
    }
    check_refused(&with("/data/block", json!("")), Refusal::MissingField);
    check_refused(&with("/data/peer_id", json!("")), Refusal::MissingField);
    let zero = json!("0001-01-01T00:00:00Z");
    check_refused(&with("/data/created_at", zero), Refusal::MissingField);
    check_refused(&json!({}), Refusal::MissingField);
}

#[test]
fn each_field_of_a_wrong_form_is_undecodable() {
    let long = "x".repeat(1025);
    for (path, value) in [
        ("/submitter", json!("")),
        ("/submitter", json!("B62")),
        ("/submitter", json!(7)),
        ("/signature", json!("7mX")),
        ("/signature", json!(SUBMITTER)),
        ("/data", json!("text")),
        ("/data/block", json!("zLg")),
        ("/data/block", json!("zLg_")),
        ("/data/block", json!(["zLgv"])),
        ("/data/snark_work", json!("=")),
        ("/data/snark_work", json!(7)),
        ("/data/created_at", json!("yesterday")),
        ("/data/created_at", json!("2021-07-01T19:21:33")),
        ("/data/created_at", json!("2021-13-01T19:21:33Z")),
        ("/data/created_at", json!("-000044-03-15T12:00:00Z")),
        ("/data/created_at", json!(1_625_156_493)),
        ("/data/peer_id", json!(long)),
        ("/data/peer_id", json!("a\u{0}b")),
        ("/data/graphql_control_port", json!(-1)),
        ("/data/graphql_control_port", json!(65_536)),
        ("/data/graphql_control_port", json!("3086")),
        ("/data/graphql_control_port", json!(30.5)),
        ("/data/built_with_commit_sha", json!("a\\b")),
        ("/data/built_with_commit_sha", json!(7)),
    ] {
        check_refused(&with(path, value), Refusal::Undecodable);
    }
    for request in [json!(null), json!([]), json!("text"), json!(7)] {
        check_refused(&request, Refusal::Undecodable);
    }
}

/// What the original takes, although nodes do not write it.
#[test]
fn harmless_forms_are_accepted() {
    let lines = with("/data/block", json!("zLgvHQzx\r\nSh8MWlTjXK+cMA==\n"));
    let body = lines.to_string();
    let submission = parse(body.as_bytes()).unwrap();
    assert_eq!(submission.block.len(), 16);
    // the text is signed as it came
    let other = example().to_string();
    let other = parse(other.as_bytes()).unwrap();
    assert_eq!(submission.block, other.block);
    assert_ne!(submission.digest().unwrap(), other.digest().unwrap());
    let work = with("/data/snark_work", json!("zL\ngv"));
    let body = work.to_string();
    let work = parse(body.as_bytes()).unwrap().snark_work.unwrap();
    assert_eq!(work.text, "zLgv");
    let body = example()
        .to_string()
        .replace("submitter", "Submitter")
        .replace("\"data\"", "\"DATA\"")
        .replace("peer_id", "Peer_ID")
        .replace("created_at", "CREATED_AT");
    let body = body.replacen('{', "{\"signature\":null,\"SUBMITTER\":\"\",", 1);
    assert!(
        parse(
            body.replacen("\"\"", &format!("\"{SUBMITTER}\""), 1)
                .as_bytes()
        )
        .is_ok()
    );
    let space = with("/data/created_at", json!("2021-07-01 19:21:33+03:00")).to_string();
    let space = parse(space.as_bytes()).unwrap();
    assert_eq!(space.created_at_unix_seconds, other.created_at_unix_seconds);
}

/// Both texts that are signed would be the same.
#[test]
fn a_peer_id_cannot_hold_the_fields_after_it() {
    let peer_id = json!(r#"12D3","graphql_control_port":3086,"built_with_commit_sha":"x"#);
    check_refused(&with("/data/peer_id", peer_id), Refusal::Undecodable);
}

#[test]
fn times_are_rounded_down_to_seconds() {
    for (text, seconds) in [
        ("2021-07-01T19:21:33.999999999+03:00", 1_625_156_493),
        ("1969-12-31T23:59:59.5Z", -1),
    ] {
        let body = with("/data/created_at", json!(text)).to_string();
        let submission = parse(body.as_bytes()).unwrap();
        assert_eq!(submission.created_at_unix_seconds, seconds, "{text}");
    }
}

#[test]
fn what_is_not_json_is_undecodable() {
    let nested = "[".repeat(1_000_000);
    for body in [
        b"".as_slice(),
        b"{",
        b"text",
        b"\xFF\xFE",
        b"{\"data\":\"\xFF\"}",
        b"{} {}",
        nested.as_bytes(),
    ] {
        assert_eq!(parse(body).err(), Some(Refusal::Undecodable));
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[A-Za-z0-9+/]{0,40}={0,2}".prop_map(Value::from),
        Just(json!(SUBMITTER)),
        Just(json!(SIGNATURE)),
        Just(json!("2021-07-01T19:21:33+03:00")),
    ];
    leaf.prop_recursive(3, 32, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..8)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_have_an_answer(body: Vec<u8>) {
        prop_assert!(parse(&body).is_err());
    }

    #[test]
    fn any_values_of_the_fields_have_an_answer(
        values in prop::collection::vec((0_usize..9, any_json()), 0..4)
    ) {
        const FIELDS: [&str; 9] = [
            "/submitter",
            "/signature",
            "/data",
            "/data/block",
            "/data/peer_id",
            "/data/created_at",
            "/data/snark_work",
            "/data/graphql_control_port",
            "/data/built_with_commit_sha",
        ];
        let mut request = example();
        for (field, value) in values {
            if let Some(place) = request.pointer_mut(FIELDS[field]) {
                *place = value;
            } else if let Some(data) = request["data"].as_object_mut() {
                data.insert(FIELDS[field][6..].to_owned(), value);
            }
        }
        let body = request.to_string();
        if let Ok(submission) = parse(body.as_bytes()) {
            prop_assert!(submission.digest().is_ok());
        }
    }

    #[test]
    fn a_damaged_request_has_an_answer(at in 0_usize..300, byte: u8) {
        let mut body = example().to_string().into_bytes();
        let at = at % body.len();
        body[at] = byte;
        let _ = parse(&body);
        body.truncate(at);
        prop_assert!(parse(&body).is_err());
    }
}

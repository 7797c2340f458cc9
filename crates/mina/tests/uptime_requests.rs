//! Real submissions to the uptime service of 2021 and 2023, from its own test data
//! (o1-labs/uptime-service-backend, `test/data`). The files are too large for this repository;
//! where they are absent, the tests say so and pass.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's exceptions for tests do not reach the helpers of an integration test"
)]

use base64::prelude::{BASE64_STANDARD, Engine as _};
use mina::{BitOrder, NetworkId, PublicKey, Signature, UptimeBlockHash, UptimePayload, schnorr};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Request {
    data: Data,
    signature: Signature,
    submitter: PublicKey,
}

#[derive(Deserialize)]
struct Data {
    block: Box<RawValue>,
    created_at: String,
    peer_id: String,
    snark_work: Option<Box<RawValue>>,
    #[serde(default)]
    graphql_control_port: i64,
    #[serde(default)]
    built_with_commit_sha: String,
}

struct Expected {
    created_at: (&'static str, i64),
    signed_bytes: usize,
    digest: &'static str,
    block_hash: &'static str,
    network: NetworkId,
}

fn read(name: &str) -> Option<String> {
    captured_data::read_text(&format!("uptime/{name}"))
}

fn hex(digest: [u8; 32]) -> String {
    digest.map(|byte| format!("{byte:02x}")).concat()
}

#[track_caller]
fn check_signature(
    public_key: &PublicKey,
    valid_on: NetworkId,
    digest: &[u8; 32],
    signature: &Signature,
) {
    for network in [NetworkId::Testnet, NetworkId::Mainnet] {
        let verify = |order, message: &[u8]| {
            schnorr::verify(public_key, network, order, message, signature).is_ok()
        };
        assert_eq!(verify(BitOrder::LowestFirst, digest), network == valid_on);
        assert!(!verify(BitOrder::HighestFirst, digest));
        assert!(!verify(BitOrder::LowestFirst, hex(*digest).as_bytes()));
    }
}

#[track_caller]
fn check_request(name: &str, expected: &Expected) {
    let Some(text) = read(name) else { return };
    let Request {
        data,
        signature,
        submitter,
    } = serde_json::from_str(&text).unwrap();
    let (created_at, created_at_unix_seconds) = expected.created_at;
    assert_eq!(data.created_at, created_at);

    let payload = UptimePayload {
        block: data.block.get(),
        created_at_unix_seconds,
        peer_id: &data.peer_id,
        snark_work: data.snark_work.as_deref().map(RawValue::get),
        graphql_control_port: data.graphql_control_port,
        built_with_commit_sha: &data.built_with_commit_sha,
    };
    assert_eq!(payload.to_bytes().unwrap().len(), expected.signed_bytes);
    let digest = payload.digest().unwrap();
    assert_eq!(hex(digest), expected.digest);
    check_signature(&submitter, expected.network, &digest, &signature);

    let block: String = serde_json::from_str(data.block.get()).unwrap();
    let block = BASE64_STANDARD.decode(block).unwrap();
    let block_hash = UptimeBlockHash::of_block(&block);
    assert_eq!(block_hash.to_string(), expected.block_hash);
    assert_eq!(expected.block_hash.parse(), Ok(block_hash));
}

#[test]
fn a_request_of_2021_is_valid_on_mainnet() {
    check_request(
        "req-no-snark.json",
        &Expected {
            created_at: ("2021-07-17T22:39:48Z", 1_626_561_588),
            signed_bytes: 16_429,
            digest: "3d4a4c00a5c9ea609dbb415f45e618a7d83d44e9ee8b5e4411f1ce8d35225d9a",
            block_hash: "YMzkKbPs8dVtMfthT4KMdtVkFGz7M5YVUcgh8m2QECr4KgjqcG",
            network: NetworkId::Mainnet,
        },
    );
}

#[test]
fn a_request_of_2021_with_snark_work_is_valid_on_mainnet() {
    check_request(
        "req-with-snark.json",
        &Expected {
            created_at: ("2021-07-17T22:39:48Z", 1_626_561_588),
            signed_bytes: 25_121,
            digest: "26eccd80575dce2be0eab230867b14690c23a3768fd4c21e8c63ec11942367fb",
            block_hash: "YMzkKbPs8dVtMfthT4KMdtVkFGz7M5YVUcgh8m2QECr4KgjqcG",
            network: NetworkId::Mainnet,
        },
    );
}

#[test]
fn a_request_of_2023_is_valid_on_test_networks() {
    check_request(
        "req-v1-with-snark.json",
        &Expected {
            created_at: ("2023-06-12T15:15:55Z", 1_686_582_955),
            signed_bytes: 31_248,
            digest: "1776768f8869dc0a52f975787efa562144daec9cca4a6e5cb3df52a8409eeb30",
            block_hash: "YKZsMkG2FHrqR3mPBv3wYsGJe5mMZHcDf6oQsC1Tu6G6Av5gcm",
            network: NetworkId::Testnet,
        },
    );
}

/// A signed text alone: rebuilding it from its parts must give the same bytes.
#[track_caller]
fn check_signed_text(
    name: &str,
    created_at_unix_seconds: i64,
    expected_digest: &str,
    signature: Option<&str>,
) {
    let Some(text) = read(name) else { return };
    let data: Data = serde_json::from_str(&text).unwrap();
    let payload = UptimePayload {
        block: data.block.get(),
        created_at_unix_seconds,
        peer_id: &data.peer_id,
        snark_work: data.snark_work.as_deref().map(RawValue::get),
        graphql_control_port: data.graphql_control_port,
        built_with_commit_sha: &data.built_with_commit_sha,
    };
    assert!(
        payload.to_bytes().unwrap() == text.as_bytes(),
        "{name} is rebuilt differently"
    );
    let digest = payload.digest().unwrap();
    assert_eq!(hex(digest), expected_digest);
    let Some(signature) = signature else { return };
    check_signature(
        &"B62qoJC4KuLXgTEX2uwQGPNZSnqRTvJHzcEzkWTDFTXMsqdXPNKxJLs"
            .parse()
            .unwrap(),
        NetworkId::Mainnet,
        &digest,
        &signature.parse().unwrap(),
    );
}

#[test]
fn signed_texts_of_2021_are_rebuilt_and_valid_on_mainnet() {
    check_signed_text(
        "payload-no-snark.json",
        1_626_723_407,
        "cedce604625cacbbcbde26cdb6723f5826db6168da76a81c18c1227cd05ad3b7",
        Some(
            "7mXHTjT2Rbt2L2u8uqdtXcLP4iKPLtDAQ1qhfGhuFAjCzc85T6yAuhVndh8pnuhdQqRrz2x2G6uFJUdfCYdJFUWNgEb6g9zH",
        ),
    );
    check_signed_text(
        "payload-with-snark.json",
        1_626_723_407,
        "161d8fef1a997901332d41b5d0cd40c23b7d6ebaeacfa14fb9fb66edb9673a5a",
        Some(
            "7mX9wQokYSpqabWdsD8neahB1DEHeeYwHdsw9d5ADTcLgwN6pjXCshM7p8pySiFF8epxk4mvxa8fmwTQu7tjjg3UUSzSBTwA",
        ),
    );
    check_signed_text(
        "payload-1.json",
        1_626_210_581,
        "7b5761eb08d9b4fc9f07a14519fd75eca44936a41d30cac908a4a4d473fa60ec",
        None,
    );
}

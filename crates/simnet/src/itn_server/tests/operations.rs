//! GraphQL: each operation, its checks in the daemon's order, and errors.

use serde_json::{Value as Json, json};

use super::node::{HANDLE, PRIVATE, PUBLIC, Server};
use crate::itn_server::SchemaGeneration;

const PAYMENTS: &str = "mutation P($input: PaymentsDetails!) { schedulePayments(input: $input) }";
const ZKAPPS: &str =
    "mutation Z($input: ZkappCommandsDetails!) { scheduleZkappCommands(input: $input) }";

fn payments() -> Json {
    json!({
        "senders": [PRIVATE], "receiver": PUBLIC, "amount": "1000000000", "minFee": "1", "maxFee": 2,
        "memoPrefix": "exp-0-0", "tps": 1, "durationMin": 30, "unknownMember": {"is": "ignored"},
    })
}

fn zkapps() -> Json {
    json!({
        "feePayers": [PRIVATE], "numZkappsToDeploy": 1, "numNewAccounts": 2, "tps": 0.5,
        "durationMin": 30, "memoPrefix": "a memo that is longer than 32 bytes is not checked",
        "noPrecondition": false, "minBalanceChange": "0", "maxBalanceChange": "1",
        "minNewZkappBalance": "1", "maxNewZkappBalance": "2", "initBalance": "3", "minFee": "9",
        "maxFee": "1", "deploymentFee": "1", "accountQueueSize": 5, "maxCost": false,
        "maxAccountUpdates": 2, "nonDefaultToken": true,
    })
}

fn with(mut object: Json, name: &str, value: Json) -> Json {
    object[name] = value;
    object
}

#[track_caller]
fn check_data(answer: &Json, field: &str, value: impl Into<Json>) {
    let value = value.into();
    assert_eq!(*answer, json!({"data": {field: value}}));
}

#[track_caller]
fn check_error(answer: &Json, field: &str, message: &str) {
    let expected = json!({"errors": [{"message": message, "path": [field]}], "data": null});
    assert_eq!(*answer, expected);
}

#[tokio::test]
async fn logs_are_listed_from_an_id_on_and_flushed_up_to_one() {
    let server = Server::start().await;
    let query = "query L($startLogId: Int!) { internalLogs(startLogId: $startLogId) { id timestamp message metadata { item value } process } }";
    let answer = server.ask(query, json!({"startLogId": 4})).await;
    let line = |id: u64, rest: Json| {
        let mut line = json!({"id": id, "timestamp": "2025-05-07 14:30:22.361262Z"});
        line.as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        line
    };
    let control = json!({
        "message": "@control",
        "metadata": [{"item": "metadata", "value": {"count": 1, "x": [1.5, "é"]}}],
        "process": null,
    });
    let checkpoint = json!({"message": "Prediff", "metadata": [], "process": null});
    check_data(
        &answer,
        "internalLogs",
        json!([line(4, checkpoint), line(5, control)]),
    );
    let flush = "mutation F($end: Int!) { flushInternalLogs(endLogId: $end) }";
    for (end, text) in [
        (1, "Deleted 1 log"),
        (1, "Deleted 0 log"),
        (4, "Deleted 3 logs"),
    ] {
        let answer = server.ask(flush, json!({"end": end})).await;
        check_data(&answer, "flushInternalLogs", json!(text));
    }
    let answer = server
        .ask("{ internalLogs(startLogId: -7) { id } }", json!({}))
        .await;
    check_data(&answer, "internalLogs", json!([{"id": 5}]));
}

#[tokio::test]
async fn json_values_stay_as_they_are() {
    let server = Server::start().await;
    let body = r#"{"query":"{ internalLogs(startLogId: 5) { metadata { value } } }"}"#;
    let header = server.sequenced_header(body).await;
    let answer = server.post(Some(&header), body).await;
    assert_eq!(
        answer.body,
        r#"{"data":{"internalLogs":[{"metadata":[{"value":{"count":1,"x":[1.50,"\u00e9"]}}]}]}}"#
    );
}

#[tokio::test]
async fn slots_or_why_there_are_none() {
    let server = Server::start().await;
    let answer = server.ask("{ slotsWon }", json!({})).await;
    check_data(&answer, "slotsWon", json!([855, 860]));
    let message = "Not a block producing node";
    server.node.state().slots_won = Err(message.to_owned());
    let answer = server.ask("{ won: slotsWon }", json!({})).await;
    check_error(&answer, "won", message);
}

#[tokio::test]
async fn payments_are_checked_in_order() {
    let server = Server::start().await;
    let answer = server.ask(PAYMENTS, json!({"input": payments()})).await;
    check_data(&answer, "schedulePayments", json!(HANDLE));
    let none = with(payments(), "senders", json!([]));
    let none_and_long = with(none, "memoPrefix", json!("x".repeat(33)));
    let long_and_fees = with(
        with(payments(), "memoPrefix", json!("x".repeat(33))),
        "minFee",
        json!("3"),
    );
    let fees = with(payments(), "minFee", json!("3"));
    for (input, message) in [
        (none_and_long, "Empty list of senders"),
        (long_and_fees, "Memo too long, limited to 32 characters"),
        (fees, "Maximum fee less than minimum fee"),
    ] {
        let answer = server.ask(PAYMENTS, json!({"input": input})).await;
        check_error(&answer, "schedulePayments", message);
    }
    let negative = with(payments(), "durationMin", json!(-1));
    let answer = server.ask(PAYMENTS, json!({"input": negative})).await;
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("Invalid input to payment scheduler: "),
        "{message}"
    );
    assert_eq!(server.done(), ["payments exp-0-0"]);
}

#[tokio::test]
async fn zkapp_commands_are_checked_less() {
    let server = Server::start().await;
    let answer = server.ask(ZKAPPS, json!({"input": zkapps()})).await;
    check_data(&answer, "scheduleZkappCommands", json!(HANDLE));
    let unset = with(zkapps(), "maxAccountUpdates", json!(null));
    let answer = server.ask(ZKAPPS, json!({"input": unset})).await;
    check_data(&answer, "scheduleZkappCommands", json!(HANDLE));
    assert_eq!(server.done(), ["zkapps Some(2)", "zkapps None"]);
    let none = with(zkapps(), "feePayers", json!([]));
    let answer = server.ask(ZKAPPS, json!({"input": none})).await;
    check_error(&answer, "scheduleZkappCommands", "Empty list of fee payers");
}

#[tokio::test]
async fn handles_are_chosen_listed_and_stopped() {
    let server = Server::start().await;
    let chosen = "11111111-2222-4333-8444-555555555555";
    let query = "mutation P($input: PaymentsDetails!, $handle: String!) { schedulePayments(input: $input, handle: $handle) }";
    let answer = server
        .ask(query, json!({"input": payments(), "handle": chosen}))
        .await;
    check_data(&answer, "schedulePayments", json!(chosen));
    let answer = server.ask("{ scheduledTransactions }", json!({})).await;
    check_data(&answer, "scheduledTransactions", json!([chosen]));
    let stop = "mutation S($handle: String!) { stopScheduledTransactions(handle: $handle) }";
    let field = "stopScheduledTransactions";
    let answer = server.ask(stop, json!({"handle": chosen})).await;
    let text = format!("Requesting stop of scheduled transactions with handle {chosen}");
    check_data(&answer, field, json!(text));
    let answer = server.ask(stop, json!({"handle": HANDLE})).await;
    let text = format!("Could not find scheduled transactions with handle {HANDLE}");
    check_error(&answer, field, &text);
    let answer = server.ask(stop, json!({"handle": "h"})).await;
    check_error(
        &answer,
        field,
        "Not a valid scheduled transactions handle: h",
    );
}

#[tokio::test]
async fn accounts_are_created() {
    let server = Server::start().await;
    let query = "mutation C($input: CreateAccountsDetails!, $handle: String) { createAccounts(input: $input, handle: $handle) { handle accounts { publicKey privateKey } } }";
    let input = json!({"feePayer": PRIVATE, "numAccounts": 1, "amount": "5", "fee": "1"});
    let answer = server
        .ask(query, json!({"input": input, "handle": null}))
        .await;
    let account = json!({"publicKey": PUBLIC, "privateKey": PRIVATE});
    check_data(
        &answer,
        "createAccounts",
        json!({"handle": HANDLE, "accounts": [account]}),
    );
}

#[tokio::test]
async fn gating_needs_addresses() {
    let server = Server::start().await;
    let query = "mutation G($input: GatingUpdate!) { updateGating(input: $input) }";
    let peer = |host: &str, id: &str| json!({"host": host, "libp2pPort": 8302, "peerId": id});
    let update = |added: Json, banned: Json| {
        json!({"input": {
            "addedPeers": added, "bannedPeers": banned, "trustedPeers": [],
            "isolate": true, "cleanAddedPeers": false,
        }})
    };
    let field = "updateGating";
    let here = json!([peer("10.0.0.1", "here")]);
    let answer = server.ask(query, update(here, json!([]))).await;
    check_data(&answer, field, json!("success"));
    let away = json!([peer("10.0.0.1", "away-1"), peer("::1", "away-2")]);
    let answer = server.ask(query, update(away, json!([]))).await;
    check_error(&answer, field, "failed to add peers: away-1, away-2");
    let named = json!([peer("example", "x")]);
    let answer = server.ask(query, update(json!([]), named)).await;
    assert!(answer["errors"][0]["message"].is_string(), "{answer}");
    assert_eq!(server.done(), ["gating true", "gating true"]);
}

#[tokio::test]
async fn a_daemon_stops_after_five_seconds_at_least() {
    let server = Server::start().await;
    let query = "mutation S($delaySeconds: Int, $cleanConfig: Boolean) { stopDaemon(delaySeconds: $delaySeconds, cleanConfig: $cleanConfig) }";
    for (variables, text) in [
        (
            json!({"delaySeconds": null, "cleanConfig": null}),
            "Stopping daemon in 5 seconds",
        ),
        (
            json!({"delaySeconds": 10, "cleanConfig": false}),
            "Stopping daemon in 10 seconds",
        ),
        (
            json!({"delaySeconds": 5, "cleanConfig": true}),
            "Stopping daemon in 5 seconds, will clean configuration directory /root/.mina-config",
        ),
    ] {
        let answer = server.ask(query, variables).await;
        check_data(&answer, "stopDaemon", json!(text));
    }
    let answer = server
        .ask(query, json!({"delaySeconds": 4, "cleanConfig": null}))
        .await;
    check_error(
        &answer,
        "stopDaemon",
        "Delay of 4 seconds is less than minimum 5",
    );
    assert_eq!(
        server.done(),
        ["stop 5 false", "stop 10 false", "stop 5 true"]
    );
}

#[tokio::test]
async fn errors_have_the_form_of_the_daemons_library() {
    let server = Server::start().await;
    for (query, variables, expected) in [
        (
            "{ nothing }",
            json!({}),
            json!({"errors": [{"message": "Field 'nothing' is not defined on type 'query'"}]}),
        ),
        (
            "{ internalLogs { id } }",
            json!({}),
            json!({"errors": [{"message": "Argument `startLogId` of type `Int!` expected on field `internalLogs`, but not provided."}], "data": null}),
        ),
        (
            r#"{ internalLogs(startLogId: "1") { id } }"#,
            json!({}),
            json!({"errors": [{"message": "Argument `startLogId` of type `Int` expected on field `internalLogs`, found \"1\"."}], "data": null}),
        ),
        (
            PAYMENTS,
            json!({"input": with(payments(), "minFee", json!("-1"))}),
            json!({"errors": [{"message": "Argument `minFee` of type `Fee` expected on field `schedulePayments`, found \"-1\"."}], "data": null}),
        ),
        (
            PAYMENTS,
            json!({}),
            json!({"errors": [{"message": "Missing variable `input`"}], "data": null}),
        ),
        (
            "query A { slotsWon } query B { slotsWon }",
            json!({}),
            json!({"errors": [{"message": "Operation name required"}]}),
        ),
        (
            "{ ...f } fragment f on query { ...g } fragment g on query { ...f }",
            json!({}),
            json!({"errors": [{"message": "Fragment cycle detected: f, g"}]}),
        ),
        (
            "{ slotsWon @unknown }",
            json!({}),
            json!({"errors": [{"message": "Unknown directive: unknown"}], "data": null}),
        ),
        (
            "",
            json!({}),
            json!({"errors": [{"message": "No operation found"}]}),
        ),
        ("subscription { x }", json!({}), json!({"x": null})),
    ] {
        assert_eq!(server.ask(query, variables).await, expected, "{query}");
    }
    // A document that cannot be parsed is answered with a bare text.
    let answer = server.ask("{ slotsWon", json!({})).await;
    assert!(answer.is_string(), "{answer}");
}

#[tokio::test]
async fn every_mutation_of_a_document_is_executed_and_the_first_failure_told() {
    let server = Server::start().await;
    let query = "mutation { a: stopDaemon(delaySeconds: 1) b: zkAppCommandLimit(limit: 7) c: flushInternalLogs(endLogId: 2) }";
    let answer = server.ask(query, json!({})).await;
    check_error(&answer, "a", "Delay of 1 seconds is less than minimum 5");
    assert_eq!(server.done(), ["limit Some(7)"]);
    assert_eq!(server.node.state().logs, [3, 4, 5]);
}

#[tokio::test]
async fn selections_are_resolved() {
    let server = Server::start().await;
    let query = "query Q($no: Boolean = false) { ...f ... on query { slotsWon @skip(if: $no) } ... on other { x } }
        fragment f on query { who: auth { __typename uuid: serverUuid isBlockProducer @include(if: $no) } }";
    let answer = server.ask(query, json!({})).await;
    assert_eq!(
        answer,
        json!({"data": {
            "who": {"__typename": "ItnAuth", "uuid": "24511be6-320d-4ef2-8dff-89916bcb6751"},
            "slotsWon": [855, 860],
        }})
    );
}

#[tokio::test]
async fn older_daemons_refuse_what_is_newest() {
    let server = Server::of(SchemaGeneration::Current).await;
    let query = "mutation P($input: PaymentsDetails!, $handle: String!) { schedulePayments(input: $input, handle: $handle) }";
    for (query, variables) in [
        ("{ auth { commitId } }", json!({})),
        ("{ scheduledTransactions }", json!({})),
        (query, json!({"input": payments(), "handle": HANDLE})),
    ] {
        let answer = server.ask(query, variables).await;
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("is not defined on"), "{message}");
    }
    assert!(server.done().is_empty());
    let answer = server.ask(PAYMENTS, json!({"input": payments()})).await;
    check_data(&answer, "schedulePayments", json!(HANDLE));
    let query = r#"{ __type(name: "ItnAuth") { fields { name type { kind } } } }"#;
    let peer_id = |answer: &Json| {
        let fields = answer["data"]["__type"]["fields"].as_array().unwrap();
        let mut fields = fields.iter();
        fields.find(|field| field["name"] == "peerId").unwrap()["type"]["kind"].clone()
    };
    assert_eq!(peer_id(&server.ask(query, json!({})).await), "NON_NULL");
    let newest = Server::start().await;
    assert_eq!(peer_id(&newest.ask(query, json!({})).await), "SCALAR");
}

#[tokio::test]
async fn the_schema_tells_of_itself() {
    let server = Server::start().await;
    let query = "{ __schema { queryType { name } mutationType { name } subscriptionType { name fields { name } }
        types { kind name fields(includeDeprecated: true) { name args { name type { ...t } } type { ...t } isDeprecated }
          inputFields { name type { ...t } defaultValue } enumValues { name } interfaces { name } possibleTypes { name } }
        directives { name locations args { name type { ...t } } } } }
        fragment t on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";
    let answer = server.ask(query, json!({})).await;
    let schema = &answer["data"]["__schema"];
    assert_eq!(schema["queryType"]["name"], "query");
    assert_eq!(schema["mutationType"]["name"], "mutation");
    assert_eq!(
        schema["subscriptionType"],
        json!({"name": "subscription", "fields": []})
    );
    let types = schema["types"].as_array().unwrap();
    let find = |list: &Json, name: &str| {
        let list = list.as_array().unwrap();
        list.iter()
            .find(|entry| entry["name"] == name)
            .unwrap()
            .clone()
    };
    let payments = find(&json!(types), "PaymentsDetails");
    assert_eq!(payments["kind"], "INPUT_OBJECT");
    let senders = find(&payments["inputFields"], "senders");
    assert_eq!(
        senders["type"],
        json!({"kind": "NON_NULL", "name": null, "ofType": {"kind": "LIST", "name": null, "ofType": {
            "kind": "NON_NULL", "name": null, "ofType": {"kind": "SCALAR", "name": "PrivateKey"}}}})
    );
    assert_eq!(find(&schema["directives"], "skip")["args"][0]["name"], "if");
}

/// Small documents that ask for very much.
#[tokio::test]
async fn what_would_unfold_without_end_is_refused() {
    let server = Server::start().await;
    let unfold = |level: u32| {
        let next = level + 1;
        format!(" fragment f{level} on query {{ ...f{next} ...f{next} ...f{next} }}")
    };
    let fragments: Vec<String> = (0..20).map(unfold).collect();
    let fragments = fragments.concat();
    let fragments = format!("{{ ...f0 }} fragment f20 on query {{ slotsWon }}{fragments}");
    let answer = server.ask(&fragments, json!({})).await;
    assert_eq!(answer["errors"][0]["message"], "Too many fields");
    server.node.state().logs = (1..=1_000).collect();
    let logs = "...f ".repeat(100);
    let query =
        format!("{{ {logs} }} fragment f on query {{ internalLogs(startLogId: 0) {{ message }} }}");
    let answer = server.ask(&query, json!({})).await;
    assert_eq!(answer["errors"][0]["message"], "Answer too large");
}

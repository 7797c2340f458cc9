//! The public schema of a node: compared with a daemon's, and with its own answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use simnet::{Config, NODE_KEY_PASSWORD, Simnet};

use crate::public_graphql::ask;
use crate::shared::{eventually, start};

const INTROSPECTION: &str = "{ __schema { queryType { name } mutationType { name } types { \
    kind name inputFields { name type { ...T } } enumValues { name } possibleTypes { name } \
    fields(includeDeprecated: true) { name isDeprecated type { ...T } args { name type { ...T } } } \
    } } } fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { \
    kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } }";

/// A type as text; `?` where the source breaks off.
fn type_text(ty: &Value) -> String {
    match ty["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", type_text(&ty["ofType"])),
        Some("LIST") => format!("[{}]", type_text(&ty["ofType"])),
        Some(_) => ty["name"].as_str().unwrap_or("?").to_owned(),
        None => "?".to_owned(),
    }
}

/// What a schema says, by the names of its parts: fields with their arguments, members of inputs,
/// values of enums, implementations of interfaces.
fn facts(schema: &Value) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for ty in list(&schema["types"]) {
        let name = ty["name"].as_str().unwrap();
        if name.starts_with("__") {
            continue;
        }
        facts.insert(name.to_owned(), ty["kind"].to_string());
        for field in list(&ty["fields"]) {
            let path = format!("{name}.{}", field["name"].as_str().unwrap());
            for argument in list(&field["args"]) {
                let path = format!("{path}({})", argument["name"].as_str().unwrap());
                facts.insert(path, type_text(&argument["type"]));
            }
            let deprecated = field["isDeprecated"] == true;
            let text = type_text(&field["type"]);
            facts.insert(path, format!("{text} deprecated {deprecated}"));
        }
        for field in list(&ty["inputFields"]) {
            let path = format!("{name}.{}", field["name"].as_str().unwrap());
            facts.insert(path, type_text(&field["type"]));
        }
        for key in ["enumValues", "possibleTypes"] {
            let names: BTreeSet<String> = list(&ty[key])
                .iter()
                .map(|value| value["name"].to_string())
                .collect();
            if !names.is_empty() {
                facts.insert(format!("{name} {key}"), format!("{names:?}"));
            }
        }
    }
    facts
}

#[tokio::test]
async fn the_schema_is_that_of_a_daemon() {
    let Some(text) = captured_data::read("daemon/graphql_schema.json") else {
        return;
    };
    let daemon: Value = serde_json::from_slice(&text).unwrap();
    let daemon = daemon.get("data").unwrap_or(&daemon)["__schema"].clone();
    let simnet = start(Config::nodes(1)).await;
    let own = ask(&simnet, 0, INTROSPECTION, json!({})).await;
    let (daemon, own) = (facts(&daemon), facts(&own["data"]["__schema"]));
    let fields = |root: &str| {
        let fields = own.keys().filter(|name| name.starts_with(root));
        fields.filter(|name| !name.contains('(')).count()
    };
    assert_eq!((fields("query."), fields("mutation.")), (41, 29));
    let built_in = ["Int", "Float", "String", "Boolean", "ID"];
    for (name, expected) in &daemon {
        let found = own.get(name).unwrap_or_else(|| panic!("{name} is missing"));
        if expected.contains('?') {
            // The types in it end where the file's introspection ends.
            let (begin, end) = expected.split_once('?').unwrap();
            assert!(
                found.starts_with(begin) && found.ends_with(end),
                "{name}: {found}"
            );
        } else {
            assert_eq!(found, expected, "{name}");
        }
    }
    for name in own.keys() {
        assert!(
            daemon.contains_key(name) || built_in.contains(&name.as_str()),
            "a daemon has no {name}"
        );
    }
    simnet.stop().await;
}

/// Types of a schema by name.
type Types = BTreeMap<String, Value>;

fn named(ty: &Value) -> &str {
    match ty["ofType"] {
        Value::Object(_) => named(&ty["ofType"]),
        _ => ty["name"].as_str().unwrap(),
    }
}

/// A selection of every field that can be selected without arguments that must be given.
fn selection(types: &Types, name: &str, depth: usize) -> String {
    let ty = &types[name];
    if let Some(possible) = ty["possibleTypes"].as_array() {
        let parts = possible.iter().map(|ty| {
            let name = ty["name"].as_str().unwrap();
            format!("... on {name} {}", selection(types, name, depth))
        });
        let parts: Vec<String> = parts.collect();
        return format!("{{ __typename {} }}", parts.join(" "));
    }
    let Some(fields) = ty["fields"].as_array() else {
        return String::new();
    };
    let mut parts = vec!["__typename".to_owned()];
    for field in fields {
        let needed = field["args"].as_array().unwrap().iter();
        if needed
            .clone()
            .any(|argument| argument["type"]["kind"] == "NON_NULL")
        {
            continue;
        }
        let of = named(&field["type"]);
        let is_object = types[of]["fields"].is_array();
        if is_object && depth == 0 {
            continue;
        }
        let inner = selection(types, of, depth.saturating_sub(1));
        parts.push(format!("{} {inner}", field["name"].as_str().unwrap()));
    }
    format!("{{ {} }}", parts.join(" "))
}

/// Fails where an answer is not of its type.
fn check(types: &Types, path: &str, ty: &Value, value: &Value) {
    match ty["kind"].as_str().unwrap() {
        "NON_NULL" => {
            assert!(!value.is_null(), "{path} is null");
            check(types, path, &ty["ofType"], value);
        }
        _ if value.is_null() => {}
        "LIST" => {
            let values = value.as_array();
            for value in values.unwrap_or_else(|| panic!("{path} is no list: {value}")) {
                check(types, path, &ty["ofType"], value);
            }
        }
        "ENUM" => {
            let known = types[named(ty)]["enumValues"].as_array().unwrap();
            let is_known = known.iter().any(|known| known["name"] == *value);
            assert!(is_known, "{path}: {value}");
        }
        "OBJECT" | "INTERFACE" => {
            let name = value["__typename"].as_str();
            let name = name.unwrap_or_else(|| panic!("{path} is no object: {value}"));
            let fields = types[name]["fields"].as_array().unwrap();
            for (member, value) in value.as_object().unwrap() {
                let field = fields.iter().find(|field| field["name"] == member.as_str());
                if let Some(field) = field {
                    check(types, &format!("{path}.{member}"), &field["type"], value);
                }
            }
        }
        _ => match named(ty) {
            "Int" => {
                let number = value.as_i64();
                let fits = number.is_some_and(|number| i32::try_from(number).is_ok());
                assert!(fits, "{path}: {value}");
            }
            "Float" => assert!(value.is_number(), "{path}: {value}"),
            "Boolean" => assert!(value.is_boolean(), "{path}: {value}"),
            "JSON" => {}
            _ => assert!(value.is_string(), "{path} is no text: {value}"),
        },
    }
}

/// The arguments that a query must be given, and some that keep answers short.
fn arguments(name: &str, hash: &str, submitter: &str) -> String {
    match name {
        "getFilteredLogEntries" => "(offset: 0)".to_owned(),
        "wallet" | "account" | "accounts" | "accountActions" => {
            format!("(publicKey: \"{submitter}\")")
        }
        "tokenOwner" | "tokenAccounts" => {
            "(tokenId: \"wSHV2S4qX9jFsLjQo8r1BsMLH2ZRKsZx6EJd1sbozGPieEC4Jf\")".to_owned()
        }
        "block" => format!("(stateHash: \"{hash}\")"),
        "bestChain" => "(maxLength: 3)".to_owned(),
        "transactionStatus" => "(payment: \"x\")".to_owned(),
        "trustStatus" => "(ipAddress: \"10.0.0.1\")".to_owned(),
        "snarkWorkRange" => "(startingIndex: 0)".to_owned(),
        "snarkedLedgerAccountMembership" | "encodedSnarkedLedgerAccountMembership" => {
            format!("(stateHash: \"{hash}\", accountInfos: [{{ publicKey: \"{submitter}\" }}])")
        }
        "validatePayment" => format!(
            "(signature: {{ field: \"1\", scalar: \"2\" }}, input: {{ from: \"{submitter}\", \
             to: \"{submitter}\", fee: 1, amount: 1 }})"
        ),
        _ => String::new(),
    }
}

#[tokio::test]
async fn answers_have_the_types_of_the_schema() {
    let mut config = Config::nodes(2);
    config.time_scale = 1_000;
    let simnet = start(config).await;
    let own = ask(&simnet, 0, INTROSPECTION, json!({})).await;
    let schema = own["data"]["__schema"]["types"].as_array().unwrap();
    let types: Types = schema
        .iter()
        .map(|ty| (ty["name"].as_str().unwrap().to_owned(), ty.clone()))
        .collect();
    let submitter = simnet.nodes()[0].submitter.clone();
    let unlock = "mutation ($i: UnlockInput!) { unlockAccount(input: $i) { account { locked } } }";
    let input = json!({ "i": { "publicKey": submitter, "password": NODE_KEY_PASSWORD } });
    let unlocked = ask(&simnet, 0, unlock, input).await;
    assert_eq!(
        unlocked["data"]["unlockAccount"]["account"]["locked"],
        json!(false)
    );
    let pay = "mutation ($i: SendPaymentInput!) { sendPayment(input: $i) { payment { id } } }";
    let input = json!({ "i": {
        "from": submitter, "to": submitter, "amount": "1", "fee": "1000000000",
    } });
    let sent = ask(&simnet, 0, pay, input).await;
    assert!(
        sent["data"]["sendPayment"]["payment"]["id"].is_string(),
        "{sent}"
    );
    let hash = eventually("a payment in a block", async || {
        let chain = "{ bestChain { stateHash commandTransactionCount } }";
        let chain = ask(&simnet, 0, chain, json!({})).await;
        let blocks = chain["data"]["bestChain"].as_array()?.clone();
        let holds = |block: &&Value| block["commandTransactionCount"] != 0;
        let block = blocks.iter().find(holds)?;
        Some(block["stateHash"].as_str()?.to_owned())
    })
    .await;
    let arguments = |name: &str| arguments(name, &hash, &submitter);
    // The error of a daemon that does not have the key.
    let errors = ["evaluateVrf", "checkVrf"];
    for field in types["query"]["fields"].as_array().unwrap() {
        let name = field["name"].as_str().unwrap();
        if errors.contains(&name) {
            continue;
        }
        let selection = selection(&types, named(&field["type"]), 3);
        let query = format!("{{ {name}{} {selection} }}", arguments(name));
        let answer = ask(&simnet, 0, &query, json!({})).await;
        assert!(answer["errors"].is_null(), "{name}: {}", answer["errors"]);
        let value = answer["data"].get(name);
        let value = value.unwrap_or_else(|| panic!("{name}: {answer}"));
        check(&types, name, &field["type"], value);
    }
    simnet.stop().await;
}

/// The data of a mutation that succeeds.
async fn data(simnet: &Simnet, document: &str) -> Value {
    let document = format!("mutation {{ {document} }}");
    let answer = ask(simnet, 0, &document, json!({})).await;
    assert!(answer["errors"].is_null(), "{document}: {answer}");
    answer["data"].clone()
}

/// The message of one that fails.
async fn error(simnet: &Simnet, document: &str) -> String {
    let document = format!("mutation {{ {document} }}");
    let answer = ask(simnet, 0, &document, json!({})).await;
    let message = answer["errors"][0]["message"].as_str();
    message.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn keys_are_made_locked_and_deleted() {
    let simnet = start(Config::nodes(1)).await;
    let account = "account { publicKey locked nonce balance { total } }";
    let create = format!("createAccount(input: {{ password: \"p\" }}) {{ {account} }}");
    let created = data(&simnet, &create).await;
    let account = &created["createAccount"]["account"];
    assert_eq!(account["locked"], false);
    assert_eq!(account["nonce"], Value::Null);
    assert_eq!(account["balance"]["total"], "0");
    let key = account["publicKey"].as_str().unwrap();
    let named = |mutation: &str, answer: &str| {
        format!("{mutation}(input: {{ publicKey: \"{key}\" }}) {{ {answer} }}")
    };
    let locked = data(&simnet, &named("lockAccount", "account { locked }")).await;
    assert_eq!(locked["lockAccount"]["account"]["locked"], true);
    let deleted = data(&simnet, &named("deleteAccount", "publicKey")).await;
    assert_eq!(deleted["deleteAccount"]["publicKey"], key);
    let again = error(&simnet, &named("deleteAccount", "publicKey")).await;
    assert!(again.contains("Could not find"), "{again}");
    let reloaded = data(&simnet, "reloadAccounts { success }").await;
    assert_eq!(reloaded["reloadAccounts"]["success"], true);
    simnet.stop().await;
}

#[tokio::test]
async fn settings_of_a_node_are_answered_with_those_before() {
    let simnet = start(Config::nodes(2)).await;
    let nodes = simnet.nodes();
    let (own, other) = (nodes[0].submitter.clone(), nodes[1].peer_id.clone());
    let set = |mutation: &str, answer: &str| {
        format!("{mutation}(input: {{ publicKey: \"{own}\" }}) {{ {answer} }}")
    };
    let both = "lastCoinbaseReceiver currentCoinbaseReceiver";
    let receiver = data(&simnet, &set("setCoinbaseReceiver", both)).await;
    assert_eq!(
        receiver["setCoinbaseReceiver"],
        json!({ "lastCoinbaseReceiver": null, "currentCoinbaseReceiver": own })
    );
    let worker = data(&simnet, &set("setSnarkWorker", "lastSnarkWorker")).await;
    assert_eq!(worker["setSnarkWorker"]["lastSnarkWorker"], own);
    let peer = format!("{{ host: \"10.0.0.1\", libp2pPort: 8302, peerId: \"{other}\" }}");
    let gating = format!(
        "setConnectionGatingConfig(input: {{ isolate: true, trustedPeers: [{peer}], \
         bannedPeers: [] }}) {{ isolate bannedPeers {{ peerId }} trustedPeers {{ peerId }} }}"
    );
    let gating = data(&simnet, &gating).await;
    assert_eq!(
        gating["setConnectionGatingConfig"],
        json!({ "isolate": true, "bannedPeers": [], "trustedPeers": [{ "peerId": other }] })
    );
    let added = format!("addPeers(peers: [{peer}]) {{ peerId }}");
    let added = data(&simnet, &added).await;
    assert_eq!(added["addPeers"], json!([{ "peerId": other }]));
    let capturing = data(&simnet, "startFilteredLog(filter: [])").await;
    assert_eq!(capturing["startFilteredLog"], true);
    simnet.stop().await;
}

#[tokio::test]
async fn test_payments_are_bounded() {
    let simnet = start(Config::nodes(1)).await;
    let private = simulation::key_from_seed(9, "sender", 0);
    let receiver = private.public_key();
    let private = private.to_base58check().to_string();
    let payments = |count: u32| {
        format!(
            "sendTestPayments(senders: [\"{private}\"], receiver: \"{receiver}\", amount: 1, \
             fee: 1, repeat_count: {count}, repeat_delay_ms: 1)"
        )
    };
    let sent = data(&simnet, &payments(2)).await;
    assert_eq!(sent["sendTestPayments"], 0);
    let refused = error(&simnet, &payments(10_001)).await;
    assert!(refused.contains("test payments"), "{refused}");
    simnet.stop().await;
}

#[tokio::test]
async fn what_is_not_simulated_answers_the_error_of_a_daemon() {
    let simnet = start(Config::nodes(1)).await;
    let peer = "{ host: \"h\", libp2pPort: 1, peerId: \"nobody\" }";
    let add_nobody = format!("addPeers(peers: [{peer}]) {{ peerId }}");
    let import = "importAccount(path: \"/etc/passwd\", password: \"\") { success }";
    for (document, expected) in [
        (
            "createHDAccount(input: { index: 1 }) { publicKey }",
            "hardware wallet",
        ),
        (import, "does not exist"),
        ("exportLogs { exportLogs { tarfile } }", "logs"),
        (
            "archivePrecomputedBlock(block: {}) { applied }",
            "archive process",
        ),
        (
            "archiveExtensionalBlock(block: {}) { applied }",
            "archive process",
        ),
        (
            "sendRosettaTransaction(input: {}) { userCommand { id } }",
            "Rosetta",
        ),
        ("sendProofBundle(input: {})", "proof bundle"),
        (
            "internalSendZkapp(zkappCommands: [{}]) { zkapp { id } }",
            "zkApp command",
        ),
        (&*add_nobody, "failed to add peers"),
        ("nothing", "not defined"),
    ] {
        let found = error(&simnet, document).await;
        assert!(found.contains(expected), "{document}: {found}");
    }
    let answer = ask(&simnet, 0, "subscription { newSyncUpdate }", json!({})).await;
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("websocket"), "{message}");
    simnet.stop().await;
}

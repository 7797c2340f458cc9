//! That documents, variables and answers fit the schema.
//!
//! `graphql_client` generates types from schema and documents; a document that does not fit the
//! schema does not compile. Our own types, which are documented, bounded and careful with secrets,
//! must write and read the same JSON as the generated ones.

use graphql_client::GraphQLQuery;
use mina::{Amount, PrivateKey, PublicKey};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::inputs::{
    CreateAccountsDetails, GatingUpdate, NetworkPeer, PaymentsDetails, ZkappCommandsDetails,
};
use crate::operations::{self as ops, Operation};

type UInt16 = String;
type Fee = String;
type CurrencyAmount = String;
#[expect(clippy::upper_case_acronyms, reason = "the scalar's name")]
type JSON = serde_json::Value;

const PRIVATE_KEY: &str = "EKFWgzXsoMYcP1Hnj7dBhsefxNucZ6wyz676Qg5uMFNzytXAi2Ww";
const PUBLIC_KEY: &str = "B62qjVQLxt9nYMWGn45mkgwYfcz8e8jvjNCBo11VKJb7vxDNwv5QLPS";
const HANDLE: &str = "24511be6-320d-4ef2-8dff-89916bcb6751";

/// The types that are generated from `schema` and `operations`.
mod generated {
    use super::*;

    type PublicKey = String;
    type PrivateKey = String;

    macro_rules! generate {
        ($($operation:ident $file:tt;)*) => {
            $(
                #[derive(GraphQLQuery)]
                #[graphql(
                    schema_path = "schema/itn.graphql",
                    query_path = $file,
                    variables_derives = "Deserialize",
                    response_derives = "Serialize"
                )]
                pub(super) struct $operation;
            )*
        };
    }

    generate! {
        Auth "operations/auth.graphql";
        CommitId "operations/commit_id.graphql";
        InternalLogs "operations/internal_logs.graphql";
        FlushInternalLogs "operations/flush_internal_logs.graphql";
        SlotsWon "operations/slots_won.graphql";
        ScheduledTransactions "operations/scheduled_transactions.graphql";
        SchedulePayments "operations/schedule_payments.graphql";
        SchedulePaymentsWithHandle "operations/schedule_payments_with_handle.graphql";
        ScheduleZkappCommands "operations/schedule_zkapp_commands.graphql";
        ScheduleZkappCommandsWithHandle "operations/schedule_zkapp_commands_with_handle.graphql";
        StopScheduledTransactions "operations/stop_scheduled_transactions.graphql";
        UpdateGating "operations/update_gating.graphql";
        StopDaemon "operations/stop_daemon.graphql";
        ZkappCommandLimit "operations/zkapp_command_limit.graphql";
        CreateAccounts "operations/create_accounts.graphql";
    }
}

use generated as schema;

/// Checks name, document and variables, and that an answer which the schema allows is understood.
#[track_caller]
fn check<G, O>(generated: (&str, &str), operation: &O, answer: &str) -> O::Answer
where
    G: GraphQLQuery<Variables: DeserializeOwned, ResponseData: Serialize>,
    O: Operation,
{
    assert_eq!((O::NAME, O::DOCUMENT), generated);
    let sent: serde_json::Value = serde_json::from_slice(&ops::body(operation).unwrap()).unwrap();
    let variables = sent.get("variables").cloned().unwrap_or_default();
    let read: G::Variables = serde_json::from_value(variables.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), variables);

    let selected: G::ResponseData = serde_json::from_str(answer).unwrap();
    let data = serde_json::to_string(&selected).unwrap();
    operation
        .answer(format!(r#"{{"data":{data}}}"#).into_bytes())
        .unwrap()
}

macro_rules! check {
    ($name:ident $module:ident, $operation:expr, $answer:expr) => {
        check::<schema::$name, _>(
            (schema::$module::OPERATION_NAME, schema::$module::QUERY),
            &$operation,
            $answer,
        )
    };
}

fn amount(nanomina: u64) -> Amount {
    Amount::from_nanomina(nanomina)
}

fn private_key() -> PrivateKey {
    PRIVATE_KEY.parse().unwrap()
}

fn public_key() -> PublicKey {
    PUBLIC_KEY.parse().unwrap()
}

fn payments() -> PaymentsDetails {
    PaymentsDetails {
        duration_min: 30,
        tps: 0.5,
        memo_prefix: "exp-0-0".to_owned(),
        max_fee: amount(2_000_000_000),
        min_fee: amount(1_000_000_000),
        amount: amount(1),
        receiver: public_key(),
        senders: vec![private_key(), private_key()],
    }
}

fn zkapp_commands() -> ZkappCommandsDetails {
    ZkappCommandsDetails {
        max_account_updates: Some(2),
        max_cost: false,
        account_queue_size: 5,
        deployment_fee: amount(1),
        max_fee: amount(2),
        min_fee: amount(3),
        init_balance: amount(4),
        max_new_zkapp_balance: amount(5),
        min_new_zkapp_balance: amount(6),
        max_balance_change: amount(7),
        min_balance_change: amount(8),
        no_precondition: true,
        memo_prefix: "exp-0-1".to_owned(),
        duration_min: 30,
        tps: 0.25,
        num_new_accounts: 9,
        num_zkapps_to_deploy: 10,
        fee_payers: vec![private_key()],
        non_default_token: false,
    }
}

#[test]
fn identity() {
    let answer = r#"{"auth":{"serverUuid":"24511be6-320d-4ef2-8dff-89916bcb6751","signerSequenceNumber":"258","libp2pPort":"8302","peerId":"12D3KooW","isBlockProducer":true}}"#;
    let auth = check!(Auth auth, ops::AuthQuery, answer);
    assert_eq!(auth.server_uuid.as_str(), HANDLE);
    assert_eq!(auth.signer_sequence_number, 258);
    assert_eq!(auth.libp2p_port, Some(8302));
    assert_eq!(auth.peer_id.as_deref(), Some("12D3KooW"));
    assert!(auth.is_block_producer);
    let without_peer = answer.replace(r#""12D3KooW""#, "null");
    let auth = check!(Auth auth, ops::AuthQuery, &without_peer);
    assert_eq!(auth.peer_id, None);

    let commit = r#"{"auth":{"commitId":"0830fd79"}}"#;
    let commit = check!(CommitId commit_id, ops::CommitId, commit);
    assert_eq!(commit.commit_id, "0830fd79");
}

#[test]
fn logs() {
    let answer = r#"{"internalLogs":[{"id":8,"timestamp":"2025-05-07 14:30:22Z","message":"@control","metadata":[{"item":"metadata","value":{"count":1}}],"process":"prover"}]}"#;
    let operation = ops::InternalLogs { start_log_id: 8 };
    let logs = check!(InternalLogs internal_logs, operation, answer);
    let entry = logs.iter().next().unwrap().entry().unwrap();
    assert_eq!((entry.id, entry.process), (8, trace::Process::Prover));

    let operation = ops::FlushInternalLogs { end_log_id: 8 };
    let answer = r#"{"flushInternalLogs":"Deleted 1 log"}"#;
    let text = check!(FlushInternalLogs flush_internal_logs, operation, answer);
    assert_eq!(text.0, "Deleted 1 log");
}

#[test]
fn scheduling() {
    let payments = payments();
    let answer = format!(r#"{{"schedulePayments":"{HANDLE}"}}"#);
    let operation = ops::SchedulePayments { input: &payments };
    let handle = check!(SchedulePayments schedule_payments, operation, &answer);
    assert_eq!(handle.0, HANDLE);
    let operation = ops::SchedulePaymentsWithHandle {
        input: &payments,
        handle: HANDLE,
    };
    check!(SchedulePaymentsWithHandle schedule_payments_with_handle, operation, &answer);

    let commands = zkapp_commands();
    let answer = format!(r#"{{"scheduleZkappCommands":"{HANDLE}"}}"#);
    let operation = ops::ScheduleZkappCommands { input: &commands };
    check!(ScheduleZkappCommands schedule_zkapp_commands, operation, &answer);
    let operation = ops::ScheduleZkappCommandsWithHandle {
        input: &commands,
        handle: HANDLE,
    };
    check!(ScheduleZkappCommandsWithHandle schedule_zkapp_commands_with_handle, operation, &answer);

    let operation = ops::StopScheduledTransactions { handle: HANDLE };
    let answer = r#"{"stopScheduledTransactions":"Requesting stop"}"#;
    check!(StopScheduledTransactions stop_scheduled_transactions, operation, answer);
    let answer = format!(r#"{{"scheduledTransactions":["{HANDLE}"]}}"#);
    let operation = ops::ScheduledTransactions;
    let handles = check!(ScheduledTransactions scheduled_transactions, operation, &answer);
    assert_eq!(handles.0[0].0, HANDLE);
}

#[test]
fn the_unreleased_member_is_sent_only_when_set() {
    let mut commands = zkapp_commands();
    let json = serde_json::to_string(&commands).unwrap();
    assert!(!json.contains("nonDefaultToken"), "{json}");
    commands.non_default_token = true;
    let json = serde_json::to_string(&commands).unwrap();
    assert!(json.ends_with(r#","nonDefaultToken":true}"#), "{json}");
}

#[test]
fn node_control() {
    let peer = |peer_id: &str| NetworkPeer {
        libp2p_port: 8302,
        host: "10.1.2.3".to_owned(),
        peer_id: peer_id.to_owned(),
    };
    let gating = GatingUpdate {
        added_peers: vec![peer("a")],
        clean_added_peers: true,
        isolate: true,
        banned_peers: vec![],
        trusted_peers: vec![peer("b"), peer("c")],
    };
    let operation = ops::UpdateGating { input: &gating };
    check!(UpdateGating update_gating, operation, r#"{"updateGating":"success"}"#);
    let operation = ops::StopDaemon {
        delay_seconds: Some(10),
        clean_config: None,
    };
    let answer = r#"{"stopDaemon":"Stopping daemon in 10 seconds"}"#;
    check!(StopDaemon stop_daemon, operation, answer);
    for (limit, answer) in [
        (Some(24), r#"{"zkAppCommandLimit":24}"#),
        (None, r#"{"zkAppCommandLimit":null}"#),
    ] {
        let operation = ops::ZkappCommandLimit { limit };
        let in_force = check!(ZkappCommandLimit zkapp_command_limit, operation, answer);
        assert_eq!(in_force, limit.map(i64::from));
    }
    let slots = check!(SlotsWon slots_won, ops::SlotsWon, r#"{"slotsWon":[855,860]}"#);
    assert_eq!(slots.0, [855, 860]);
}

#[test]
fn account_creation() {
    let input = CreateAccountsDetails {
        fee_payer: private_key(),
        num_accounts: 1,
        fee: amount(1),
        amount: amount(2),
    };
    let answer = format!(
        r#"{{"createAccounts":{{"handle":"{HANDLE}","accounts":[{{"publicKey":"{PUBLIC_KEY}","privateKey":"{PRIVATE_KEY}"}}]}}}}"#
    );
    for handle in [None, Some(HANDLE)] {
        let operation = ops::CreateAccounts {
            input: &input,
            handle,
        };
        let created = check!(CreateAccounts create_accounts, operation, &answer);
        assert_eq!(created.handle, HANDLE);
        assert_eq!(created.accounts[0].public_key, public_key());
        assert_eq!(created.accounts[0].private_key.public_key(), public_key());
        assert!(!format!("{created:?}").contains(PRIVATE_KEY));
    }
}

#[test]
fn inputs_that_a_server_reads_are_those_that_a_client_wrote() {
    let sent = serde_json::to_string(&payments()).unwrap();
    assert!(
        sent.starts_with(
            r#"{"durationMin":30,"tps":0.5,"memoPrefix":"exp-0-0","maxFee":"2000000000","minFee":"1000000000","amount":"1","receiver":"B62"#
        ),
        "{sent}"
    );
    let read: PaymentsDetails = serde_json::from_str(&sent).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), sent);
    let sent = serde_json::to_string(&zkapp_commands()).unwrap();
    let read: ZkappCommandsDetails = serde_json::from_str(&sent).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), sent);
    let bad_key = sent.replace(PRIVATE_KEY, &PRIVATE_KEY.replace('W', "x"));
    let error = serde_json::from_str::<ZkappCommandsDetails>(&bad_key).unwrap_err();
    assert!(!error.to_string().contains("EK"), "{error}");
}

//! Each operation that a client sends: its document, variables and answer.
//!
//! The documents in `operations` are checked against the schema by the tests in `schema_check`.
//! They are word for word those of the contract of the protocol makers' clients, which a test
//! compares with the crate `mina-sdk`.

use serde::Serialize;

use crate::answers::{Auth, Commit, CreatedAccounts};
use crate::bounded::Bounded;
use crate::error::Error;
use crate::inputs::{CreateAccountsDetails, GatingUpdate, PaymentsDetails, ZkappCommandsDetails};
use crate::internal_logs::InternalLogs as Logs;
use crate::reply;
use crate::scalars::Text;

/// Most slots taken from one answer: an epoch has some thousands.
const SLOTS_MAX: usize = 100_000;
/// Most handles taken from one answer.
const HANDLES_MAX: usize = 10_000;

/// An operation of the protocol. The value itself is what is sent as variables; a unit has none.
pub(crate) trait Operation: Serialize {
    /// The name in the document.
    const NAME: &'static str;
    /// The document.
    const DOCUMENT: &'static str;
    /// The field of `data` that holds the answer.
    const FIELD: &'static str;
    /// Whether the answer is a part of the node's log, the largest that there is.
    const ANSWERS_LOGS: bool = false;
    /// What the field holds.
    type Answer;
    /// Reads the body of an answer with status 200.
    fn answer(&self, body: Vec<u8>) -> Result<Self::Answer, Error>;
}

macro_rules! operations {
    ($($type:ty, $name:literal, $file:literal, $field:literal => $answer:ty;)*) => {
        $(impl Operation for $type {
            const NAME: &'static str = $name;
            const DOCUMENT: &'static str =
                include_str!(concat!("../operations/", $file, ".graphql"));
            const FIELD: &'static str = $field;
            type Answer = $answer;
            fn answer(&self, body: Vec<u8>) -> Result<$answer, Error> {
                reply::parse(&body, Self::FIELD)
            }
        })*
    };
}

operations! {
    AuthQuery, "Auth", "auth", "auth" => Auth;
    CommitId, "CommitId", "commit_id", "auth" => Commit;
    SlotsWon, "SlotsWon", "slots_won", "slotsWon" => Bounded<u64, SLOTS_MAX>;
    FlushInternalLogs, "FlushInternalLogs", "flush_internal_logs", "flushInternalLogs" => Text;
    ScheduledTransactions, "ScheduledTransactions", "scheduled_transactions", "scheduledTransactions"
        => Bounded<Text, HANDLES_MAX>;
    SchedulePayments<'_>, "SchedulePayments", "schedule_payments", "schedulePayments" => Text;
    SchedulePaymentsWithHandle<'_>, "SchedulePaymentsWithHandle",
        "schedule_payments_with_handle", "schedulePayments" => Text;
    ScheduleZkappCommands<'_>, "ScheduleZkappCommands",
        "schedule_zkapp_commands", "scheduleZkappCommands" => Text;
    ScheduleZkappCommandsWithHandle<'_>, "ScheduleZkappCommandsWithHandle",
        "schedule_zkapp_commands_with_handle", "scheduleZkappCommands" => Text;
    StopScheduledTransactions<'_>, "StopScheduledTransactions",
        "stop_scheduled_transactions", "stopScheduledTransactions" => Text;
    UpdateGating<'_>, "UpdateGating", "update_gating", "updateGating" => Text;
    StopDaemon, "StopDaemon", "stop_daemon", "stopDaemon" => Text;
    ZkappCommandLimit, "ZkappCommandLimit", "zkapp_command_limit", "zkAppCommandLimit"
        => Option<i64>;
    CreateAccounts<'_>, "CreateAccounts", "create_accounts", "createAccounts" => CreatedAccounts;
}

impl Operation for InternalLogs {
    const NAME: &'static str = "InternalLogs";
    const DOCUMENT: &'static str = include_str!("../operations/internal_logs.graphql");
    const FIELD: &'static str = "internalLogs";
    const ANSWERS_LOGS: bool = true;
    type Answer = Logs;
    fn answer(&self, body: Vec<u8>) -> Result<Logs, Error> {
        Logs::parse(body, Self::FIELD, self.start_log_id)
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct AuthQuery;

#[derive(Debug, Serialize)]
pub(crate) struct CommitId;

#[derive(Debug, Serialize)]
pub(crate) struct SlotsWon;

#[derive(Debug, Serialize)]
pub(crate) struct ScheduledTransactions;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InternalLogs {
    pub(crate) start_log_id: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FlushInternalLogs {
    pub(crate) end_log_id: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct SchedulePayments<'a> {
    pub(crate) input: &'a PaymentsDetails,
}

#[derive(Debug, Serialize)]
pub(crate) struct SchedulePaymentsWithHandle<'a> {
    pub(crate) input: &'a PaymentsDetails,
    pub(crate) handle: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct ScheduleZkappCommands<'a> {
    pub(crate) input: &'a ZkappCommandsDetails,
}

#[derive(Debug, Serialize)]
pub(crate) struct ScheduleZkappCommandsWithHandle<'a> {
    pub(crate) input: &'a ZkappCommandsDetails,
    pub(crate) handle: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct StopScheduledTransactions<'a> {
    pub(crate) handle: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct UpdateGating<'a> {
    pub(crate) input: &'a GatingUpdate,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StopDaemon {
    pub(crate) delay_seconds: Option<u32>,
    pub(crate) clean_config: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ZkappCommandLimit {
    pub(crate) limit: Option<i32>,
}

#[derive(Debug, Serialize)]
pub(crate) struct CreateAccounts<'a> {
    pub(crate) input: &'a CreateAccountsDetails,
    pub(crate) handle: Option<&'a str>,
}

/// The body of a request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a, O> {
    query: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    variables: Option<&'a O>,
    operation_name: &'static str,
}

/// The bytes to sign and to send.
pub(crate) fn body<O: Operation>(operation: &O) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Body {
        query: O::DOCUMENT,
        // An operation without variables has no room for any.
        variables: (size_of::<O>() > 0).then_some(operation),
        operation_name: O::NAME,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_without_variables_sends_none() {
        let body = String::from_utf8(body(&AuthQuery).unwrap()).unwrap();
        assert!(
            body.starts_with(r#"{"query":"query Auth {\n  auth {"#),
            "{body}"
        );
        assert!(body.ends_with(r#"}\n","operationName":"Auth"}"#), "{body}");
    }

    #[test]
    fn absent_options_are_sent_as_null() {
        let operation = StopDaemon {
            delay_seconds: Some(10),
            clean_config: None,
        };
        let body = String::from_utf8(body(&operation).unwrap()).unwrap();
        assert!(
            body.contains(r#","variables":{"delaySeconds":10,"cleanConfig":null},"#),
            "{body}"
        );
    }

    /// The contract of all clients is the SDK's `spec/itn-operations.graphql`, which its own tests
    /// hold against these constants.
    #[test]
    fn documents_are_those_of_the_protocol_makers() {
        use mina_sdk::itn::queries;

        for (ours, theirs) in [
            (AuthQuery::DOCUMENT, queries::AUTH),
            (CommitId::DOCUMENT, queries::COMMIT_ID),
            (SlotsWon::DOCUMENT, queries::SLOTS_WON),
            (InternalLogs::DOCUMENT, queries::INTERNAL_LOGS),
            (FlushInternalLogs::DOCUMENT, queries::FLUSH_INTERNAL_LOGS),
            (
                ScheduledTransactions::DOCUMENT,
                queries::SCHEDULED_TRANSACTIONS,
            ),
            (SchedulePayments::DOCUMENT, queries::SCHEDULE_PAYMENTS),
            (
                SchedulePaymentsWithHandle::DOCUMENT,
                queries::SCHEDULE_PAYMENTS_WITH_HANDLE,
            ),
            (
                ScheduleZkappCommands::DOCUMENT,
                queries::SCHEDULE_ZKAPP_COMMANDS,
            ),
            (
                ScheduleZkappCommandsWithHandle::DOCUMENT,
                queries::SCHEDULE_ZKAPP_COMMANDS_WITH_HANDLE,
            ),
            (
                StopScheduledTransactions::DOCUMENT,
                queries::STOP_SCHEDULED_TRANSACTIONS,
            ),
            (UpdateGating::DOCUMENT, queries::UPDATE_GATING),
            (StopDaemon::DOCUMENT, queries::STOP_DAEMON),
            (ZkappCommandLimit::DOCUMENT, queries::ZKAPP_COMMAND_LIMIT),
            (CreateAccounts::DOCUMENT, queries::CREATE_ACCOUNTS),
        ] {
            assert_eq!(ours.trim(), theirs.trim());
        }
    }
}

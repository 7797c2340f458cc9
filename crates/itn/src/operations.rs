//! Each operation that a client sends: its document, variables and answer.
//!
//! The documents in `operations` are checked against the schema by the tests in `schema_check`.
//! Those of the log fetcher have the names and variables of the existing one, all others those of
//! the contract of the protocol makers' clients.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answers::{Auth, Commit, CreatedAccounts};
use crate::bounded::Bounded;
use crate::inputs::{CreateAccountsDetails, GatingUpdate, PaymentsDetails, ZkappCommandsDetails};
use crate::internal_logs::InternalLog;
use crate::scalars::Text;

/// Most entries taken from one answer: ten times the largest queue in use.
const LOGS_MAX: usize = 100_000;
/// Most slots taken from one answer: an epoch has some thousands.
const SLOTS_MAX: usize = 100_000;
/// Most handles taken from one answer.
const HANDLES_MAX: usize = 10_000;

/// An operation of the protocol. The value itself is what is sent as variables.
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
    type Answer: DeserializeOwned;
}

macro_rules! operations {
    ($($type:ty, $name:literal, $file:literal, $field:literal => $answer:ty;)*) => {
        $(impl Operation for $type {
            const NAME: &'static str = $name;
            const DOCUMENT: &'static str =
                include_str!(concat!("../operations/", $file, ".graphql"));
            const FIELD: &'static str = $field;
            type Answer = $answer;
        })*
    };
}

operations! {
    AuthQuery, "AuthQuery", "auth", "auth" => Auth;
    CommitId, "CommitId", "commit_id", "auth" => Commit;
    SlotsWon, "SlotsWon", "slots_won", "slotsWon" => Bounded<u64, SLOTS_MAX>;
    FlushInternalLogs, "FlushInternalLogsQuery", "flush_internal_logs", "flushInternalLogs" => Text;
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
    const NAME: &'static str = "InternalLogsQuery";
    const DOCUMENT: &'static str = include_str!("../operations/internal_logs.graphql");
    const FIELD: &'static str = "internalLogs";
    const ANSWERS_LOGS: bool = true;
    type Answer = Bounded<InternalLog, LOGS_MAX>;
}

/// Variables `null`.
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
    pub(crate) log_id: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FlushInternalLogs {
    pub(crate) log_id: u64,
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
    pub(crate) limit: Option<u32>,
}

#[derive(Debug, Serialize)]
pub(crate) struct CreateAccounts<'a> {
    pub(crate) input: &'a CreateAccountsDetails,
    pub(crate) handle: Option<&'a str>,
}

/// The body of a request, its members in the order of the existing log fetcher.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a, O> {
    variables: &'a O,
    query: &'static str,
    operation_name: &'static str,
}

/// The bytes to sign and to send.
pub(crate) fn body<O: Operation>(operation: &O) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Body {
        variables: operation,
        query: O::DOCUMENT,
        operation_name: O::NAME,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_auth_has_null_variables_first() {
        let body = String::from_utf8(body(&AuthQuery).unwrap()).unwrap();
        assert!(
            body.starts_with(r#"{"variables":null,"query":"query AuthQuery {\n  auth {"#),
            "{body}"
        );
        assert!(body.ends_with(r#","operationName":"AuthQuery"}"#), "{body}");
    }

    #[test]
    fn absent_options_are_sent_as_null() {
        let operation = StopDaemon {
            delay_seconds: Some(10),
            clean_config: None,
        };
        let body = String::from_utf8(body(&operation).unwrap()).unwrap();
        assert!(
            body.starts_with(r#"{"variables":{"delaySeconds":10,"cleanConfig":null},"#),
            "{body}"
        );
    }
}

//! The root of mutations: the checks that need only the input, in the daemon's order, and the texts
//! of answers and errors.

use std::net::IpAddr;

use itn::{
    Authenticated, CreateAccountsDetails, CreatedAccount, GatingUpdate, PaymentsDetails, Uuid,
    ZkappCommandsDetails,
};

use super::node::ItnNode;
use crate::graphql::{Arguments, Object, Value};

/// Longest prefix of a memo, in bytes.
const MEMO_PREFIX_BYTES_MAX: usize = 32;
/// Least delay of stopping, in seconds, and the usual one.
const STOP_DELAY_SECONDS: i64 = 5;

/// `mutation`: what a request may tell a node to do.
pub(super) struct Mutation<'n, N> {
    node: &'n N,
    authenticated: Authenticated,
}

impl<'n, N: ItnNode> Mutation<'n, N> {
    pub(super) fn new(node: &'n N, authenticated: Authenticated) -> Self {
        Self {
            node,
            authenticated,
        }
    }

    fn schedule_payments(&self, arguments: &Arguments) -> Result<Uuid, String> {
        let input: PaymentsDetails = arguments
            .read("input")
            .map_err(|error| format!("Invalid input to payment scheduler: {error}"))?;
        if input.senders.is_empty() {
            return Err("Empty list of senders".to_owned());
        }
        if input.memo_prefix.len() > MEMO_PREFIX_BYTES_MAX {
            return Err(format!(
                "Memo too long, limited to {MEMO_PREFIX_BYTES_MAX} characters"
            ));
        }
        if input.max_fee < input.min_fee {
            return Err("Maximum fee less than minimum fee".to_owned());
        }
        self.node.schedule_payments(input, handle(arguments)?)
    }

    fn schedule_zkapp_commands(&self, arguments: &Arguments) -> Result<Uuid, String> {
        let input: ZkappCommandsDetails = arguments
            .read("input")
            .map_err(|error| format!("Invalid input to zkapp command scheduler: {error}"))?;
        if input.fee_payers.is_empty() {
            return Err("Empty list of fee payers".to_owned());
        }
        self.node.schedule_zkapp_commands(input, handle(arguments)?)
    }

    fn stop_scheduled_transactions(&self, arguments: &Arguments) -> Result<String, String> {
        let text = arguments.text("handle").unwrap_or_default();
        let Ok(handle) = text.parse::<Uuid>() else {
            return Err(format!("Not a valid scheduled transactions handle: {text}"));
        };
        if self.node.stop_scheduled_transactions(handle) {
            Ok(format!(
                "Requesting stop of scheduled transactions with handle {handle}"
            ))
        } else {
            Err(format!(
                "Could not find scheduled transactions with handle {handle}"
            ))
        }
    }

    fn update_gating(&self, arguments: &Arguments) -> Result<String, String> {
        let input: GatingUpdate = arguments
            .read("input")
            .map_err(|error| format!("Invalid input to gating update: {error}"))?;
        let peers = [
            &input.trusted_peers,
            &input.banned_peers,
            &input.added_peers,
        ];
        for peer in peers.into_iter().flatten() {
            if peer.host.parse::<IpAddr>().is_err() {
                return Err(format!(
                    "Invalid input to gating update: the host {} of a peer is no IP address",
                    peer.host
                ));
            }
        }
        match self.node.update_gating(input) {
            Ok(()) => Ok("success".to_owned()),
            Err(failed) => Err(format!("failed to add peers: {}", failed.join(", "))),
        }
    }

    fn flush_internal_logs(&self, arguments: &Arguments) -> String {
        let end_log_id = arguments.int("endLogId").unwrap_or_default();
        let removed = self.node.flush_internal_logs(end_log_id);
        let plural = if removed > 1 { "s" } else { "" };
        format!("Deleted {removed} log{plural}")
    }

    fn stop_daemon(&self, arguments: &Arguments) -> Result<String, String> {
        let delay = arguments.int("delaySeconds").unwrap_or(STOP_DELAY_SECONDS);
        if delay < STOP_DELAY_SECONDS {
            return Err(format!(
                "Delay of {delay} seconds is less than minimum {STOP_DELAY_SECONDS}"
            ));
        }
        let clean_config = arguments.boolean("cleanConfig").unwrap_or(false);
        let seconds = u32::try_from(delay).unwrap_or(u32::MAX);
        let folder = self.node.stop_daemon(seconds, clean_config);
        let mut answer = format!("Stopping daemon in {delay} seconds");
        if clean_config {
            answer.push_str(", will clean configuration directory ");
            answer.push_str(&folder);
        }
        Ok(answer)
    }

    fn create_accounts(&self, arguments: &Arguments) -> Result<Value<'_>, String> {
        let input: CreateAccountsDetails = arguments
            .read("input")
            .map_err(|error| format!("Invalid input to account creation: {error}"))?;
        let (handle, accounts) = self.node.create_accounts(input, handle(arguments)?)?;
        Ok(Value::object(Created { handle, accounts }))
    }
}

/// The handle that the caller has chosen.
fn handle(arguments: &Arguments) -> Result<Option<Uuid>, String> {
    arguments
        .text("handle")
        .map(|text| {
            text.parse()
                .map_err(|_| format!("Not a valid scheduled transactions handle: {text}"))
        })
        .transpose()
}

impl<N: ItnNode> Object for Mutation<'_, N> {
    fn field(&self, name: &str, arguments: &Arguments) -> Result<Value<'_>, String> {
        if name == "zkAppCommandLimit" {
            let limit = arguments.int("limit");
            self.node.set_zkapp_command_limit(limit);
            return Ok(Value::or_null(limit));
        }
        self.authenticated
            .require_sequencing()
            .map_err(|missing| missing.to_string())?;
        Ok(match name {
            "schedulePayments" => Value::text(self.schedule_payments(arguments)?.to_string()),
            "scheduleZkappCommands" => {
                Value::text(self.schedule_zkapp_commands(arguments)?.to_string())
            }
            "stopScheduledTransactions" => {
                Value::text(self.stop_scheduled_transactions(arguments)?)
            }
            "updateGating" => Value::text(self.update_gating(arguments)?),
            "flushInternalLogs" => Value::text(self.flush_internal_logs(arguments)),
            "stopDaemon" => Value::text(self.stop_daemon(arguments)?),
            // createAccounts
            _ => self.create_accounts(arguments)?,
        })
    }
}

/// An `ItnCreatedAccounts`.
struct Created {
    handle: Uuid,
    accounts: Vec<CreatedAccount>,
}

impl Object for Created {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        Ok(match name {
            "handle" => Value::text(self.handle.as_str()),
            _ => Value::list(
                self.accounts
                    .iter()
                    .map(|account| Value::object(Account(account))),
            ),
        })
    }
}

/// An account that was created.
struct Account<'a>(&'a CreatedAccount);

impl Object for Account<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        Ok(match name {
            "publicKey" => Value::text(self.0.public_key.to_string()),
            _ => Value::text(self.0.private_key.to_base58check().to_string()),
        })
    }
}

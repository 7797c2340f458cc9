//! The root of queries.

use itn::{Authenticated, Uuid};

use super::logs::Log;
use super::node::{ItnNode, NodeIdentity};
use crate::graphql::{Arguments, Object, Value};

/// `query`: what a request may ask a node.
pub(super) struct Query<'n, N> {
    node: &'n N,
    authenticated: Authenticated,
}

impl<'n, N: ItnNode> Query<'n, N> {
    pub(super) fn new(node: &'n N, authenticated: Authenticated) -> Self {
        Self {
            node,
            authenticated,
        }
    }
}

impl<N: ItnNode> Object for Query<'_, N> {
    fn field(&self, name: &str, arguments: &Arguments) -> Result<Value<'_>, String> {
        if name == "auth" {
            return Ok(Value::object(Auth {
                server_uuid: self.node.server_uuid(),
                signer_sequence_number: self.node.signer_sequence_number(),
                identity: self.node.identity(),
            }));
        }
        self.authenticated
            .require_sequencing()
            .map_err(|missing| missing.to_string())?;
        Ok(match name {
            "slotsWon" => {
                let slots = self.node.slots_won()?;
                Value::list(
                    slots
                        .into_iter()
                        .map(|slot| Value::Int(i64::try_from(slot).unwrap_or(i64::MAX))),
                )
            }
            "internalLogs" => {
                let start_log_id = arguments.int("startLogId").unwrap_or_default();
                let lines = self.node.internal_logs(start_log_id);
                Value::list(lines.into_iter().map(|line| Value::object(Log(line))))
            }
            // scheduledTransactions
            _ => Value::list(
                self.node
                    .scheduled_transactions()
                    .into_iter()
                    .map(|handle| Value::text(handle.to_string())),
            ),
        })
    }
}

/// An `ItnAuth`.
struct Auth {
    server_uuid: Uuid,
    signer_sequence_number: u16,
    identity: NodeIdentity,
}

impl Object for Auth {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        let Self { identity, .. } = self;
        Ok(match name {
            "serverUuid" => Value::text(self.server_uuid.as_str()),
            "signerSequenceNumber" => Value::number_text(self.signer_sequence_number),
            "libp2pPort" => Value::number_text(identity.libp2p_port),
            "peerId" => Value::or_null(identity.peer_id.as_deref()),
            "isBlockProducer" => Value::Boolean(identity.is_block_producer),
            _ => Value::text(identity.commit_id.as_str()),
        })
    }
}

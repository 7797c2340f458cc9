//! Commands that clients submit to a node, and not to its schedulers.

use std::sync::Arc;

use mina::Memo;

use super::Network;
use super::block_details::CommandDetails;
use super::event::Action;
use super::orders::{CommandOrder, OrderBody, RepeatedOrders};
use crate::ids::NodeId;
use crate::pool::PoolError;
use crate::transaction::{Command, Draft, Given};

/// Why a command was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentError {
    /// The memo does not fit.
    #[error("Invalid `memo` provided: longer than 32 bytes")]
    MemoTooLong,
    /// The node has no best tip.
    #[error("Could not get best tip ledger")]
    NoBestTip,
    /// No block may hold it any more.
    #[error("Couldn't send user command: Expired")]
    Expired,
    /// The pool refuses it.
    #[error("Couldn't send user command: {0}")]
    Pool(#[from] PoolError),
}

impl Network {
    /// Submits a command to a node, which passes it on if its pool takes it.
    pub fn send_command(
        &mut self,
        node: NodeId,
        order: &CommandOrder,
    ) -> Result<CommandDetails, PaymentError> {
        if order.memo.len() > Memo::CONTENT_BYTES_MAX {
            return Err(PaymentError::MemoTooLong);
        }
        let slot = self.slot_at(self.now);
        if order.valid_until.is_some_and(|until| until < slot) {
            return Err(PaymentError::Expired);
        }
        if !self.node(node).has_best_tip() {
            return Err(PaymentError::NoBestTip);
        }
        let unknown = PaymentError::Pool(PoolError::UnknownFeePayer);
        let sender = self.names.find(&order.sender).ok_or(unknown.clone())?;
        let account = self.account_at(node, sender).ok_or(unknown)?;
        let nonce = order
            .nonce
            .unwrap_or_else(|| self.node(node).pool.next_nonce(sender, account));
        let (command, zkapp) = self.command_of(node, &order.body);
        let draft = Draft {
            command,
            fee_payer: sender,
            nonce,
            fee: order.fee.nanomina(),
            memo: order.memo.clone(),
            origin: node,
            scheduled: false,
        };
        let given = Given {
            signature: order.signature,
            valid_until: order.valid_until,
            zkapp,
        };
        let now = self.now;
        let transaction = draft.sign_with(given, now, &mut self.node_mut(node).random);
        self.submit(node, &transaction)?;
        self.command(&transaction, None)
            .ok_or(PaymentError::Pool(PoolError::UnknownFeePayer))
    }

    /// Submits commands to a node now and again, as long as its process runs. What the pool refuses
    /// is passed over.
    pub fn send_repeatedly(&mut self, node: NodeId, orders: RepeatedOrders) {
        let now = self.now;
        self.plan_for(now, node, Action::Submit(orders));
    }

    pub(super) fn submit_again(&mut self, node: NodeId, mut orders: RepeatedOrders) {
        let Some(left) = orders.count.checked_sub(1) else {
            return;
        };
        for order in &*orders.orders {
            let _ = self.send_command(node, order);
        }
        orders.count = left;
        let next = self.now + orders.pause;
        self.plan_for(next, node, Action::Submit(orders));
    }

    fn command_of(&mut self, node: NodeId, body: &OrderBody) -> (Command, Option<Arc<str>>) {
        let zkapp = match body {
            OrderBody::Payment(receiver, amount) => {
                let command = Command::Payment {
                    receiver: self.names.find_or_add(receiver),
                    amount: amount.nanomina(),
                };
                return (command, None);
            }
            OrderBody::Delegation(delegate) => {
                let command = Command::Delegation {
                    delegate: self.names.find_or_add(delegate),
                };
                return (command, None);
            }
            OrderBody::Zkapp(zkapp) => zkapp,
        };
        let creation_fee = self.config.account_creation_fee.nanomina();
        let (mut debits, mut credits) = (Vec::new(), Vec::new());
        for update in &zkapp.updates {
            let id = self.names.find_or_add(&update.public_key);
            let amount = update.amount.nanomina();
            if update.is_debit {
                debits.push((id, amount));
                continue;
            }
            // The ledger takes the fee for a new account from what the account gets.
            let is_new = self.account_at(node, id).is_none()
                && !credits.iter().any(|(other, _)| *other == id);
            let extra = if is_new && !update.pays_creation {
                creation_fee
            } else {
                0
            };
            if amount > 0 || extra > 0 {
                credits.push((id, amount.saturating_add(extra)));
            }
        }
        debits.retain(|(_, amount)| *amount > 0);
        let proofs = zkapp.updates.iter().filter(|update| update.is_proved);
        let command = Command::Zkapp {
            updates: u32::try_from(zkapp.updates.len()).unwrap_or(u32::MAX),
            proofs: u32::try_from(proofs.count()).unwrap_or(u32::MAX),
            debits,
            credits,
        };
        (command, Some(Arc::clone(&zkapp.json)))
    }
}

//! What nodes tell each other: blocks and transactions.

use core::net::Ipv4Addr;
use std::sync::Arc;

use super::Network;
use super::event::Action;
use crate::config::ProofLevel;
use crate::durations as d;
use crate::entry::{Body, Reason, Sender};
use crate::ids::{BlockId, NodeId};
use crate::log::Context;
use crate::pool::PoolError;
use crate::process_calls::CallKind;
use crate::time::{SimTime, Span};
use crate::transaction::Transaction;

/// How often a node announces again its own transactions and SNARK work.
const REBROADCAST: Span = Span::from_seconds(600);
/// For how long it does so.
const REBROADCAST_FOR: Span = Span::from_seconds(3_000);

impl Network {
    /// How long gossip takes to a node.
    pub(super) fn gossip_delay(&mut self, to: NodeId) -> Span {
        let own = self.config.nodes[to.index()].delay;
        d::GOSSIP.sample(&mut self.node_mut(to).random) + own
    }

    /// Plans for every other node that hears of it what `action` gives for it.
    pub(super) fn broadcast(
        &mut self,
        from: NodeId,
        time: SimTime,
        mut action: impl FnMut(&mut Self) -> Action,
    ) {
        for index in 0..self.nodes.len() {
            let to = NodeId::from_index(index);
            if to == from || !self.node(to).is_running() || !self.reaches(from, to) {
                continue;
            }
            let arrival = time + self.gossip_delay(to);
            let action = action(self);
            self.plan_for(arrival, to, action);
        }
    }

    pub(super) fn gossip_block(&mut self, from: NodeId, block: BlockId, time: SimTime) {
        self.broadcast(from, time, |_| Action::Receive(block));
    }

    /// A random peer that relays gossip of `from`.
    pub(super) fn relay(&mut self, from: NodeId) -> Ipv4Addr {
        let count = self.nodes.len();
        let chosen = NodeId::from_index(self.random.index(count));
        let relay = if self.node(chosen).is_running() && self.reaches(from, chosen) {
            chosen
        } else {
            from
        };
        self.config.nodes[relay.index()].address
    }

    /// Gives a transaction to the node's own pool; if that takes it, the others hear of it.
    pub(super) fn submit(
        &mut self,
        node: NodeId,
        transaction: &Arc<Transaction>,
    ) -> Result<(), PoolError> {
        let account = self.account_at(node, transaction.fee_payer);
        let result = self.node_mut(node).pool.submit(transaction, account);
        let now = self.now;
        self.plan_for(
            now,
            node,
            Action::Hear {
                transaction: Arc::clone(transaction),
                sender: None,
            },
        );
        result?;
        let activity = &mut self.node_mut(node).settings.activity;
        activity.transactions_added += 1;
        activity.transactions_submitted += 1;
        self.gossip_transaction(node, transaction);
        Ok(())
    }

    fn gossip_transaction(&mut self, from: NodeId, transaction: &Arc<Transaction>) {
        let time = self.now + Span::from_millis(5);
        self.node_mut(from).settings.activity.transactions_broadcast += 1;
        self.broadcast(from, time, |network| Action::Hear {
            transaction: Arc::clone(transaction),
            sender: Some(network.relay(from)),
        });
    }

    pub(super) fn hear(&mut self, node: NodeId, transaction: Arc<Transaction>, sender: Sender) {
        let (now, level) = (self.now, self.config.proof_level);
        let receiver = self.node_mut(node);
        if !receiver.has_best_tip() {
            return;
        }
        receiver.heard = now;
        receiver.settings.activity.transactions_received += u32::from(sender.is_some());
        let mut time = receiver.free_at(now);
        let outside = Context::OUTSIDE;
        receiver
            .log
            .checkpoint(time, &outside, "Transaction_diff_received");
        let diff = Body::Diff(Arc::clone(&transaction.diff), sender, Reason::None);
        receiver.log.metadata(time, &outside, diff);
        time += d::DIFF_TO_VERIFY.sample(&mut receiver.random);
        receiver.log.checkpoint(time, &outside, "Verify_commands");
        receiver.log.metadata(time, &outside, Body::Count(1));
        receiver.busy_until = time;
        let work = if transaction.command.is_zkapp() && level == ProofLevel::Full {
            d::VERIFY_ZKAPP
        } else {
            d::VERIFY_PAYMENT
        };
        let work = work.sample(&mut receiver.random);
        let (since, until) = receiver.verify(time, work);
        let action = Action::HeardVerified {
            transaction,
            sender,
            since,
        };
        self.plan_for(until, node, action);
    }

    pub(super) fn heard_verified(
        &mut self,
        node: NodeId,
        transaction: &Arc<Transaction>,
        sender: Sender,
        since: SimTime,
    ) {
        let (now, level) = (self.now, self.config.proof_level);
        let account = self.account_at(node, transaction.fee_payer);
        let receiver = self.node_mut(node);
        if level == ProofLevel::Full {
            let kind = if transaction.command.is_zkapp() {
                CallKind::VerifyZkapps
            } else {
                CallKind::VerifySignatures
            };
            receiver.process_call(kind, since, now);
        }
        let held = receiver.pool.len();
        let stands = match sender {
            // The pool has decided already.
            None => account.is_some(),
            Some(_) => receiver.pool.hear(transaction, account),
        };
        let added = u32::from(receiver.pool.len() > held);
        receiver.settings.activity.transactions_added += added;
        let mut time = receiver.free_at(now);
        let outside = Context::OUTSIDE;
        receiver
            .log
            .checkpoint(time, &outside, "Verify_commands_done");
        time += d::DIFF_VERIFIED.sample(&mut receiver.random);
        let (name, reason) = if stands {
            ("Transaction_diff_accepted", Reason::None)
        } else {
            ("Transaction_diff_rejected", Reason::NotApplied)
        };
        receiver.log.checkpoint(time, &outside, name);
        let diff = Body::Diff(Arc::clone(&transaction.diff), sender, reason);
        receiver.log.metadata(time, &outside, diff);
        receiver.busy_until = time;
    }

    pub(super) fn plan_rebroadcast(&mut self, node: NodeId) {
        // Nodes do not do it all at the same moment.
        let period = REBROADCAST.micros();
        let phase = self.node_mut(node).random.below(period.unsigned_abs());
        let phase = Span::from_micros(i64::try_from(phase).unwrap_or(0));
        let time = self.now + Span::from_seconds(60) + phase;
        self.plan_for(time, node, Action::Rebroadcast);
    }

    pub(super) fn rebroadcast(&mut self, node: NodeId) {
        let again = self.now + REBROADCAST;
        self.plan_for(again, node, Action::Rebroadcast);
        let oldest = self.now - REBROADCAST_FOR;
        let pool = &self.node(node).pool;
        let own: Vec<Arc<Transaction>> = pool
            .iter()
            .filter(|one| one.origin == node && one.submitted >= oldest)
            .cloned()
            .collect();
        for transaction in own {
            self.gossip_transaction(node, &transaction);
        }
        self.rebroadcast_work(node, oldest);
    }
}

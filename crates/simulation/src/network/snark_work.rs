//! SNARK work: ordered by blocks, made by workers, told to all.

use std::sync::Arc;

use super::Network;
use super::event::Action;
use crate::block::{Block, Bundle, Work, fees_text};
use crate::config::{Generation, ProofLevel};
use crate::durations as d;
use crate::entry::{Body, Reason, Sender, WorkText};
use crate::ids::{BlockId, NodeId};
use crate::log::Context;
use crate::process_calls::CallKind;
use crate::time::{SimTime, Span};

/// Works told again at once at most: as many as in the real bursts.
const REBROADCAST_MAX: usize = 125;

impl Network {
    /// The node that coordinates SNARK workers now.
    pub(super) fn coordinator(&self) -> Option<NodeId> {
        self.node_ids()
            .find(|&id| self.node(id).settings.workers() > 0 && self.node(id).is_running())
    }

    /// New work is there for the coordinator.
    pub(super) fn order_work(&mut self, block: &Block) {
        if let Some(coordinator) = self.coordinator() {
            let waiting = &mut self.node_mut(coordinator).bundles_waiting;
            waiting.extend(block.bundles.iter().cloned());
            self.hand_out_work(coordinator);
        }
    }

    /// Gives work to idle workers.
    pub(super) fn hand_out_work(&mut self, node: NodeId) {
        let workers = self.node(node).settings.workers() as usize;
        let now = self.now;
        loop {
            let newest = self.config.generation == Generation::Newest;
            let coordinator = self.node_mut(node);
            if coordinator.bundles_at_work.len() >= workers {
                return;
            }
            let Some(bundle) = coordinator.bundles_waiting.pop_front() else {
                return;
            };
            if newest {
                let time = coordinator.free_at(now);
                coordinator
                    .log
                    .checkpoint(time, &Context::OUTSIDE, "Snark_work_scheduled");
                let text = Body::Metadata(Arc::clone(&bundle.text));
                coordinator.log.metadata(time, &Context::OUTSIDE, text);
            }
            let done = now + d::PROVE_WORK.sample(&mut coordinator.random);
            coordinator.bundles_at_work.push(Arc::clone(&bundle));
            self.plan_for(done, node, Action::Prove(bundle));
        }
    }

    pub(super) fn work_proved(&mut self, node: NodeId, bundle: &Arc<Bundle>) {
        let now = self.now;
        let settings = self.node(node).settings;
        let fee = fees_text(settings.snark_fee);
        let prover = settings.snark_worker.unwrap_or(self.node(node).account);
        let prover_key = self.names.key(prover);
        // A bundle that is done again keeps its first worker.
        let _ = bundle.done.set(Work {
            prover,
            fee: settings.snark_fee,
        });
        let coordinator = self.node_mut(node);
        coordinator.settings.activity.works_broadcast += 1;
        coordinator
            .bundles_at_work
            .retain(|other| !Arc::ptr_eq(other, bundle));
        let [one, other] = bundle.ids;
        let work = Arc::new(WorkText {
            fee_and_prover: format!(
                "\"fee\":\"{fee}\",\"prover\":\"{}\"",
                prover_key.map_or_else(String::new, |key| key.to_string())
            ),
            work_ids: format!("\"work_ids\":[{one},{other}]"),
        });
        coordinator.own_work.push_back((now, Arc::clone(&work)));
        while coordinator.own_work.len() > REBROADCAST_MAX {
            coordinator.own_work.pop_front();
        }
        self.bundles_done += 1;
        self.hear_work(node, Arc::clone(&work), None);
        self.broadcast(node, now, |network| Action::HearWork {
            work: Arc::clone(&work),
            sender: Some(network.relay(node)),
        });
        self.hand_out_work(node);
    }

    pub(super) fn hear_work(&mut self, node: NodeId, work: Arc<WorkText>, sender: Sender) {
        let now = self.now;
        let receiver = self.node_mut(node);
        if !receiver.has_best_tip() {
            return;
        }
        receiver.heard = now;
        receiver.settings.activity.works_received += u32::from(sender.is_some());
        let outside = Context::OUTSIDE;
        let mut time = receiver.free_at(now);
        receiver
            .log
            .checkpoint(time, &outside, "Snark_work_received");
        let text = Body::Work(Arc::clone(&work), sender, Reason::None);
        receiver.log.metadata(time, &outside, text);
        time += d::WORK_TO_VERIFY.sample(&mut receiver.random);
        receiver
            .log
            .checkpoint(time, &outside, "Verify_transaction_snarks");
        receiver.log.metadata(time, &outside, Body::Count(2));
        receiver.busy_until = time;
        let effort = d::VERIFY_TRANSACTION_SNARKS.sample(&mut receiver.random);
        let (since, until) = receiver.verify(time, effort);
        let action = Action::WorkVerified {
            work,
            sender,
            since,
        };
        self.plan_for(until, node, action);
    }

    pub(super) fn work_verified(
        &mut self,
        node: NodeId,
        work: Arc<WorkText>,
        sender: Sender,
        since: SimTime,
    ) {
        let (now, level) = (self.now, self.config.proof_level);
        let receiver = self.node_mut(node);
        if level == ProofLevel::Full {
            receiver.process_call(CallKind::VerifyTransactionSnarks, since, now);
        }
        let outside = Context::OUTSIDE;
        let mut time = receiver.free_at(now);
        receiver
            .log
            .checkpoint(time, &outside, "Verify_transaction_snarks_done");
        time += d::WORK_VERIFIED.sample(&mut receiver.random);
        receiver
            .log
            .checkpoint(time, &outside, "Snark_work_accepted");
        receiver
            .log
            .metadata(time, &outside, Body::Work(work, sender, Reason::None));
        receiver.busy_until = time;
    }

    pub(super) fn rebroadcast_work(&mut self, node: NodeId, oldest: SimTime) {
        let own: Arc<[Arc<WorkText>]> = self
            .node(node)
            .own_work
            .iter()
            .filter(|(time, _)| *time >= oldest)
            .map(|(_, work)| Arc::clone(work))
            .collect();
        if own.is_empty() {
            return;
        }
        let now = self.now;
        self.broadcast(node, now, |network| Action::HearKnownWork {
            works: Arc::clone(&own),
            sender: Some(network.relay(node)),
        });
    }

    /// Works that are in the pool at the same fee already.
    pub(super) fn hear_known_work(
        &mut self,
        node: NodeId,
        works: &[Arc<WorkText>],
        sender: Sender,
    ) {
        let now = self.now;
        let receiver = self.node_mut(node);
        if !receiver.has_best_tip() {
            return;
        }
        receiver.heard = now;
        let outside = Context::OUTSIDE;
        let mut time = receiver.free_at(now);
        for work in works {
            let text = |reason| Body::Work(Arc::clone(work), sender, reason);
            receiver
                .log
                .checkpoint(time, &outside, "Snark_work_received");
            receiver.log.metadata(time, &outside, text(Reason::None));
            time += d::WORK_KNOWN.sample(&mut receiver.random);
            receiver
                .log
                .checkpoint(time, &outside, "Snark_work_rejected");
            receiver
                .log
                .metadata(time, &outside, text(Reason::FeeEqual));
            time += Span::from_micros(850);
        }
        receiver.busy_until = time;
    }

    /// The newest daemons report which work a new best tip makes available and which it takes.
    pub(super) fn change_available_work(&mut self, node: NodeId, old: BlockId, new: BlockId) {
        if self.config.generation != Generation::Newest {
            return;
        }
        let (left, entered) = self.chain.path(old, new);
        let removed = entered.iter().flat_map(|block| &block.bought_bundles);
        let removed: Vec<Arc<Bundle>> = left
            .iter()
            .flat_map(|block| &block.bundles)
            .chain(removed)
            .cloned()
            .collect();
        let added = entered.iter().flat_map(|block| &block.bundles);
        let added: Vec<Arc<Bundle>> = added.cloned().collect();
        let now = self.now;
        let receiver = self.node_mut(node);
        let mut time = receiver.free_at(now);
        let outside = Context::OUTSIDE;
        for (name, bundles) in [("Snark_work_removed", removed), ("Snark_work_added", added)] {
            for bundle in bundles {
                receiver.log.checkpoint(time, &outside, name);
                let text = Body::Metadata(Arc::clone(&bundle.text));
                receiver.log.metadata(time, &outside, text);
                time += Span::from_micros(15);
            }
        }
        receiver.busy_until = receiver.busy_until.max(time);
    }
}

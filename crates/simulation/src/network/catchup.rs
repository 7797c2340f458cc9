//! Blocks that a node missed, and the frontier it reads back from disk.

use std::sync::Arc;

use super::Network;
use super::event::Action;
use crate::block::Block;
use crate::config::ProofLevel;
use crate::durations as d;
use crate::ids::{BlockId, NodeId};
use crate::log::Context;
use crate::network::node::Phase;
use crate::process_calls::CallKind;
use crate::steps;
use crate::time::{SimTime, Span};

/// Blocks downloaded at once at most.
const BATCH: u32 = 5;

impl Network {
    /// The node heard of a block that it cannot connect.
    pub(super) fn begin_catchup(&mut self, node: NodeId, time: SimTime) {
        let receiver = self.node_mut(node);
        if let Some(last) = receiver.missing.back().copied() {
            receiver.in_process.retain(|id| *id != last);
        }
        if receiver.phase == Phase::Following {
            receiver.phase = Phase::CatchingUp;
            self.plan_for(time, node, Action::CatchUp);
        }
    }

    /// The oldest block below the best of those missing that the node has not.
    fn next_missing(&self, node: NodeId) -> Option<Arc<Block>> {
        let receiver = self.node(node);
        let missing = receiver.missing.iter().filter_map(|id| self.chain.get(*id));
        let target = missing
            .filter(|block| !receiver.knows(block.id))
            .max_by_key(|block| (block.length, block.vrf_output))?;
        self.chain
            .ancestry(target.id)
            .take_while(|block| !receiver.knows(block.id))
            .last()
            .cloned()
    }

    pub(super) fn catch_up(&mut self, node: NodeId) {
        let Some(block) = self.next_missing(node) else {
            let now = self.now;
            return self.plan_for(now, node, Action::CaughtUp);
        };
        if self.node(node).in_process.contains(&block.id) {
            // It is on its way already.
            let later = self.now + Span::from_millis(300);
            return self.plan_for(later, node, Action::CatchUp);
        }
        let context = Context::block(&block.hash);
        let (now, level) = (self.now, self.config.proof_level);
        let receiver = self.node_mut(node);
        let mut time = receiver.free_at(now);
        receiver.log.checkpoint(time, &context, "To_download");
        time += if block.length % BATCH == 0 {
            d::DOWNLOAD.sample(&mut receiver.random)
        } else {
            Span::from_millis(2)
        };
        receiver
            .log
            .checkpoint(time, &context, "To_initial_validate");
        let work = match level {
            ProofLevel::Full => d::VERIFY_BLOCKCHAIN_SNARK.sample(&mut receiver.random),
            ProofLevel::None => Span::from_micros(400),
        };
        let outside = Context::OUTSIDE;
        receiver
            .log
            .checkpoint(time, &outside, "Verify_blockchain_snarks");
        receiver
            .log
            .metadata(time, &outside, crate::entry::Body::Count(1));
        let (since, until) = receiver.verify(time, work);
        if level == ProofLevel::Full {
            receiver.process_call(CallKind::VerifyBlockchainSnarks, since, until);
        }
        time = until;
        receiver
            .log
            .checkpoint(time, &outside, "Verify_blockchain_snarks_done");
        time += Span::from_micros(150);
        for name in ["To_verify", "Wait_for_parent", "To_build_breadcrumb"] {
            receiver.log.checkpoint(time, &context, name);
            time += Span::from_micros(120);
        }
        let (since, until) = self.build(node, &block, &context, time);
        let receiver = self.node_mut(node);
        if level == ProofLevel::Full {
            receiver.process_call(CallKind::of_commands(&block), since, until);
        }
        time = until;
        receiver.pass(&mut time, &context, &block, &steps::VERIFIED);
        receiver.pass(&mut time, &context, &block, &steps::STAGED_LEDGER);
        receiver.pass(&mut time, &context, &block, &steps::CREATE_BREADCRUMB);
        self.add_to_frontier(node, &block, &context, &mut time);
        let receiver = self.node_mut(node);
        time += Span::from_micros(90);
        receiver
            .log
            .checkpoint(time, &context, "Catchup_job_finished");
        receiver.busy_until = time;
        self.plan_for(time, node, Action::CatchUp);
    }

    pub(super) fn caught_up(&mut self, node: NodeId) {
        // Another block may have come between.
        if self.next_missing(node).is_some() {
            return self.catch_up(node);
        }
        let receiver = self.node_mut(node);
        receiver.missing.clear();
        receiver.phase = Phase::Following;
    }

    /// The process is up: it reads its frontier from disk, block by block, or asks its peers.
    pub(super) fn loaded(&mut self, node: NodeId) {
        let Some(id) = self.node_mut(node).reloading.pop_front() else {
            return self.join(node);
        };
        let now = self.now;
        let Some(block) = self.chain.get(id).cloned() else {
            return self.plan_for(now, node, Action::Loaded);
        };
        let context = Context::block(&block.hash);
        let receiver = self.node_mut(node);
        let mut time = receiver.free_at(now);
        receiver
            .log
            .checkpoint(time, &context, "Loaded_transition_from_storage");
        time += Span::from_micros(400);
        receiver.pass(&mut time, &context, &block, &steps::BUILD_OWN);
        receiver.pass(&mut time, &context, &block, &steps::STAGED_LEDGER);
        receiver.pass(&mut time, &context, &block, &steps::CREATE_BREADCRUMB);
        self.add_to_frontier(node, &block, &context, &mut time);
        self.node_mut(node).busy_until = time;
        self.plan_for(time, node, Action::Loaded);
    }

    /// The node asks its peers for the best tip and catches up with it.
    fn join(&mut self, node: NodeId) {
        if let Some(best) = self.best_of_peers(node) {
            self.node_mut(node).missing.push_back(best);
        }
        let now = self.now;
        self.node_mut(node).phase = Phase::CatchingUp;
        self.plan_for(now, node, Action::CatchUp);
    }

    fn best_of_peers(&self, node: NodeId) -> Option<BlockId> {
        self.node_ids()
            .filter(|&peer| peer != node && self.reaches(node, peer))
            .filter(|&peer| self.node(peer).has_best_tip())
            .filter_map(|peer| self.chain.get(self.node(peer).tip))
            .max_by_key(|block| (block.length, block.vrf_output))
            .map(|block| block.id)
    }

    /// After a change of connections, a node hears of the better chain of a new neighbour.
    pub(super) fn tell_new_neighbours(&mut self) {
        let mut best: Vec<Option<(u32, u64, BlockId)>> = vec![None; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            if !node.has_best_tip() {
                continue;
            }
            if let Some(tip) = self.chain.get(node.tip) {
                let group = &mut best[self.components[index] as usize];
                *group = (*group).max(Some((tip.length, tip.vrf_output, tip.id)));
            }
        }
        for index in 0..self.nodes.len() {
            let id = NodeId::from_index(index);
            let Some((.., block)) = best[self.components[index] as usize] else {
                continue;
            };
            if self.node(id).has_best_tip() && !self.node(id).knows(block) {
                let delay = self.gossip_delay(id);
                let time = self.now + delay;
                self.plan_for(time, id, Action::Receive(block));
            }
        }
    }
}

//! A block that a node heard of: from its arrival to the frontier.

use std::sync::Arc;

use super::Network;
use super::event::Action;
use crate::block::Block;
use crate::config::ProofLevel;
use crate::durations as d;
use crate::entry::{Body, CallTag};
use crate::ids::{BlockId, NodeId};
use crate::log::Context;
use crate::network::node::Phase;
use crate::process_calls::CallKind;
use crate::steps;
use crate::time::{SimTime, Span};

impl Network {
    /// A block arrives by gossip. What is known or in process already was filtered out by the
    /// gossip layer.
    pub(super) fn receive(&mut self, node: NodeId, id: BlockId) {
        let now = self.now;
        let Some(block) = self.chain.get(id).cloned() else {
            return;
        };
        let receiver = self.node_mut(node);
        receiver.heard = now;
        if receiver.knows(id) || receiver.in_process.contains(&id) {
            return;
        }
        match receiver.phase {
            Phase::Stopped => return,
            Phase::Bootstrap | Phase::Loading => {
                receiver.missing.push_back(id);
                return;
            }
            Phase::CatchingUp | Phase::Following => {}
        }
        receiver.in_process.push(id);
        receiver.counts.blocks_received += 1;
        let time = receiver.free_at(now);
        let call = receiver.log.next_call();
        let context = Context::call(&block.hash, call, CallTag::BlockReceived);
        receiver.about_block(time, &context, &block.texts.transactions);
        receiver
            .log
            .checkpoint(time, &context, "External_block_received");
        receiver.busy_until = time + Span::from_micros(300);
        let next = time + d::RECEIVED_TO_VERIFY.sample(&mut receiver.random);
        self.plan_for(next, node, Action::VerifyBlock(id));
    }

    pub(super) fn verify_block(&mut self, node: NodeId, id: BlockId) {
        let (now, level) = (self.now, self.config.proof_level);
        let receiver = self.node_mut(node);
        if receiver.block_verifier_free > now {
            let free = receiver.block_verifier_free;
            self.plan_for(free, node, Action::VerifyBlock(id));
            return;
        }
        let time = receiver.free_at(now);
        receiver
            .log
            .checkpoint(time, &Context::OUTSIDE, "Verify_blockchain_snarks");
        receiver
            .log
            .metadata(time, &Context::OUTSIDE, Body::Count(1));
        receiver.busy_until = time + Span::from_micros(60);
        let work = match level {
            ProofLevel::Full => d::VERIFY_BLOCKCHAIN_SNARK.sample(&mut receiver.random),
            ProofLevel::None => Span::from_micros(400),
        };
        let (since, until) = receiver.verify(time, work);
        receiver.block_verifier_free = until;
        self.plan_for(until, node, Action::BlockVerified { block: id, since });
    }

    pub(super) fn block_verified(&mut self, node: NodeId, id: BlockId, since: SimTime) {
        let (now, level) = (self.now, self.config.proof_level);
        let receiver = self.node_mut(node);
        if level == ProofLevel::Full {
            receiver.process_call(CallKind::VerifyBlockchainSnarks, since, now);
        }
        let mut time = receiver.free_at(now);
        let outside = Context::OUTSIDE;
        receiver
            .log
            .checkpoint(time, &outside, "Verify_blockchain_snarks_done");
        time += d::VERIFY_BLOCKCHAIN_SNARKS_DONE.sample(&mut receiver.random);
        receiver
            .log
            .checkpoint(time, &outside, "Initial_validation_done");
        receiver.busy_until = time + Span::from_micros(50);
        let next = time + d::VALIDATED_TO_TRANSITION.sample(&mut receiver.random);
        self.plan_for(next, node, Action::Validate(id));
    }

    pub(super) fn validate(&mut self, node: NodeId, id: BlockId) {
        let now = self.now;
        let Some(block) = self.chain.get(id).cloned() else {
            return self.node_mut(node).in_process.retain(|other| *other != id);
        };
        let receiver = self.node_mut(node);
        let mut time = receiver.free_at(now);
        let call = receiver.log.next_call();
        let context = Context::call(&block.hash, call, CallTag::TransitionHandlerValidator);
        if receiver.knows(id) {
            // It came by another way in the meantime.
            let [first, second, ..] = &steps::VALIDATE;
            receiver.pass(&mut time, &context, &block, &[*first, *second]);
            receiver.log.checkpoint(time, &context, "Failure");
            let reason = r#"{"reason":"In_frontier or In_process"}"#;
            receiver
                .log
                .metadata(time, &context, Body::FixedMetadata(reason));
            receiver.busy_until = time;
            receiver.in_process.retain(|other| *other != id);
            return;
        }
        receiver.pass(&mut time, &context, &block, &steps::VALIDATE);
        receiver.busy_until = time;
        self.plan_for(time, node, Action::Process(id));
    }

    pub(super) fn process(&mut self, node: NodeId, id: BlockId) {
        let now = self.now;
        let Some(block) = self.chain.get(id).cloned() else {
            return self.node_mut(node).in_process.retain(|other| *other != id);
        };
        let receiver = self.node_mut(node);
        let mut time = receiver.free_at(now);
        let context = Context::block(&block.hash);
        receiver.about_block(time, &context, &block.texts.length);
        receiver.pass(&mut time, &context, &block, &steps::FIND_PARENT);
        if !receiver.knows(block.parent) {
            for name in [
                "Parent_breadcrumb_not_found",
                "Schedule_catchup",
                "Download_ancestry_state_hashes",
            ] {
                receiver.log.checkpoint(time, &context, name);
                time += Span::from_micros(80);
            }
            receiver.busy_until = time;
            receiver.missing.push_back(id);
            return self.begin_catchup(node, time);
        }
        let (since, until) = self.build(node, &block, &context, time);
        self.plan_for(until, node, Action::CommandsVerified { block: id, since });
    }

    /// From `Build_breadcrumb` to the request to the verifier, whose time is returned.
    pub(super) fn build(
        &mut self,
        node: NodeId,
        block: &Arc<Block>,
        context: &Context,
        mut time: SimTime,
    ) -> (SimTime, SimTime) {
        let receiver = self.node_mut(node);
        receiver.pass(&mut time, context, block, &steps::BUILD);
        let mut asked = time;
        receiver.pass_one(&mut asked, context, block, &steps::VERIFY_COMMANDS);
        receiver.busy_until = time + Span::from_micros(60);
        receiver.verify(time, asked.since(time))
    }

    pub(super) fn commands_verified(&mut self, node: NodeId, id: BlockId, since: SimTime) {
        let (now, level) = (self.now, self.config.proof_level);
        let Some(block) = self.chain.get(id).cloned() else {
            return self.node_mut(node).in_process.retain(|other| *other != id);
        };
        let context = Context::block(&block.hash);
        let receiver = self.node_mut(node);
        if level == ProofLevel::Full {
            receiver.process_call(CallKind::of_commands(&block), since, now);
        }
        let mut time = receiver.free_at(now);
        receiver.pass(&mut time, &context, &block, &steps::VERIFIED);
        receiver.pass(&mut time, &context, &block, &steps::STAGED_LEDGER);
        receiver.pass(&mut time, &context, &block, &steps::CREATE_BREADCRUMB);
        self.add_to_frontier(node, &block, &context, &mut time);
        self.node_mut(node).busy_until = time;
    }

    /// From `Add_and_finalize` to `Breadcrumb_integrated`.
    pub(super) fn add_to_frontier(
        &mut self,
        node: NodeId,
        block: &Arc<Block>,
        context: &Context,
        time: &mut SimTime,
    ) {
        // The root of a full frontier moves with each block that becomes the best.
        let tip = self.chain.get_or_root(self.node(node).tip).length;
        let moves_root = block.length > tip && block.length > self.config.k;
        let receiver = self.node_mut(node);
        receiver.pass(time, context, block, &steps::ADD_TO_FRONTIER);
        receiver.pass_one(
            time,
            context,
            block,
            &steps::apply_full_frontier_diffs(moves_root),
        );
        if moves_root {
            receiver.pass(time, context, block, &steps::MOVE_ROOT);
        }
        receiver.pass(time, context, block, &steps::SYNCHRONIZE);
        for extension in steps::EXTENSIONS {
            receiver
                .log
                .checkpoint(*time, context, "Update_frontier_extension");
            receiver
                .log
                .metadata(*time, context, Body::FixedMetadata(extension));
            *time += receiver.cost(d::UPDATE_FRONTIER_EXTENSION, block);
        }
        let orders = steps::EXTENSIONS_DONE;
        let order = orders[receiver.random.index(orders.len())];
        for place in order {
            receiver
                .log
                .checkpoint(*time, context, "Update_frontier_extension_done");
            let extension = Body::FixedMetadata(steps::EXTENSIONS[place]);
            receiver.log.metadata(*time, context, extension);
            *time += receiver.cost(d::UPDATE_FRONTIER_EXTENSION_DONE, block);
        }
        receiver.pass(time, context, block, &steps::INTEGRATED);
        receiver
            .log
            .checkpoint(*time, context, "Breadcrumb_integrated");
        self.integrate(node, block);
    }
}

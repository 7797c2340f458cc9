//! Which block a node submits.

use std::time::Duration;

use simulation::SimTime;

use crate::node::Node;

/// A block as the submitter needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Its state hash.
    pub(super) state_hash: String,
    /// Whether there is a SNARK work to submit with it.
    pub(super) has_snark_work: bool,
}

/// The best tip of a node.
pub(super) fn best_tip(node: &Node) -> Option<Block> {
    let id = node.id();
    let tip = node.chain().now(|chain| chain.best_chain(id, 1)).pop()?;
    Some(Block {
        // There are works only for blocks with transactions.
        has_snark_work: !tip.commands.is_empty(),
        state_hash: tip.state_hash,
    })
}

/// When a node will produce its next block, as network time after genesis.
pub(super) fn next_production(node: &Node) -> Option<Duration> {
    let id = node.id();
    let clock = &node.common().clock;
    let time = node.chain().now(|chain| chain.next_production(id))?;
    let micros = time.unix_micros() - clock.genesis_unix_micros();
    Some(Duration::from_micros(u64::try_from(micros).ok()?))
}

/// The block that a node has produced in the slot that began at `time`, if it is there already.
pub(super) fn own_block(node: &Node, time: Duration) -> Option<Block> {
    let id = node.id();
    let begin = SimTime::from_unix_micros(node.common().clock.unix_micros(time));
    let block = node
        .chain()
        .now(|chain| chain.produced_block(id, chain.slot_at(begin)))?;
    Some(Block {
        state_hash: block.state_hash,
        has_snark_work: false,
    })
}

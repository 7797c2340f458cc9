//! When a node submits, and what.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mina::NetworkId;

use super::client::UptimeClient;
use super::submission::Submission;
use super::tip::{self, Block};
use crate::clock::NetworkClock;
use crate::faults::AnswerFault;
use crate::network::LiveNetwork;
use crate::node::Node;
use crate::seeded_rng::SeededRng;

/// Slots from one round to the next.
const SLOTS_PER_ROUND: u32 = 5;

/// A node that is about to produce a block within this many slots submits that block.
const SLOTS_AHEAD: u32 = 4;

/// How long it waits for the block then, in network time.
const PRODUCTION_LIMIT: Duration = Duration::from_mins(3);

/// How often it looks whether the block is there, in network time.
const PRODUCTION_LOOK: Duration = Duration::from_secs(2);

/// Bytes of a simulated block and of a simulated SNARK work, about as long as real ones.
const BLOCK_BYTES: usize = 11_000;
const SNARK_WORK_BYTES: usize = 11_000;

/// What a node submits, beside itself.
#[derive(Debug)]
pub(crate) struct Uptime {
    pub(crate) client: UptimeClient,
    pub(crate) network: Arc<LiveNetwork>,
    pub(crate) clock: NetworkClock,
    pub(crate) slot: Duration,
    pub(crate) network_id: NetworkId,
    pub(crate) commit: &'static str,
}

/// Submits for a node, for ever.
pub(crate) async fn run(uptime: Arc<Uptime>, node: Arc<Node>) {
    let clock = uptime.clock;
    let mut at = next_boundary(clock, uptime.slot);
    loop {
        tokio::time::sleep_until(clock.instant(at).into()).await;
        let next = at + uptime.slot * SLOTS_PER_ROUND;
        let round = uptime.round(&node, at);
        let end = tokio::time::sleep_until(clock.instant(next).into());
        tokio::select! {
            () = round => {}
            () = end => {
                tracing::debug!(node.name = %node.identity().name, "a round was not finished");
            }
        }
        at = next;
    }
}

/// The next multiple of the slot's length in Unix time, as network time after genesis.
fn next_boundary(clock: NetworkClock, slot: Duration) -> Duration {
    let slot_micros = slot.as_micros().max(1);
    let now_micros = u128::try_from(clock.now_unix_micros()).unwrap_or_default();
    let into_slot = now_micros % slot_micros;
    let wait = u64::try_from(slot_micros - into_slot).unwrap_or_default();
    clock.since_genesis() + Duration::from_micros(wait)
}

impl Uptime {
    /// One round, from `at` on.
    async fn round(&self, node: &Node, at: Duration) {
        // A process that hangs does nothing at all.
        if !node.is_running() || node.answer_fault() == Some(AnswerFault::Hang) {
            return;
        }
        let production =
            tip::next_production(node).filter(|time| *time <= at + self.slot * SLOTS_AHEAD);
        let block = match production {
            Some(time) => self.produced_block(node, time).await,
            None => tip::best_tip(node),
        };
        let Some(block) = block else { return };
        // A process that was stopped while it waited is gone.
        if !node.is_running() {
            return;
        }
        let [itn, _] = self.network.addresses(node);
        let bytes = stand_in(&block.state_hash, "block", BLOCK_BYTES);
        let snark_work = block
            .has_snark_work
            .then(|| stand_in(&block.state_hash, "snark work", SNARK_WORK_BYTES));
        let identity = node.identity();
        let submission = Submission {
            block: &bytes,
            snark_work: snark_work.as_deref(),
            created_at_unix_seconds: unix_seconds() + node.skew_micros() / 1_000_000,
            peer_id: &identity.peer_id,
            graphql_control_port: itn.port(),
            built_with_commit_sha: self.commit,
            submitter: &identity.submitter,
        };
        if let Some(body) = submission.signed(&identity.key, self.network_id) {
            let counters = node.uptime_counters();
            self.client
                .submit(&identity.name, itn.ip(), body, counters)
                .await;
        }
    }

    /// The block that a node produces at `time`; nothing if it does not in time.
    async fn produced_block(&self, node: &Node, time: Duration) -> Option<Block> {
        tokio::time::sleep_until(self.clock.instant(time).into()).await;
        let limit = time + PRODUCTION_LIMIT;
        while self.clock.since_genesis() < limit {
            if let Some(block) = tip::own_block(node, time) {
                return Some(block);
            }
            tokio::time::sleep(self.clock.real(PRODUCTION_LOOK)).await;
        }
        None
    }
}

/// Bytes that stand for those of a block, the same for everybody who has it.
fn stand_in(state_hash: &str, what: &str, length: usize) -> Vec<u8> {
    let mut chance = SeededRng::new(0, &format!("{what} {state_hash}"));
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend(chance.next().to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Real time.
fn unix_seconds() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since_1970.unwrap_or_default().as_secs()).unwrap_or_default()
}

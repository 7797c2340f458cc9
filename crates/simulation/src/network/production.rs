//! A block of a node's own: from the start of the slot to the network.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::{Arc, OnceLock};

use super::event::Action;
use super::{BUNDLES_AT_GENESIS, Network, state_hash};
use crate::block::{
    Block, Bundle, CAPACITY, Description, Included, Rewards, ScanState, Texts, Work, fees_text,
};
use crate::config::ProofLevel;
use crate::durations as d;
use crate::entry::Body;
use crate::ids::{AccountId, BlockId, NodeId};
use crate::ledger::Overlay;
use crate::log::Context;
use crate::network::node::Phase;
use crate::process_calls::CallKind;
use crate::stake;
use crate::steps;
use crate::time::{SimTime, Span};
use crate::transaction::Transaction;

/// The user commands of a block, and what was left out.
struct Selection {
    included: Vec<Included>,
    /// For want of room, and of SNARK work.
    discarded: [u32; 2],
}

impl Network {
    pub(super) fn plan_production(&mut self, node: NodeId, slot: u32) {
        let now = self.now;
        let producer = self.node_mut(node);
        if producer.vrf_ready.is_none_or(|ready| ready > now) {
            return;
        }
        let begin = now + d::SLOT_START.sample(&mut producer.random);
        self.plan_for(begin, node, Action::Produce(slot));
    }

    pub(super) fn produce(&mut self, node: NodeId, slot: u32) {
        // Block production pauses while a node is not in step with the network.
        if self.node(node).phase != Phase::Following {
            return;
        }
        let tip = Arc::clone(self.chain.get_or_root(self.node(node).tip));
        let parent = if tip.slot == slot { tip.parent } else { tip.id };
        let parent = Arc::clone(self.chain.get_or_root(parent));
        if parent.slot >= slot {
            return;
        }
        let block = self.make_block(node, slot, &parent);
        let (now, level) = (self.now, self.config.proof_level);
        let producer = self.node_mut(node);
        producer.counts.blocks_produced += 1;
        let mut time = producer.free_at(now);
        let slot_text: Arc<str> = slot.to_string().into();
        let context = Context::block(&slot_text);
        producer.pass(&mut time, &context, &block, &steps::BEGIN_PRODUCTION);
        producer.pass_one(&mut time, &context, &block, &steps::APPLY_PRODUCED);
        producer.pass(&mut time, &context, &block, &steps::PRODUCED_STAGED_LEDGER);
        producer.pass(&mut time, &context, &block, &steps::GENERATE_TRANSITION);
        producer
            .log
            .about_block(time, &context, Body::ProducedBlock(Arc::clone(&block.hash)));
        let context = Context::block(&block.hash);
        producer
            .log
            .checkpoint(time, &context, "Produce_state_transition_proof");
        let count: Arc<str> = format!(r#"{{"transactions_count":{}}}"#, block.commands()).into();
        producer.log.metadata(time, &context, Body::Metadata(count));
        producer.busy_until = time;
        let proof = match level {
            ProofLevel::Full => d::PROVE_BLOCK.sample(&mut producer.random),
            ProofLevel::None => Span::from_millis(20),
        };
        let action = Action::Proved {
            block: block.id,
            since: time,
        };
        self.plan_for(time + proof, node, action);
    }

    pub(super) fn proved(&mut self, node: NodeId, id: BlockId, since: SimTime) {
        let (now, level) = (self.now, self.config.proof_level);
        let Some(block) = self.chain.get(id).cloned() else {
            return;
        };
        let context = Context::block(&block.hash);
        let producer = self.node_mut(node);
        if level == ProofLevel::Full {
            producer.process_call(CallKind::ExtendBlockchain, since, now);
        }
        producer.heard = now;
        let mut time = producer.free_at(now);
        producer.pass(&mut time, &context, &block, &steps::PROVED);
        producer.pass(&mut time, &context, &block, &steps::BUILD_OWN);
        producer.pass(&mut time, &context, &block, &steps::STAGED_LEDGER);
        producer.pass(&mut time, &context, &block, &steps::CREATE_BREADCRUMB);
        producer.about_block(time, &context, &block.texts.transactions);
        producer.pass(&mut time, &context, &block, &steps::SEND_BREADCRUMB);
        self.add_to_frontier(node, &block, &context, &mut time);
        let producer = self.node_mut(node);
        time += Span::from_micros(200);
        producer
            .log
            .checkpoint(time, &context, "Transition_accepted");
        producer.busy_until = time;
        self.gossip_block(node, id, time);
    }

    fn new_bundles(&mut self, block: &Block) -> Vec<Arc<Bundle>> {
        let coinbase = fees_text(self.config.coinbase.nanomina());
        (0..ScanState::made(block.scan_state.slots) as usize)
            .map(|number| {
                let ids = self.work_ids();
                let included = block.transactions.get(2 * number);
                let summary = included.map(|included| included.transaction.summary.as_str());
                Arc::new(Bundle {
                    ids,
                    text: bundle_text(ids, summary, &coinbase).into(),
                    done: OnceLock::new(),
                })
            })
            .collect()
    }

    fn work_ids(&mut self) -> [u32; 2] {
        [(); 2].map(|()| u32::try_from(self.random.below(1 << 30)).unwrap_or(0))
    }

    /// The oldest bundles of a chain that are not bought yet, as far as they are still known.
    fn bought_bundles(&self, parent: &Block, count: u32) -> Vec<Arc<Bundle>> {
        let first = parent.scan_state.bought_in_all;
        let wanted = first..first + u64::from(count);
        let mut bought = Vec::new();
        for block in self.chain.ancestry(parent.id) {
            let end = BUNDLES_AT_GENESIS + block.scan_state.made_in_all;
            let begin = end - block.bundles.len() as u64;
            if end <= wanted.start {
                break;
            }
            let numbered = (begin..end).zip(&block.bundles);
            let matching = numbered.filter(|(number, _)| wanted.contains(number));
            bought.extend(matching.map(|(_, bundle)| Arc::clone(bundle)));
        }
        bought
    }

    /// What SNARK workers get for these bundles, from what a block earns. Bundles whose workers
    /// are not known are paid for to the coordinator, if there is one.
    fn worker_rewards(
        &self,
        bought: &[Arc<Bundle>],
        count: u32,
        earned: u64,
    ) -> Vec<(AccountId, u64)> {
        let coordinator = self.coordinator().and_then(|id| {
            let settings = &self.node(id).settings;
            Some(Work {
                prover: settings.snark_worker?,
                fee: settings.snark_fee,
            })
        });
        let unknown = (count as usize).saturating_sub(bought.len());
        let known = bought
            .iter()
            .map(|bundle| bundle.done.get().copied().or(coordinator));
        let works = known.chain(std::iter::repeat_n(coordinator, unknown));
        let mut rewards: BTreeMap<AccountId, u64> = BTreeMap::new();
        let mut left = earned;
        for work in works.flatten() {
            let reward = work.fee.min(left);
            left -= reward;
            *rewards.entry(work.prover).or_default() += reward;
        }
        rewards.retain(|_, reward| *reward > 0);
        rewards.into_iter().collect()
    }

    /// Makes a block on a parent from the producer's pool.
    fn make_block(&mut self, node: NodeId, slot: u32, parent: &Arc<Block>) -> Arc<Block> {
        let creation_fee = self.config.account_creation_fee.nanomina();
        let available = self
            .bundles_done
            .saturating_sub(parent.scan_state.bought_in_all);
        let chain = &self.chain;
        let mut ledger = Overlay::new(creation_fee, |id| chain.account(parent.id, id));
        let producer = &self.nodes[node.index()];
        let selection = select(producer, &mut ledger, (slot, available));
        let commands = u32::try_from(selection.included.len()).unwrap_or(CAPACITY);
        let fees: u64 = selection
            .included
            .iter()
            .map(|included| included.transaction.fee)
            .sum();
        let fee_transfers = fee_transfers(commands, fees);
        let slots = commands + fee_transfers + 1;
        let scan_state = parent.scan_state.next(slots);
        let bought_bundles = self.bought_bundles(parent, scan_state.bought);
        let earned = self.config.coinbase.nanomina().saturating_add(fees);
        let workers = self.worker_rewards(&bought_bundles, scan_state.bought, earned);
        let receiver = producer.settings.coinbase_receiver;
        let receiver = receiver.unwrap_or(producer.account);
        let mut rest = earned;
        for (worker, reward) in &workers {
            ledger.reward(*worker, *reward);
            rest -= reward;
        }
        ledger.reward(receiver, rest);
        let rewards = Rewards {
            receiver: Some(receiver),
            fees,
            workers,
        };
        let creation_fees = ledger.creation_fees;
        let changes = ledger.into_changes();
        let creator = producer.public_key.clone();
        let receiver_key = producer
            .settings
            .coinbase_receiver
            .and_then(|id| self.names.key(id));
        let receiver_key = receiver_key.map(|key| key.to_string());
        let zkapps = selection
            .included
            .iter()
            .filter(|included| included.transaction.command.is_zkapp())
            .count();
        let zkapps = u32::try_from(zkapps).unwrap_or(CAPACITY);
        let missing_work = (selection.discarded[1] > 0).then(|| self.work_ids());
        let mut block = Block {
            id: self.chain.next_id(),
            parent: parent.id,
            hash: state_hash(&mut self.random),
            previous_hash: Arc::clone(&parent.hash),
            bundles: Vec::new(),
            bought_bundles,
            length: parent.length + 1,
            slot,
            producer: Some(node),
            vrf_output: stake::evaluate(self.seed, u64::from(node.number()), slot),
            transactions: selection.included,
            changes,
            creation_fees,
            scan_state,
            rewards,
            payments: commands - zkapps,
            zkapps,
            texts: Texts::default(),
        };
        block.bundles = self.new_bundles(&block);
        block.describe(&Description {
            creator: &creator,
            coinbase_receiver: receiver_key.as_deref().unwrap_or(&creator),
            slots_per_epoch: self.config.slots_per_epoch,
            generation: self.config.generation,
            coinbase: &fees_text(self.config.coinbase.nanomina()),
            fee_transfers,
            available_bundles: available,
            discarded: selection.discarded,
            missing_work,
        });
        self.chain.add(block)
    }
}

/// Bundles of work that a block makes necessary, with what they prove.
fn bundle_text(ids: [u32; 2], summary: Option<&str>, coinbase: &str) -> String {
    let [one, other] = ids;
    let proved = summary.map_or_else(
        || format!("[\"coinbase\",\"{coinbase}\"]"),
        |summary| format!("{summary}]"),
    );
    format!(r#"{{"work_ids":[{one},{other}],"txs":[{proved},["merge"]]}}"#)
}

/// Fee transfers of a block with this number of commands: one for two receivers, who are the producer,
/// if there are fees, and the SNARK worker, if work has to be bought.
fn fee_transfers(commands: u32, fees: u64) -> u32 {
    let producer = u32::from(fees > 0);
    let worker = u32::from(ScanState::required(commands + 1) > 0);
    (producer + worker).div_ceil(2)
}

/// Chooses commands from a pool: the greatest fee first, nonces in order, as many as there is
/// room and SNARK work for, and no more zkApp commands than the soft limit says.
fn select<F>(
    producer: &super::node::Node,
    ledger: &mut Overlay<F>,
    (slot, available): (u32, u64),
) -> Selection
where
    F: FnMut(AccountId) -> Option<crate::ledger::Account>,
{
    // one slot for the coinbase and one for fee transfers
    let room = CAPACITY - 2;
    // n transactions need n/2 bundles
    let with_work = u32::try_from((available * 2).saturating_add(1)).unwrap_or(u32::MAX);
    let with_work = with_work.saturating_sub(2);
    let zkapp_limit = producer
        .zkapp_limit
        .map_or(CAPACITY, |limit| u32::try_from(limit).unwrap_or(0))
        .min(CAPACITY);
    let mut by_payer: BTreeMap<AccountId, std::collections::VecDeque<&Arc<Transaction>>> =
        BTreeMap::new();
    for transaction in producer.pool.iter() {
        by_payer
            .entry(transaction.fee_payer)
            .or_default()
            .push_back(transaction);
    }
    let mut heads: BinaryHeap<(u64, Reverse<AccountId>)> = by_payer
        .iter()
        .filter_map(|(payer, waiting)| Some((waiting.front()?.fee, Reverse(*payer))))
        .collect();
    let mut selection = Selection {
        included: Vec::new(),
        discarded: [0; 2],
    };
    let (mut count, mut zkapps) = (0, 0);
    let mut blocked: BTreeSet<AccountId> = BTreeSet::new();
    while let Some((_, Reverse(payer))) = heads.pop() {
        let Some(waiting) = by_payer.get_mut(&payer) else {
            continue;
        };
        let Some(transaction) = waiting.pop_front() else {
            continue;
        };
        if blocked.contains(&payer) {
            continue;
        }
        if transaction.is_expired(slot) {
            blocked.insert(payer);
            continue;
        }
        if count >= room {
            selection.discarded[0] += 1;
            blocked.insert(payer);
            continue;
        }
        if count >= with_work {
            selection.discarded[1] += 1;
            blocked.insert(payer);
            continue;
        }
        let is_zkapp = transaction.command.is_zkapp();
        if is_zkapp && zkapps >= zkapp_limit {
            blocked.insert(payer);
            continue;
        }
        match ledger.apply(transaction) {
            Ok(applied) => {
                selection.included.push(Included {
                    transaction: Arc::clone(transaction),
                    failure: applied.err(),
                });
                count += 1;
                zkapps += u32::from(is_zkapp);
            }
            // A used nonce is passed over; what cannot follow yet waits.
            Err(crate::ledger::Invalid::Nonce)
                if ledger
                    .account(payer)
                    .is_some_and(|account| transaction.nonce < account.nonce) => {}
            Err(_) => {
                blocked.insert(payer);
                continue;
            }
        }
        if let Some(next) = waiting.front() {
            heads.push((next.fee, Reverse(payer)));
        }
    }
    selection
}

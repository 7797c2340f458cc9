//! One node: its log, its place in the chain, its pool, its work.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use trace::Process;

use super::gating::Gating;
use super::settings::Settings;
use crate::block::{Block, Bundle};
use crate::durations::Cost;
use crate::entry::{Body, WorkText};
use crate::ids::{AccountId, BlockId};
use crate::log::{Context, Log};
use crate::pool::Pool;
use crate::process_calls::CallKind;
use crate::random::Random;
use crate::scheduler::{EndedRuns, Handle, Scheduler};
use crate::slowed::Slowed;
use crate::steps::{Facts, Step};
use crate::time::{SimTime, Span};

/// What the node does when it is not simply following the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The process has ended.
    Stopped,
    /// It fetches everything from peers.
    Bootstrap,
    /// It reads its frontier from disk.
    Loading,
    /// It downloads blocks that it missed.
    CatchingUp,
    Following,
}

/// Figures about a node over all its runs, that loss on the way cannot touch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) scheduled: u64,
    pub(super) sent: u64,
    pub(super) refused: u64,
    pub(super) included: u64,
    pub(super) failed: u64,
    pub(super) blocks_produced: u64,
    pub(super) blocks_received: u64,
}

#[derive(Debug)]
pub(super) struct Node {
    /// Its place in the configuration.
    pub(super) account: AccountId,
    pub(super) public_key: String,
    pub(super) threshold: u64,
    pub(super) log: Log,
    pub(super) random: Random,
    pub(super) phase: Phase,
    pub(super) skew: Span,
    /// The main process is single-threaded: until then it is busy.
    pub(super) busy_until: SimTime,
    /// The verifier takes one request after another.
    pub(super) verifier_free: SimTime,
    /// Blocks are given to it one at a time.
    pub(super) block_verifier_free: SimTime,
    pub(super) tip: BlockId,
    /// Blocks in its frontier, a bit each.
    known: Vec<u64>,
    /// Blocks on their way into it.
    pub(super) in_process: Vec<BlockId>,
    /// Blocks that it heard of but could not connect yet.
    pub(super) missing: VecDeque<BlockId>,
    pub(super) pool: Pool,
    pub(super) zkapp_limit: Option<i32>,
    pub(super) gating: Gating,
    pub(super) settings: Settings,
    pub(super) vrf_ready: Option<SimTime>,
    pub(super) schedulers: BTreeMap<Handle, Scheduler>,
    pub(super) ended_runs: EndedRuns,
    /// What its SNARK workers do now, and what they will do.
    pub(super) bundles_at_work: Vec<Arc<Bundle>>,
    pub(super) bundles_waiting: VecDeque<Arc<Bundle>>,
    /// Blocks to read from disk after a start.
    pub(super) reloading: VecDeque<BlockId>,
    /// Its own SNARK work of the last time, for rebroadcasts.
    pub(super) own_work: VecDeque<(SimTime, Arc<WorkText>)>,
    /// When it last heard anything from others.
    pub(super) heard: SimTime,
    /// Whether its frontier is on disk.
    pub(super) has_frontier: bool,
    pub(super) counts: Counts,
    /// A checkpoint at which it takes longer than usual.
    pub(super) slowed: Option<Slowed>,
}

impl Node {
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a fact about a node of its own"
    )]
    pub(super) fn new(
        account: AccountId,
        settings: Settings,
        public_key: String,
        threshold: u64,
        random: Random,
        pool_capacity: usize,
        vrf_ready: Option<SimTime>,
        genesis: BlockId,
        now: SimTime,
    ) -> Self {
        let mut node = Self {
            account,
            public_key,
            threshold,
            log: Log::new(),
            random,
            phase: Phase::Following,
            skew: Span::ZERO,
            busy_until: now,
            verifier_free: now,
            block_verifier_free: now,
            tip: genesis,
            known: Vec::new(),
            in_process: Vec::new(),
            missing: VecDeque::new(),
            pool: Pool::new(pool_capacity),
            zkapp_limit: None,
            gating: Gating::default(),
            settings,
            vrf_ready,
            schedulers: BTreeMap::new(),
            ended_runs: EndedRuns::default(),
            bundles_at_work: Vec::new(),
            bundles_waiting: VecDeque::new(),
            reloading: VecDeque::new(),
            own_work: VecDeque::new(),
            heard: now,
            has_frontier: true,
            counts: Counts::default(),
            slowed: None,
        };
        node.add_known(genesis);
        node.log.begin_tracing(now);
        node
    }

    pub(super) fn is_running(&self) -> bool {
        self.phase != Phase::Stopped
    }

    /// Whether its best tip can be asked for.
    pub(super) fn has_best_tip(&self) -> bool {
        matches!(self.phase, Phase::Following | Phase::CatchingUp)
    }

    pub(super) fn knows(&self, block: BlockId) -> bool {
        let bits = self.known.get(block.0 as usize / 64).copied().unwrap_or(0);
        bits >> (block.0 % 64) & 1 == 1
    }

    pub(super) fn add_known(&mut self, block: BlockId) {
        let place = block.0 as usize / 64;
        if self.known.len() <= place {
            self.known.resize(place + 1, 0);
        }
        self.known[place] |= 1 << (block.0 % 64);
    }

    pub(super) fn forget_known(&mut self) {
        self.known.clear();
    }

    /// When the main process can begin something that is asked for now.
    pub(super) fn free_at(&self, now: SimTime) -> SimTime {
        self.busy_until.max(now)
    }

    /// Gives the verifier work: when it begins and when it has finished.
    pub(super) fn verify(&mut self, request: SimTime, work: Span) -> (SimTime, SimTime) {
        let begin = self.verifier_free.max(request + Span::from_micros(40));
        self.verifier_free = begin + work;
        (begin, self.verifier_free)
    }

    /// Writes what the verifier or the prover did from `since` to `until`.
    pub(super) fn process_call(&mut self, kind: CallKind, since: SimTime, until: SimTime) {
        let process = match kind {
            CallKind::ExtendBlockchain => Process::Prover,
            _ => Process::Verifier,
        };
        self.log
            .process_call(process, kind.checkpoints(since, until));
    }

    /// How long a stage takes for a block.
    pub(super) fn cost(&mut self, cost: Cost, block: &Block) -> Span {
        let commands = u64::from(cost.per_payment) * u64::from(block.payments)
            + u64::from(cost.per_zkapp) * u64::from(block.zkapps);
        let commands = Span::from_micros(i64::try_from(commands).unwrap_or(i64::MAX));
        cost.base.sample(&mut self.random) + commands
    }

    /// Passes checkpoints, each for as long as it takes.
    pub(super) fn pass(
        &mut self,
        time: &mut SimTime,
        context: &Context,
        block: &Block,
        steps: &[Step],
    ) {
        for step in steps {
            self.pass_one(time, context, block, step);
        }
    }

    pub(super) fn pass_one(
        &mut self,
        time: &mut SimTime,
        context: &Context,
        block: &Block,
        step: &Step,
    ) {
        self.log.checkpoint(*time, context, step.name);
        self.write_facts(*time, context, block, step.facts);
        let usual = self.cost(step.cost, block);
        *time += self
            .slowed
            .map_or(usual, |slowed| slowed.apply(step.name, usual));
    }

    fn write_facts(&mut self, time: SimTime, context: &Context, block: &Block, facts: Facts) {
        let texts = &block.texts;
        let shared = |text: &Arc<str>| Body::Metadata(Arc::clone(text));
        let body = match facts {
            Facts::None => return,
            Facts::Length => {
                return self.about_block(time, context, &texts.length);
            }
            Facts::Header => {
                return self.about_block(time, context, &texts.header);
            }
            Facts::DiffLog => {
                return self.about_block(time, context, &texts.diff_log);
            }
            Facts::AvailableWork => {
                if let Some(interrupt) = &texts.interrupt {
                    self.about_block(time, context, interrupt);
                }
                shared(&texts.available_work)
            }
            Facts::WorkCount => shared(&texts.work_count),
            Facts::Commands => Body::Count(block.commands()),
            Facts::CoinbaseStack => shared(&texts.coinbase_stack),
            Facts::Partition => Body::FixedMetadata(r#"{"partition":"both"}"#),
            Facts::CoinbaseStackDone => shared(&texts.coinbase_stack_done),
            Facts::SufficientWork => shared(&texts.sufficient_work),
            Facts::FillWork => shared(&texts.fill_work),
            Facts::FrontierDiffs { moves_root } => Body::Count(if moves_root { 3 } else { 2 }),
        };
        self.log.metadata(time, context, body);
    }

    pub(super) fn about_block(&mut self, time: SimTime, context: &Context, text: &Arc<str>) {
        self.log
            .about_block(time, context, Body::BlockMetadata(Arc::clone(text)));
    }
}

//! One node: who it is, its present run, and what is wrong with it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use itn::{Uuid, Verifier, VerifyingKey};
use mina::PublicKey;
use parking_lot::{Mutex, MutexGuard};
use simulation::{LogEntry, NodeId};
use tower::ServiceExt as _;

use crate::chain::Chain;
use crate::clock::NetworkClock;
use crate::faults::AnswerFault;
use crate::identity::Identity;
use crate::key_store::KeyStore;
use crate::load::{LoadLog, LoadPlan};
use crate::log::{LogContent, LogCounts, LogRecord, NodeLog, StoredLog};
use crate::seeded_rng::derived_bytes;
use crate::uptime::Counters;

/// What all nodes of a network have in common.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) seed: u64,
    pub(crate) clock: NetworkClock,
    pub(crate) chain: Chain,
    /// The keys of `--itn-keys`.
    pub(crate) itn_keys: Vec<VerifyingKey>,
    /// Entries a queue holds.
    pub(crate) max_logs: usize,
    /// The load generator, if that is what the nodes write into their logs.
    pub(crate) load: Option<Arc<LoadPlan>>,
    pub(crate) node_count: usize,
    /// Whether the ITN ports have the newest schema.
    pub(crate) newest_schema: bool,
    /// Which network the nodes take themselves for.
    pub(crate) network_id: mina::NetworkId,
    /// Accounts whose private keys everybody knows.
    pub(crate) wallet: crate::wallet::Wallet,
}

/// The servers of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    /// The authenticated GraphQL of load tests.
    Itn,
    /// The GraphQL of wallets.
    Public,
}

/// A node of the network.
#[derive(Debug)]
pub(crate) struct Node {
    common: Arc<Common>,
    identity: Identity,
    state: Mutex<State>,
    routers: OnceLock<Routers>,
    uptime: Counters,
}

/// What answers at its ports.
#[derive(Debug)]
pub(crate) struct Routers {
    pub(crate) itn: Router,
    pub(crate) public: Router,
}

#[derive(Debug)]
struct State {
    run: Run,
    is_running: bool,
    /// Whether it was a fault that ended the last run.
    is_stopped_by_fault: bool,
    /// The log of the runs before.
    past: LogCounts,
    answers: Option<AnswerFault>,
    skew_micros: i64,
    key_store: KeyStore,
}

/// One life of the process. What it holds is lost at its end.
#[derive(Debug)]
struct Run {
    /// From 0.
    number: u32,
    verifier: Verifier,
    log: NodeLog,
    /// Whether a client has asked it to keep entries of its log.
    captures_log: bool,
}

impl Node {
    /// A node whose first run has begun.
    pub(crate) fn new(common: Arc<Common>, identity: Identity) -> Self {
        let run = Run::new(&common, identity.index(), 0);
        Self {
            state: Mutex::new(State {
                run,
                is_running: true,
                is_stopped_by_fault: false,
                past: LogCounts::default(),
                answers: None,
                skew_micros: 0,
                key_store: KeyStore::default(),
            }),
            common,
            identity,
            routers: OnceLock::new(),
            uptime: Counters::default(),
        }
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn id(&self) -> NodeId {
        self.identity.id
    }

    pub(crate) fn common(&self) -> &Common {
        &self.common
    }

    pub(crate) fn chain(&self) -> &Chain {
        &self.common.chain
    }

    pub(crate) fn uptime_counters(&self) -> &Counters {
        &self.uptime
    }

    /// Says what answers at its ports; only the first call counts.
    pub(crate) fn set_routers(&self, routers: Routers) {
        self.routers.get_or_init(|| routers);
    }

    /// Answers a request, in the way its faults let it.
    pub(crate) async fn answer(&self, port: Port, request: Request) -> Response {
        let Some(routers) = self.routers.get() else {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        };
        let router = match port {
            Port::Itn => routers.itn.clone(),
            Port::Public => routers.public.clone(),
        };
        let fault = self.answer_fault();
        if let Some(fault) = fault
            && let Some(answer) = fault.before().await
        {
            return answer;
        }
        let answer = match router.oneshot(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
        match fault {
            Some(fault) => fault.after(answer).await,
            None => answer,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.state().is_running
    }

    /// Whether its process ended by a fault, and not because a client asked the daemon to.
    pub(crate) fn is_stopped_by_fault(&self) -> bool {
        self.state().is_stopped_by_fault
    }

    pub(crate) fn set_stopped_by_fault(&self, by_fault: bool) {
        self.state().is_stopped_by_fault = by_fault;
    }

    /// How often it has started.
    pub(crate) fn runs(&self) -> u32 {
        self.state().run.number + 1
    }

    pub(crate) fn answer_fault(&self) -> Option<AnswerFault> {
        self.state().answers
    }

    /// How far its clock is ahead, in microseconds.
    pub(crate) fn skew_micros(&self) -> i64 {
        self.state().skew_micros
    }

    /// Its process ended.
    pub(crate) fn end_run(&self) {
        self.state().is_running = false;
    }

    /// Its process began the run of this number. What was in its queue is lost.
    pub(crate) fn begin_run(&self, number: u32) {
        let age = self.age();
        let mut state = self.state();
        let ended = state.run.log.counts(age);
        state.past = state.past.followed_by(ended);
        state.run = Run::new(&self.common, self.identity.index(), number);
        let skew_micros = state.skew_micros;
        state.run.log.set_skew(skew_micros, age);
        state.is_running = true;
        state.key_store.lock_all();
    }

    /// Takes an entry that the simulated node wrote into its log.
    pub(crate) fn write_log(&self, entry: LogEntry) {
        let mut state = self.state();
        if state.run.number == entry.run()
            && let NodeLog::Stored(log) = &mut state.run.log
        {
            log.push(LogContent::Simulated(entry));
        }
    }

    pub(crate) fn set_answer_fault(&self, fault: Option<AnswerFault>) {
        self.state().answers = fault;
    }

    pub(crate) fn set_skew_micros(&self, micros: i64) {
        let age = self.age();
        let mut state = self.state();
        state.skew_micros = micros;
        state.run.log.set_skew(micros, age);
    }

    /// Forgets all sequence numbers, in the same run.
    pub(crate) fn lose_sequence(&self) {
        let mut state = self.state();
        let uuid = state.run.verifier.server_uuid();
        state.run.verifier = Verifier::new(uuid, self.common.itn_keys.iter().copied());
    }

    /// Writes this many log entries at once.
    pub(crate) fn burst(&self, entries: u64) {
        let clock = &self.common.clock;
        let mut state = self.state();
        let unix_micros = clock.now_unix_micros() + state.skew_micros;
        state
            .run
            .log
            .burst(entries, clock.since_genesis(), unix_micros);
    }

    /// What became of the log entries of all its runs.
    pub(crate) fn log_counts(&self) -> LogCounts {
        let age = self.age();
        let mut state = self.state();
        let run = state.run.log.counts(age);
        state.past.followed_by(run)
    }

    /// The state of authentication, for one decision.
    pub(crate) fn with_verifier<T>(&self, decide: impl FnOnce(&mut Verifier) -> T) -> T {
        decide(&mut self.state().run.verifier)
    }

    /// Entries of the present run's log from this id on.
    pub(crate) fn internal_logs(&self, start_log_id: i64) -> Vec<LogRecord> {
        let age = self.age();
        self.state().run.log.entries_from(start_log_id, age)
    }

    /// Removes entries up to this id and says how many these were.
    pub(crate) fn flush_internal_logs(&self, end_log_id: i64) -> u64 {
        let age = self.age();
        self.state().run.log.flush(end_log_id, age)
    }

    /// The accounts whose private keys it keeps.
    pub(crate) fn owned_keys(&self) -> Vec<PublicKey> {
        self.state().key_store.keys(&self.common.wallet)
    }

    /// Whether an account whose key it keeps is locked; none of another account.
    pub(crate) fn is_locked(&self, key: &PublicKey) -> Option<bool> {
        self.state().key_store.is_locked(&self.common.wallet, key)
    }

    /// Lets payments be sent from an account, if this is its password; none without the key.
    pub(crate) fn unlock(&self, key: &PublicKey, password: &str) -> Option<bool> {
        let wallet = &self.common.wallet;
        self.state().key_store.unlock(wallet, key, password)
    }

    /// Whether it keeps the key, of which no payments can be sent from now on.
    pub(crate) fn lock(&self, key: &PublicKey) -> bool {
        self.state().key_store.lock(&self.common.wallet, key)
    }

    /// Makes a key; none if it keeps too many already.
    pub(crate) fn create_account(&self, password: &str) -> Option<PublicKey> {
        let (seed, index) = (self.common.seed, self.identity.index());
        self.state().key_store.create(seed, index, password)
    }

    /// Whether it kept the key, which is gone now.
    pub(crate) fn delete_account(&self, key: &PublicKey) -> bool {
        self.state().key_store.delete(&self.common.wallet, key)
    }

    /// Keeps entries of its log for clients from now on.
    pub(crate) fn capture_log(&self) {
        self.state().run.captures_log = true;
    }

    pub(crate) fn captures_log(&self) -> bool {
        self.state().run.captures_log
    }

    fn age(&self) -> Duration {
        self.common.clock.since_genesis()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl Run {
    fn new(common: &Common, index: usize, number: u32) -> Self {
        let mut random = [0; 16];
        let of_run = (index as u64) << 32 | u64::from(number);
        random.copy_from_slice(&derived_bytes(common.seed, "server uuid", of_run)[..16]);
        let log = match &common.load {
            None => NodeLog::Stored(StoredLog::new(common.max_logs)),
            Some(plan) => {
                let age = common.clock.real(common.clock.since_genesis());
                let nodes = u32::try_from(common.node_count.max(1)).unwrap_or(u32::MAX);
                let place = u32::try_from(index).unwrap_or(u32::MAX);
                let phase = plan.period() * place / nodes;
                let plan = Arc::clone(plan);
                NodeLog::Load(LoadLog::new(
                    plan,
                    common.clock,
                    common.max_logs,
                    phase,
                    age,
                ))
            }
        };
        let keys = common.itn_keys.iter().copied();
        Self {
            number,
            verifier: Verifier::new(Uuid::from_random_bytes(random), keys),
            log,
            captures_log: false,
        }
    }
}

//! Brings what is done in line with what is wanted, again and again: knows the
//! nodes, shares them with other fetchers by leases, and starts and stops the
//! task of each.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use metrics::{counter, gauge};
use store::StoreError;
use store::fetch::{FETCHER_PREFIX, FetchControl, NODE_PREFIX, node_resource};
use store::lease::{Holder, Lease};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::node::Node;
use crate::node_task::{self, Orders, Stop};
use crate::report::State;
use crate::shared::Shared;
use service::error_chain;

/// How often orders are looked for.
const TICK: Duration = Duration::from_millis(500);
/// Leases are renewed this often during their time.
const RENEWALS: u32 = 4;
/// How often nodes are taken and given.
const SHARE_INTERVAL: Duration = Duration::from_secs(1);
/// How often the state of nodes is told to others that has not changed: when
/// they were last asked.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);
/// How often sessions that nobody has are looked for.
const ORPHANS_INTERVAL: Duration = Duration::from_secs(30);
/// How long tasks may take to commit when the fetcher stops.
const STOP_TIME: Duration = Duration::from_secs(20);

/// The task of a node that this fetcher has the lease of.
struct Running {
    lease: watch::Sender<Lease>,
    stop: watch::Sender<Stop>,
    task: JoinHandle<()>,
}

/// A fetcher that is dropped leaves nothing running.
impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) struct Reconciler {
    pub(crate) shared: Arc<Shared>,
    pub(crate) holder: Holder,
    pub(crate) lease_time: Duration,
    pub(crate) control: watch::Sender<Option<FetchControl>>,
    pub(crate) database_is_away: watch::Sender<bool>,
    running: BTreeMap<String, Running>,
    nodes: HashMap<String, Node>,
    presence: Option<Lease>,
    next_number: usize,
}

impl Reconciler {
    pub(crate) fn new(
        shared: Arc<Shared>,
        holder: Holder,
        lease_time: Duration,
        control: watch::Sender<Option<FetchControl>>,
        database_is_away: watch::Sender<bool>,
    ) -> Self {
        Self {
            shared,
            holder,
            lease_time,
            control,
            database_is_away,
            running: BTreeMap::new(),
            nodes: HashMap::new(),
            presence: None,
            next_number: 0,
        }
    }

    /// Works until `shutdown`, then lets all tasks commit and gives the nodes
    /// to others. `discovered` says that the list of nodes has changed.
    pub(crate) async fn run(
        mut self,
        mut discovered: mpsc::Receiver<()>,
        shutdown: CancellationToken,
    ) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let long_ago = Instant::now()
            .checked_sub(Duration::from_hours(1))
            .unwrap_or_else(Instant::now);
        let (mut renewed, mut shared_out) = (long_ago, long_ago);
        let (mut reported, mut adopted) = (Instant::now(), Instant::now());
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(()) = discovered.recv() => shared_out = long_ago,
                _ = tick.tick() => {}
            }
            let time_max = self.lease_time;
            let result = async {
                self.look_for_orders().await?;
                if renewed.elapsed() >= self.lease_time / RENEWALS {
                    self.renew().await?;
                    renewed = Instant::now();
                }
                if shared_out.elapsed() >= SHARE_INTERVAL {
                    self.share_out().await?;
                    shared_out = Instant::now();
                }
                let reports_all = reported.elapsed() >= REPORT_INTERVAL;
                self.report(reports_all).await?;
                if reports_all {
                    reported = Instant::now();
                }
                if adopted.elapsed() >= ORPHANS_INTERVAL {
                    self.shared.database.end_orphaned_node_sessions().await?;
                    adopted = Instant::now();
                }
                Ok(())
            };
            let outcome = tokio::time::timeout(time_max, result).await;
            self.note_outcome(match outcome {
                Ok(outcome) => outcome,
                Err(_) => Err(StoreError::TookTooLong {
                    seconds: time_max.as_secs(),
                }),
            });
        }
        self.stop_all().await;
    }

    fn note_outcome(&self, outcome: Result<(), StoreError>) {
        let was_away = *self.database_is_away.borrow();
        match outcome {
            Ok(()) if was_away => {
                self.database_is_away.send_replace(false);
                tracing::info!("the database answers again");
            }
            Ok(()) => {}
            Err(error) => {
                if !self.database_is_away.send_replace(true) {
                    tracing::warn!(
                        error = %error_chain(&error),
                        "the database does not answer; nodes are read on as far as memory allows"
                    );
                }
            }
        }
        gauge!("log_fetcher_database_away")
            .set(f64::from(u8::from(*self.database_is_away.borrow())));
    }

    async fn look_for_orders(&mut self) -> Result<(), StoreError> {
        let control = self.shared.database.fetch_control().await?;
        self.control.send_if_modified(|known| {
            let is_new = *known != Some(control);
            *known = Some(control);
            is_new
        });
        Ok(())
    }

    /// Renews all leases. One that has expired is taken again if nobody else
    /// has it: its task continues with what it has in memory.
    async fn renew(&mut self) -> Result<(), StoreError> {
        let database = self.shared.database.clone();
        let presence = format!("{FETCHER_PREFIX}{}", self.holder);
        let mut leases: Vec<Lease> = self.presence.iter().cloned().collect();
        leases.extend(
            self.running
                .values()
                .map(|running| running.lease.borrow().clone()),
        );
        let held = database.renew_leases(&leases, self.lease_time).await?;
        let held: HashSet<&str> = held.iter().map(Lease::resource).collect();
        let mut lost: Vec<String> = leases
            .iter()
            .map(|lease| lease.resource().to_owned())
            .filter(|resource| !held.contains(resource.as_str()))
            .collect();
        if self.presence.is_none() {
            lost.push(presence.clone());
        }
        if lost.is_empty() {
            return Ok(());
        }
        let again = database
            .acquire_leases(&lost, &self.holder, self.lease_time)
            .await?;
        let again: HashMap<&str, &Lease> = again.iter().map(|l| (l.resource(), l)).collect();
        for resource in &lost {
            let lease = again.get(resource.as_str()).copied();
            if *resource == presence {
                self.presence = lease.cloned();
            } else if let Some(name) = resource.strip_prefix(NODE_PREFIX) {
                match (lease, self.running.get(name)) {
                    (Some(lease), Some(running)) => {
                        running.lease.send_replace(lease.clone());
                    }
                    (None, Some(running)) => {
                        counter!("log_fetcher_leases_lost_total").increment(1);
                        running.stop.send_replace(Stop::Abandon);
                    }
                    (_, None) => {}
                }
            }
        }
        Ok(())
    }

    /// Takes nodes that nobody has, up to this fetcher's share, and gives away
    /// what is more than that.
    async fn share_out(&mut self) -> Result<(), StoreError> {
        self.clear_ended().await?;
        let database = self.shared.database.clone();
        let nodes = database.fetched_nodes().await?;
        let fetchers = database.held_leases(FETCHER_PREFIX).await?.len().max(1);
        self.nodes = nodes
            .iter()
            .filter_map(|node| {
                let submitter = node.submitter.as_deref();
                let parsed = Node::new(&node.host, node.graphql_port, submitter).ok()?;
                Some((node.node_name.clone(), parsed))
            })
            .collect();
        for (name, running) in &self.running {
            if !self.nodes.contains_key(name) {
                stop(running, Stop::Gone);
            }
        }
        let share = self.nodes.len().div_ceil(fetchers);
        let mine = self
            .running
            .values()
            .filter(|running| is_wanted(running))
            .count();
        if mine > share {
            let surplus = self
                .running
                .values()
                .rev()
                .filter(|running| is_wanted(running));
            for running in surplus.take(mine - share) {
                stop(running, Stop::Release);
            }
        } else if mine < share {
            let held = database.held_leases(NODE_PREFIX).await?;
            let held: HashSet<&str> = held.iter().map(|lease| lease.resource.as_str()).collect();
            let mut free: Vec<String> = self
                .nodes
                .keys()
                .filter(|name| !self.running.contains_key(*name))
                .map(|name| node_resource(name))
                .filter(|resource| !held.contains(resource.as_str()))
                .collect();
            free.sort_unstable();
            free.truncate(share - mine);
            if !free.is_empty() {
                let taken = database
                    .acquire_leases(&free, &self.holder, self.lease_time)
                    .await?;
                for lease in taken {
                    self.start(lease);
                }
            }
        }
        self.set_gauges();
        Ok(())
    }

    fn start(&mut self, lease: Lease) {
        let name = lease
            .resource()
            .strip_prefix(NODE_PREFIX)
            .unwrap_or_default();
        let name = name.to_owned();
        let Some(node) = self.nodes.get(&name).cloned() else {
            return;
        };
        let (lease, lease_receiver) = watch::channel(lease);
        let (stop, stop_receiver) = watch::channel(Stop::No);
        let orders = Orders {
            stop: stop_receiver,
            lease: lease_receiver,
            control: self.control.subscribe(),
        };
        self.next_number += 1;
        let task = tokio::spawn(node_task::run(
            Arc::clone(&self.shared),
            node,
            self.next_number,
            orders,
        ));
        self.running.insert(name, Running { lease, stop, task });
    }

    /// Tasks that have ended: their nodes are given back.
    async fn clear_ended(&mut self) -> Result<(), StoreError> {
        let ended: Vec<String> = self
            .running
            .iter()
            .filter(|(_, running)| running.task.is_finished())
            .map(|(name, _)| name.clone())
            .collect();
        let mut leases = Vec::new();
        for name in ended {
            if let Some(mut running) = self.running.remove(&name) {
                if (&mut running.task)
                    .await
                    .is_err_and(|error| error.is_panic())
                {
                    tracing::error!(node = ?name, "the task of a node panicked; it is started again");
                }
                self.shared.board.forget(&name);
                leases.push(running.lease.borrow().clone());
            }
        }
        if !leases.is_empty() {
            self.shared.database.release_leases(&leases).await?;
        }
        Ok(())
    }

    async fn report(&mut self, all: bool) -> Result<(), StoreError> {
        let reports = self.shared.board.reports(all);
        if reports.is_empty() {
            return Ok(());
        }
        self.shared.database.report_nodes(&reports).await
    }

    fn set_gauges(&self) {
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let value = |count: usize| count as f64;
        gauge!("log_fetcher_nodes").set(value(self.running.len()));
        for state in [
            State::Waiting,
            State::Fetching,
            State::Failing,
            State::WrongKey,
            State::Duplicate,
            State::Frozen,
            State::Buffering,
        ] {
            let count = self.shared.board.count(state);
            gauge!("log_fetcher_nodes_by_state", "state" => state.as_str()).set(value(count));
        }
        gauge!("log_fetcher_buffer_bytes").set(value(self.shared.buffer.used()));
    }

    async fn stop_all(&mut self) {
        for running in self.running.values() {
            stop(running, Stop::Release);
        }
        let ended = async {
            for running in self.running.values_mut() {
                let _ = (&mut running.task).await;
            }
        };
        if tokio::time::timeout(STOP_TIME, ended).await.is_err() {
            tracing::warn!("some nodes could not be committed in time; they are fetched again");
        }
        let mut leases: Vec<Lease> = self.presence.take().into_iter().collect();
        for running in self.running.values() {
            leases.push(running.lease.borrow().clone());
        }
        let releasing = self.shared.database.release_leases(&leases);
        let _ = tokio::time::timeout(self.lease_time, releasing).await;
    }
}

/// Stops a task unless it is already told to.
fn stop(running: &Running, how: Stop) {
    running.stop.send_if_modified(|stop| {
        let is_new = *stop == Stop::No;
        if is_new {
            *stop = how;
        }
        is_new
    });
}

fn is_wanted(running: &Running) -> bool {
    *running.stop.borrow() == Stop::No && !running.task.is_finished()
}

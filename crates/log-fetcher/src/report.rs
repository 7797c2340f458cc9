//! Reports about nodes: their state, for `/nodes` and other fetchers, and
//! log lines when it changes, one for each change and not one for each poll.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use store::fetch::NodeReport;

/// A node whose state flaps is logged at most once in this time.
const LOG_PAUSE: Duration = Duration::from_mins(1);
/// Longest text of a problem.
const PROBLEM_CHARS_MAX: usize = 300;

/// What is done with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Waiting,
    Fetching,
    Failing,
    WrongKey,
    Duplicate,
    Frozen,
    Buffering,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Fetching => "fetching",
            Self::Failing => "failing",
            Self::WrongKey => "wrong key",
            Self::Duplicate => "duplicate",
            Self::Frozen => "frozen",
            Self::Buffering => "waiting for the database",
        }
    }

    fn is_problem(self) -> bool {
        matches!(self, Self::Failing | Self::WrongKey)
    }
}

#[derive(Debug)]
struct Status {
    state: State,
    problem: Option<String>,
    is_block_producer: Option<bool>,
    answered: Option<Instant>,
    interval: Option<Duration>,
    /// Others are not told yet.
    has_changed: bool,
    logged: Option<(State, Instant)>,
}

/// The states of the nodes that this fetcher reads.
#[derive(Debug, Default)]
pub(crate) struct Board(Mutex<HashMap<String, Status>>);

impl Board {
    fn with(&self, node: &str, change: impl FnOnce(&mut Status)) {
        let mut nodes = self.0.lock();
        let status = nodes.entry(node.to_owned()).or_insert_with(|| Status {
            state: State::Waiting,
            problem: None,
            is_block_producer: None,
            answered: None,
            interval: None,
            has_changed: true,
            logged: None,
        });
        change(status);
    }

    /// Takes note of a state, and logs it if it is a new problem or the end of
    /// one.
    pub(crate) fn set(&self, node: &str, state: State, problem: Option<&str>) {
        self.with(node, |status| {
            let problem: Option<String> =
                problem.map(|text| text.chars().take(PROBLEM_CHARS_MAX).collect());
            status.has_changed |= status.state != state || status.problem != problem;
            status.state = state;
            status.problem = problem;
            let last = status.logged.map(|(state, _)| state);
            let recently = status
                .logged
                .is_some_and(|(_, at)| at.elapsed() < LOG_PAUSE);
            let was_problem = last.is_some_and(State::is_problem);
            if state.is_problem() && last != Some(state) && !(recently && was_problem) {
                let problem = status.problem.as_deref().unwrap_or_default();
                // Debug output escapes what the node's owner may have chosen.
                if state == State::WrongKey {
                    tracing::warn!(
                        ?node,
                        "the node does not permit the fetcher's key: start it with this key among \
                         its --itn-keys; trying again every half minute"
                    );
                } else {
                    tracing::warn!(
                        ?node,
                        ?problem,
                        "the node cannot be fetched from; trying again"
                    );
                }
                status.logged = Some((state, Instant::now()));
            } else if state == State::Fetching && was_problem && !recently {
                tracing::info!(?node, "the node is fetched from again");
                status.logged = Some((state, Instant::now()));
            }
        });
    }

    pub(crate) fn answered(&self, node: &str, interval: Duration) {
        self.with(node, |status| {
            status.answered = Some(Instant::now());
            status.interval = Some(interval);
        });
    }

    pub(crate) fn set_block_producer(&self, node: &str, is_block_producer: bool) {
        self.with(node, |status| {
            status.has_changed |= status.is_block_producer != Some(is_block_producer);
            status.is_block_producer = Some(is_block_producer);
        });
    }

    pub(crate) fn forget(&self, node: &str) {
        self.0.lock().remove(node);
    }

    /// For the database: all nodes, or those whose state has changed since they
    /// were reported.
    pub(crate) fn reports(&self, all: bool) -> Vec<NodeReport> {
        let mut nodes = self.0.lock();
        nodes
            .iter_mut()
            .filter(|(_, status)| all || status.has_changed)
            .map(|(name, status)| {
                status.has_changed = false;
                NodeReport {
                    node_name: name.clone(),
                    state: status.state.as_str(),
                    problem: status.problem.clone(),
                    is_block_producer: status.is_block_producer,
                    fetched_seconds_ago: status.answered.map(|at| at.elapsed().as_secs_f64()),
                    poll_interval_seconds: status.interval.map(|interval| interval.as_secs_f64()),
                }
            })
            .collect()
    }

    /// How many nodes are in each state.
    pub(crate) fn count(&self, state: State) -> usize {
        let nodes = self.0.lock();
        nodes
            .values()
            .filter(|status| status.state == state)
            .count()
    }
}

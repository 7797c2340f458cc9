//! A run of a script: what its steps share.

use std::path::PathBuf;
use std::time::Instant;

use experiment::script::Script;
use experiment::script::outputs::Outputs;
use parking_lot::Mutex;
use tokio::sync::OnceCell;

use super::context::RunContext;
use super::failures::FailureWatch;
use super::journal::Journal;
use super::resume::RecordedRun;
use super::threshold_watch::ThresholdWatch;

/// A run of a script.
pub(crate) struct Run<'a> {
    pub(crate) script: &'a Script,
    pub(crate) journal: &'a Journal,
    pub(crate) means: &'a RunContext,
    pub(crate) past: &'a RecordedRun,
    /// What random choices of steps are drawn from.
    pub(crate) seed: u64,
    pub(crate) outputs: Mutex<Outputs>,
    pub(crate) failures: FailureWatch,
    pub(super) thresholds: ThresholdWatch,
    /// When the lists of log lines in the public table were brought up to date.
    pub(super) published: Mutex<Instant>,
    /// The mina executable, once it is chosen.
    pub(crate) executable: OnceCell<PathBuf>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        script: &'a Script,
        journal: &'a Journal,
        means: &'a RunContext,
        past: &'a RecordedRun,
        seed: u64,
    ) -> Self {
        Self {
            script,
            journal,
            means,
            past,
            seed,
            outputs: Mutex::default(),
            failures: FailureWatch::default(),
            thresholds: ThresholdWatch::default(),
            published: Mutex::new(Instant::now()),
            executable: OnceCell::new(),
        }
    }
}

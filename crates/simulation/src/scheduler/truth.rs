//! Ground truth of the runs of a node's schedulers.

use std::collections::VecDeque;

use super::Handle;

/// Runs that ended which a node remembers at most.
const ENDED_MAX: usize = 1_024;

/// What a run of a scheduler does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunKind {
    /// It sends payments.
    Payments,
    /// It sends zkApp commands.
    Zkapps,
    /// It makes accounts and funds them.
    Accounts,
}

/// How a run of a scheduler ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunEnd {
    /// Its time was over, or its accounts were made.
    Done,
    /// A client asked it to stop.
    Stopped,
    /// By an error; its handle stays.
    Failed,
    /// With the process of its node.
    Lost,
}

/// A run of a scheduler: one request that the node has executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulerRun {
    /// Its handle.
    pub handle: Handle,
    /// What it does.
    pub kind: RunKind,
    /// What the memos of its transactions begin with; nothing for accounts.
    pub memo_prefix: String,
    /// Transactions that it has made, those that the pool refused included; none for accounts.
    pub transactions: u64,
    /// How it ended; none while it runs.
    pub end: Option<RunEnd>,
}

impl SchedulerRun {
    pub(crate) fn new(handle: Handle, kind: RunKind, memo_prefix: &str) -> Self {
        Self {
            handle,
            kind,
            memo_prefix: memo_prefix.to_owned(),
            transactions: 0,
            end: None,
        }
    }
}

/// The runs that ended last, oldest first.
#[derive(Debug, Default)]
pub(crate) struct EndedRuns(VecDeque<SchedulerRun>);

impl EndedRuns {
    pub(crate) fn add(&mut self, mut run: SchedulerRun, end: RunEnd) {
        if self.0.len() == ENDED_MAX {
            self.0.pop_front();
        }
        // One that failed before its handle was given up has failed.
        run.end.get_or_insert(end);
        self.0.push_back(run);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &SchedulerRun> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str) -> SchedulerRun {
        let handle = "00000000-0000-4000-8000-000000000000".parse().unwrap();
        SchedulerRun::new(handle, RunKind::Payments, name)
    }

    #[test]
    fn the_oldest_runs_are_forgotten() {
        let mut ended = EndedRuns::default();
        for number in 0..=ENDED_MAX {
            ended.add(run(&number.to_string()), RunEnd::Done);
        }
        assert_eq!(ended.iter().count(), ENDED_MAX);
        assert_eq!(ended.iter().next().unwrap().memo_prefix, "1");
    }

    #[test]
    fn what_failed_stays_failed() {
        let mut ended = EndedRuns::default();
        let mut failed = run("x");
        failed.end = Some(RunEnd::Failed);
        ended.add(failed, RunEnd::Lost);
        assert_eq!(ended.iter().next().unwrap().end, Some(RunEnd::Failed));
    }
}

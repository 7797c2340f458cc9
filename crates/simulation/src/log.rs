//! What one node writes into its internal log, by the daemon's rules of context.

use std::collections::VecDeque;
use std::sync::Arc;

use trace::Process;

use crate::entry::{Body, CallTag, LogEntry};
use crate::time::SimTime;

/// Where an event belongs: a block and a logical call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Context {
    /// State hash or slot; none outside any block.
    pub(crate) block: Option<Arc<str>>,
    pub(crate) call: i32,
    pub(crate) tag: CallTag,
}

impl Context {
    pub(crate) const OUTSIDE: Self = Self {
        block: None,
        call: 0,
        tag: CallTag::None,
    };

    pub(crate) fn block(block: &Arc<str>) -> Self {
        Self::call(block, 0, CallTag::None)
    }

    pub(crate) fn call(block: &Arc<str>, call: i32, tag: CallTag) -> Self {
        Self {
            block: Some(Arc::clone(block)),
            call,
            tag,
        }
    }
}

/// The log of a node: entries not handed out yet, and what was written last.
///
/// Before an event comes a `current_block` line if its block is another than that of the event
/// before it; then, for checkpoints and their metadata, a `current_call_id` line if the call is
/// another.
#[derive(Debug)]
pub(crate) struct Log {
    run: u32,
    staged: VecDeque<LogEntry>,
    block: Option<Arc<str>>,
    call: i32,
    /// Call ids given out in this run.
    calls: i32,
    /// Call ids of prover and verifier given out in this run.
    process_calls: [i32; 2],
    /// Entries written in all runs.
    pub(crate) generated: u64,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self {
            run: 0,
            staged: VecDeque::new(),
            block: None,
            call: 0,
            calls: 0,
            process_calls: [0; 2],
            generated: 0,
        }
    }

    /// The process ended at `time`: what it would have written later is lost.
    pub(crate) fn end_run(&mut self, time: SimTime) {
        let before = self.staged.len();
        self.staged.retain(|entry| entry.time <= time);
        self.generated -= (before - self.staged.len()) as u64;
    }

    /// A new process begins.
    pub(crate) fn begin_run(&mut self, time: SimTime) {
        self.run += 1;
        (self.block, self.call, self.calls, self.process_calls) = (None, 0, 0, [0; 2]);
        self.begin_tracing(time);
    }

    /// Each process says that it traces.
    pub(crate) fn begin_tracing(&mut self, time: SimTime) {
        for process in [Process::Main, Process::Prover, Process::Verifier] {
            self.push(time, process, Body::TracingEnabled);
            self.push(time, process, Body::NodeMetadata);
        }
    }

    pub(crate) fn run(&self) -> u32 {
        self.run
    }

    /// A call id not used before in this run.
    pub(crate) fn next_call(&mut self) -> i32 {
        self.calls = self.calls.wrapping_add(1).max(1);
        self.calls
    }

    pub(crate) fn checkpoint(&mut self, time: SimTime, context: &Context, name: &'static str) {
        self.enter(time, context);
        self.push(time, Process::Main, Body::Checkpoint(name));
    }

    /// Facts about the checkpoint before it.
    pub(crate) fn metadata(&mut self, time: SimTime, context: &Context, metadata: Body) {
        self.enter(time, context);
        self.push(time, Process::Main, metadata);
    }

    /// `block_metadata` and `produced_block_state_hash`: they have a block, but no call.
    pub(crate) fn about_block(&mut self, time: SimTime, context: &Context, body: Body) {
        self.enter_block(time, context);
        self.push(time, Process::Main, body);
    }

    /// A complete call of the prover or the verifier: names with their times.
    pub(crate) fn process_call(
        &mut self,
        process: Process,
        checkpoints: impl IntoIterator<Item = (SimTime, &'static str)>,
    ) {
        let calls = &mut self.process_calls[usize::from(process == Process::Prover)];
        *calls = calls.wrapping_add(1).max(1);
        let call = *calls;
        for (number, (time, name)) in checkpoints.into_iter().enumerate() {
            if number == 0 {
                self.push(time, process, Body::Call(call, CallTag::None));
            }
            self.push(time, process, Body::Checkpoint(name));
        }
    }

    /// Hands out what happened until `now`, in the order in which it was written.
    pub(crate) fn take(&mut self, now: SimTime, mut take: impl FnMut(LogEntry)) {
        while self.staged.front().is_some_and(|entry| entry.time <= now) {
            if let Some(entry) = self.staged.pop_front() {
                take(entry);
            }
        }
        if self.staged.is_empty() && self.staged.capacity() > 1_024 {
            self.staged.shrink_to(256);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.staged.is_empty()
    }

    fn enter(&mut self, time: SimTime, context: &Context) {
        self.enter_block(time, context);
        if self.call != context.call {
            self.call = context.call;
            self.push(time, Process::Main, Body::Call(context.call, context.tag));
        }
    }

    fn enter_block(&mut self, time: SimTime, context: &Context) {
        let same = match (&self.block, &context.block) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one == other,
            _ => false,
        };
        if !same {
            self.block.clone_from(&context.block);
            let body = context
                .block
                .as_ref()
                .map_or(Body::NoBlock, |block| Body::Block(Arc::clone(block)));
            self.push(time, Process::Main, body);
        }
    }

    fn push(&mut self, time: SimTime, process: Process, body: Body) {
        self.generated += 1;
        self.staged.push_back(LogEntry {
            time,
            run: self.run,
            process,
            body,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(micros: i64) -> SimTime {
        SimTime::from_unix_micros(micros)
    }

    fn lines(log: &mut Log, now: i64) -> Vec<String> {
        let mut lines = Vec::new();
        log.take(time(now), |entry| {
            let mut line = String::new();
            entry.write_line(&mut line);
            lines.push(line.trim_end().to_owned());
        });
        lines
    }

    #[test]
    fn context_lines_come_when_block_or_call_change() {
        let mut log = Log::new();
        let hash: Arc<str> = "3N".into();
        let call = log.next_call();
        let received = Context::call(&hash, call, CallTag::BlockReceived);
        log.about_block(time(1), &received, Body::BlockMetadata("{}".into()));
        log.checkpoint(time(1), &received, "External_block_received");
        log.checkpoint(time(2), &Context::OUTSIDE, "Verify_blockchain_snarks");
        log.metadata(time(2), &Context::OUTSIDE, Body::Count(1));
        log.checkpoint(time(3), &Context::block(&hash), "Prediff");
        assert_eq!(
            lines(&mut log, 3),
            [
                r#"{"current_block":"3N"}"#,
                r#"{"block_metadata":{}}"#,
                r#"{"current_call_id":1,"current_call_tag":"block_received"}"#,
                r#"["External_block_received",0.000001]"#,
                r#"{"current_block":"0"}"#,
                r#"{"current_call_id":0}"#,
                r#"["Verify_blockchain_snarks",0.000002]"#,
                r#"{"metadata":{"count":1}}"#,
                r#"{"current_block":"3N"}"#,
                r#"["Prediff",0.000003]"#,
            ]
        );
    }

    #[test]
    fn entries_are_handed_out_when_their_time_has_come() {
        let mut log = Log::new();
        log.checkpoint(time(5), &Context::OUTSIDE, "Verify_commands");
        log.checkpoint(time(9), &Context::OUTSIDE, "Verify_commands_done");
        assert_eq!(lines(&mut log, 4).len(), 0);
        assert_eq!(lines(&mut log, 8).len(), 1);
        assert_eq!(lines(&mut log, 9).len(), 1);
        assert_eq!(log.generated, 2);
    }

    #[test]
    fn what_a_process_did_not_live_to_write_is_not_written() {
        let mut log = Log::new();
        log.checkpoint(time(5), &Context::OUTSIDE, "Verify_commands");
        log.checkpoint(time(9), &Context::OUTSIDE, "Verify_commands_done");
        log.end_run(time(7));
        assert_eq!(log.generated, 1);
        log.begin_run(time(8));
        let mut runs = Vec::new();
        log.take(time(8), |entry| runs.push(entry.run()));
        assert_eq!(runs, [0, 1, 1, 1, 1, 1, 1]);
    }
}

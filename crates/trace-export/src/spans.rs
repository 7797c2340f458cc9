//! The spans of a block trace: what Perfetto and OpenTelemetry have in common.
//!
//! Both expect that a span ends no earlier than it starts, and Perfetto that spans of one track do
//! not overlap. Clocks that were set back and calls that ran beside each other break that, so spans
//! are cut to their parents and to the spans before them. The time of the checkpoint itself goes
//! along as an attribute.

use trace::flat::FlatCheckpoint;

use crate::block_trace::BlockTrace;

/// One checkpoint with its parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span<'a> {
    pub(crate) checkpoint: &'a FlatCheckpoint,
    /// 0 at the top level.
    pub(crate) depth: usize,
    /// Nanoseconds since 1970.
    pub(crate) start_ns: u64,
    pub(crate) end_ns: u64,
    /// Which of the spans it is a part of.
    pub(crate) parent: Option<usize>,
}

/// The spans until the block was integrated, each followed by its parts.
pub(crate) fn of_tree(trace: &BlockTrace) -> Vec<Span<'_>> {
    let mut spans: Vec<Span<'_>> = Vec::with_capacity(trace.tree.len());
    // The spans that the current one is in, and where its next part may start at the earliest.
    let mut open: Vec<usize> = Vec::new();
    let mut free_from = vec![0];
    for node in &trace.tree {
        open.truncate(node.depth);
        free_from.truncate(node.depth + 1);
        let checkpoint = &trace.checkpoints[node.index];
        let parent = open.last().copied();
        let latest = parent.map_or(u64::MAX, |parent| spans[parent].end_ns);
        let earliest = free_from.last().copied().unwrap_or(0);
        let start_ns = nanoseconds(checkpoint.started_at).clamp(earliest, latest.max(earliest));
        let end_ns = nanoseconds(checkpoint.started_at + node.duration)
            .clamp(start_ns, latest.max(start_ns));
        if let Some(free_from) = free_from.last_mut() {
            *free_from = end_ns;
        }
        open.push(spans.len());
        free_from.push(start_ns);
        spans.push(Span {
            checkpoint,
            depth: node.depth,
            start_ns,
            end_ns,
            parent,
        });
    }
    spans
}

/// The spans after the block was integrated; they have no parts.
pub(crate) fn after_success(trace: &BlockTrace) -> Vec<Span<'_>> {
    let mut earliest = 0;
    let spans = trace.after_success.iter().map(|checkpoint| {
        let start_ns = nanoseconds(checkpoint.started_at).max(earliest);
        let end_ns = nanoseconds(checkpoint.started_at + checkpoint.duration).max(start_ns);
        earliest = end_ns;
        Span {
            checkpoint,
            depth: 0,
            start_ns,
            end_ns,
            parent: None,
        }
    });
    spans.collect()
}

/// Seconds since 1970 as nanoseconds; what no clock shows becomes the nearest that is possible.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and times are positive"
)]
fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

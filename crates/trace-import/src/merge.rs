//! One order for the entries of several processes.
//!
//! Live, a node queues the entries of its processes as they come. Files hold
//! them apart; here they are put together by time, so that a call of the
//! prover or verifier comes after the checkpoint that made it.

use trace::entry::{self, Entry};
use trace::{Line, Timestamp};

/// When the current line of each stream counts as written.
#[derive(Debug, Default)]
pub(crate) struct Merge {
    /// By stream; none once it has ended.
    heads: Vec<Option<Timestamp>>,
}

impl Merge {
    pub(crate) fn new(streams: usize) -> Self {
        Self {
            heads: vec![Timestamp::from_nanoseconds(0); streams],
        }
    }

    /// Notes the line that a stream is at. What has no time counts as written
    /// right after the line before it.
    pub(crate) fn note(&mut self, stream: usize, line: Line<'_>) {
        if let Line::Bytes(bytes) = line
            && bytes.first() == Some(&b'[')
            && let Ok(Entry::Checkpoint { time, .. }) = entry::parse(bytes)
        {
            self.heads[stream] = self.heads[stream].max(Some(time));
        }
    }

    /// Notes that a stream has ended.
    pub(crate) fn end(&mut self, stream: usize) {
        self.heads[stream] = None;
    }

    /// The stream whose line comes next; of equal times the first stream's.
    pub(crate) fn next(&self) -> Option<usize> {
        self.heads
            .iter()
            .enumerate()
            .filter_map(|(stream, head)| head.map(|time| (time, stream)))
            .min()
            .map(|(_, stream)| stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_by_time_and_keeps_controls_behind_their_checkpoint() {
        let main = [
            "[\"a\",1.5]",
            "{\"metadata\":{}}",
            "[\"b\",3.5]",
            "[\"c\",5.5]",
        ];
        let prover = ["{\"current_call_id\":1}", "[\"p\",2.5]", "[\"q\",3.5]"];
        let streams = [main.as_slice(), prover.as_slice()];
        let mut merge = Merge::new(2);
        let mut at = [0, 0];
        for (stream, lines) in streams.iter().enumerate() {
            merge.note(stream, Line::Bytes(lines[0].as_bytes()));
        }
        let mut order = Vec::new();
        while let Some(stream) = merge.next() {
            order.push(streams[stream][at[stream]]);
            at[stream] += 1;
            match streams[stream].get(at[stream]) {
                Some(line) => merge.note(stream, Line::Bytes(line.as_bytes())),
                None => merge.end(stream),
            }
        }
        assert_eq!(
            order,
            [
                prover[0], main[0], main[1], prover[1], main[2], prover[2], main[3]
            ]
        );
    }
}

//! What nodes write goes through the tracer.

use simulation::Span;
use trace::{Line, Process, RepetitionFilter, Taken, Tracer, TracerOptions};

use crate::support::{network, record};

#[test]
fn traces_pass_through_the_tracer_without_a_warning() {
    let lines = record(&mut network(4, 7), Span::from_seconds(1_800));
    for processes in &lines.nodes {
        let mut tracer = Tracer::new(TracerOptions::default());
        for (text, process) in
            processes
                .iter()
                .zip([Process::Main, Process::Prover, Process::Verifier])
        {
            let mut intake = RepetitionFilter::default();
            for (number, line) in text.lines().enumerate() {
                match intake.take(Line::Bytes(line.as_bytes())) {
                    Taken::Entry(entry) => tracer.push(process, &entry, number as u64),
                    other => panic!("{line}: {other:?}"),
                }
            }
            assert_eq!(intake.counts().unknown_controls, 0);
        }
        assert_eq!(tracer.dropped_calls(), 0);
        let batch = tracer.take_batch();
        assert!(batch.unknown_controls.is_empty());
        assert!(batch.checkpoints.len() > 1_000);
    }
}

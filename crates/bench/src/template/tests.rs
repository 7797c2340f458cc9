//! The synthesiser: distinct blocks, shifted times, the same counts as its source.

use std::collections::HashSet;

use super::*;
use crate::source::COMPOSED;

fn render(template: &Template, number: u64, rounds: u64) -> String {
    let mut bytes = Vec::new();
    template.render(number, rounds, &mut bytes);
    String::from_utf8(bytes).unwrap()
}

/// The composed trace, and a recorded one if there is one.
fn sources() -> Vec<String> {
    let mut sources = vec![COMPOSED.to_owned()];
    sources.extend(captured_data::read_text("internal-trace.jsonl"));
    sources
}

/// Everything by which a trace is told from others: blocks, transactions, work.
fn keys(trace: &str) -> HashSet<String> {
    let mut keys = HashSet::new();
    for line in trace.lines() {
        let entry = entry::parse(line.as_bytes()).unwrap();
        if let Entry::CurrentBlock(id) | Entry::ProducedBlock(id) = &entry
            && id != "0"
        {
            keys.insert(id.clone().into_owned());
        }
        if let Some(at) = line.find(WORK_KEY) {
            let list = &line[at + WORK_KEY.len()..];
            keys.extend(
                list[..list.find(']').unwrap()]
                    .split(',')
                    .map(str::to_owned),
            );
        }
        let texts = line.split('"').filter(|text| text.starts_with("7mX"));
        keys.extend(texts.map(str::to_owned));
    }
    keys
}

fn kinds(trace: &str) -> Vec<std::mem::Discriminant<Entry<'static>>> {
    trace
        .lines()
        .map(|line| {
            let entry = entry::parse(line.as_bytes()).unwrap();
            // Only the kind is kept, so the borrowed text does not matter.
            std::mem::discriminant(&match entry {
                Entry::Checkpoint { name, time } => Entry::Checkpoint {
                    name: name.into_owned().into(),
                    time,
                },
                Entry::CurrentBlock(_) => Entry::CurrentBlock("".into()),
                Entry::CurrentCall { id, .. } => Entry::CurrentCall {
                    id,
                    tag: entry::CallTag::Kept,
                },
                Entry::Metadata(_) => Entry::Metadata(""),
                Entry::BlockMetadata(_) => Entry::BlockMetadata(""),
                Entry::ProducedBlock(_) => Entry::ProducedBlock("".into()),
                Entry::RotatedEnd(time) => Entry::RotatedEnd(time),
                Entry::RotatedStart(time) => Entry::RotatedStart(time),
                Entry::Ignored => Entry::Ignored,
                Entry::Unknown(_) => Entry::Unknown(""),
            })
        })
        .collect()
}

fn times(trace: &str) -> Vec<i64> {
    trace
        .lines()
        .filter_map(|line| match entry::parse(line.as_bytes()).unwrap() {
            Entry::Checkpoint { time, .. } => Some(time.nanoseconds()),
            _ => None,
        })
        .collect()
}

#[test]
fn a_copy_has_the_entries_of_its_source_and_the_same_repetitions() {
    for source in sources() {
        let template = Template::new(&source).unwrap();
        let copy = render(&template, 7, 2);
        assert_eq!(kinds(&copy), kinds(&source));
        assert_eq!(copy.lines().count() as u64, template.lines);
        assert_eq!(times(&copy).len() as u64, template.checkpoints);
        assert_eq!(keys(&copy).len(), keys(&source).len());
        let repetitions = |trace: &str| {
            let lines: Vec<&str> = trace.lines().collect();
            lines.windows(2).filter(|pair| pair[0] == pair[1]).count()
        };
        assert_eq!(repetitions(&copy), repetitions(&source));
    }
}

#[test]
fn copies_have_no_block_transaction_or_work_in_common() {
    for source in sources() {
        let template = Template::new(&source).unwrap();
        let mut seen = keys(&source);
        for number in [0, 1, 2, 57, 58, 100_000] {
            for key in keys(&render(&template, number, number)) {
                assert!(
                    number == 0 || seen.insert(key.clone()),
                    "copy {number} repeats {key}"
                );
            }
        }
    }
}

#[test]
fn a_copy_follows_the_round_before_it_by_whole_seconds() {
    for source in sources() {
        let template = Template::new(&source).unwrap();
        assert_eq!(times(&render(&template, 3, 0)), times(&source));
        let (before, after) = (render(&template, 3, 1), render(&template, 4, 2));
        assert!(times(&after).iter().min() > times(&before).iter().max());
        for (one, other) in times(&before).iter().zip(times(&after)) {
            assert_eq!((other - one) % 1_000_000_000, 0);
        }
    }
}

#[test]
fn the_hash_of_a_block_is_that_in_the_copy() {
    for source in sources() {
        let template = Template::new(&source).unwrap();
        let copy = keys(&render(&template, 11, 0));
        for block in 0..template.block_count() {
            let hash = template.block_hash(11, block);
            assert!(copy.contains(&hash), "{hash}");
        }
    }
}

#[test]
fn a_source_with_a_line_that_is_no_entry_is_refused() {
    let error = Template::new("[\"X\",1.5]\nnonsense\n").unwrap_err();
    assert_eq!(error.to_string(), "line 2 of the trace is no entry");
    let error = Template::new("[\"X\",1.5]\n").unwrap_err();
    assert_eq!(error.to_string(), "the trace has no block");
}

//! A recorded trace as a template for any number of others.
//!
//! A copy has the lines of its source in the same order and of the same
//! lengths within a few bytes, but is a trace of its own: other block hashes,
//! slots, heights, transactions and SNARK work, and times moved by whole
//! seconds. Copies of different numbers have none of these in common, so the
//! database meets each key for the first time, as it does with real traces.

use std::collections::HashMap;

use anyhow::{Context as _, ensure};
use trace::entry::{self, Entry};

/// Digits of base 58, of which hashes consist.
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Last characters of a hash that tell the copies apart.
const TAIL: usize = 10;
/// Shorter texts are no hashes.
const HASH_MIN: usize = 16;
/// How the hashes of blocks and of transactions begin.
const HASH_STARTS: [&str; 3] = ["3N", "5J", "7mX"];
/// Members whose texts are numbers that differ from block to block.
const NUMBER_KEYS: [&str; 4] = [
    "\"current_block\":\"",
    "\"global_slot\":\"",
    "\"slot\":\"",
    "\"blockchain_length\":\"",
];
/// Ends the keys of lists of SNARK work.
const WORK_KEY: &str = "work_ids\":[";

/// What a copy consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// As it is in the source.
    Text(String),
    /// The seconds of a time, before the point.
    Seconds(u64),
    /// A slot or a height.
    Number(u64),
    /// A hash without its tail, and which one of the source it is.
    Hash { head: String, index: u64 },
    /// Which SNARK work of the source.
    Work(u64),
}

/// A trace that others are made from.
#[derive(Debug)]
pub(crate) struct Template {
    parts: Vec<Part>,
    pub(crate) lines: u64,
    /// Lines that are checkpoints, not controls.
    pub(crate) checkpoints: u64,
    /// Seconds from the first to the last checkpoint, rounded up.
    span: u64,
    hashes: Indexes,
    works: Indexes,
    /// How far the numbers of two copies must be apart.
    number_span: u64,
    /// The hashes that blocks are traced under, as they are in the source.
    blocks: Vec<String>,
}

/// Texts in the order in which they were first met.
#[derive(Debug, Default)]
struct Indexes(HashMap<String, u64>);

impl Indexes {
    fn of(&mut self, text: &str) -> u64 {
        let next = self.count();
        *self.0.entry(text.to_owned()).or_insert(next)
    }

    fn count(&self) -> u64 {
        self.0.len() as u64
    }
}

impl Template {
    /// Cuts a trace into what stays and what changes. Every line must be an
    /// entry.
    pub(crate) fn new(source: &str) -> anyhow::Result<Self> {
        let mut template = Self {
            parts: Vec::new(),
            lines: 0,
            checkpoints: 0,
            span: 0,
            hashes: Indexes::default(),
            works: Indexes::default(),
            number_span: 0,
            blocks: Vec::new(),
        };
        let mut times: Option<(i64, i64)> = None;
        for line in source.lines() {
            template.lines += 1;
            let entry = entry::parse(line.as_bytes())
                .with_context(|| format!("line {} of the trace is no entry", template.lines))?;
            if let Entry::Checkpoint { time, .. } = &entry {
                template.checkpoints += 1;
                let time = time.nanoseconds();
                let (first, last) = times.unwrap_or((time, time));
                times = Some((first.min(time), last.max(time)));
            }
            if let Entry::CurrentBlock(id) | Entry::ProducedBlock(id) = &entry
                && hash_length(&format!("{id}\"")).is_some()
                && !template.blocks.contains(&id.clone().into_owned())
            {
                template.blocks.push(id.clone().into_owned());
            }
            template.cut(line);
        }
        let (first, last) = times.context("the trace has no checkpoint")?;
        ensure!(!template.blocks.is_empty(), "the trace has no block");
        template.span = last.abs_diff(first) / 1_000_000_000 + 1;
        let numbers = || {
            template.parts.iter().filter_map(|part| match part {
                Part::Number(number) => Some(*number),
                _ => None,
            })
        };
        let least = numbers().min().unwrap_or(0);
        template.number_span = numbers().max().unwrap_or(0) - least + 1;
        Ok(template)
    }

    fn cut(&mut self, line: &str) {
        let mut text_start = 0;
        let mut at = 0;
        while at < line.len() {
            let Some((part, range)) = self.part_at(line, at) else {
                at += 1;
                continue;
            };
            self.push_text(&line[text_start..range.start]);
            self.parts.push(part);
            text_start = range.end;
            at = range.end;
        }
        self.push_text(&line[text_start..]);
        self.push_text("\n");
    }

    fn push_text(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
    }

    /// The changing part for which the byte at `at` is the reason, and where
    /// it stands.
    fn part_at(&mut self, line: &str, at: usize) -> Option<(Part, std::ops::Range<usize>)> {
        let rest = line.get(at..)?;
        match line.as_bytes()[at] {
            b'"' => {
                if let Some(length) = hash_length(&rest[1..]) {
                    let hash = &rest[1..=length];
                    let head = hash[..length - TAIL].to_owned();
                    let index = self.hashes.of(hash);
                    return Some((Part::Hash { head, index }, at + 1..at + 1 + length));
                }
                let key = NUMBER_KEYS.iter().find(|key| rest.starts_with(**key))?;
                let digits = digits(&rest[key.len()..]);
                let is_whole = rest[key.len() + digits.len()..].starts_with('"');
                let number = digits
                    .parse()
                    .ok()
                    .filter(|number| *number > 0 && is_whole)?;
                let start = at + key.len();
                Some((Part::Number(number), start..start + digits.len()))
            }
            // A time has ten digits before its point and stands after a comma or colon.
            b',' | b':' => {
                let digits = digits(&rest[1..]);
                let is_time = digits.len() == 10 && rest[1 + digits.len()..].starts_with('.');
                if is_time {
                    return Some((Part::Seconds(digits.parse().ok()?), at + 1..at + 11));
                }
                let list = &line[..at];
                let in_works = list
                    .rfind(WORK_KEY)
                    .is_some_and(|key| !list[key + WORK_KEY.len()..].contains(']'));
                if in_works {
                    self.work(line, at + 1)
                } else {
                    None
                }
            }
            b'[' if line[..=at].ends_with(WORK_KEY) => self.work(line, at + 1),
            _ => None,
        }
    }

    fn work(&mut self, line: &str, start: usize) -> Option<(Part, std::ops::Range<usize>)> {
        let digits = digits(&line[start..]);
        let followed = line[start + digits.len()..].starts_with([',', ']']);
        (followed && !digits.is_empty()).then(|| {
            (
                Part::Work(self.works.of(digits)),
                start..start + digits.len(),
            )
        })
    }

    /// Writes copy `number`, with its times `rounds` lengths of the source
    /// later.
    pub(crate) fn render(&self, number: u64, rounds: u64, into: &mut Vec<u8>) {
        use std::io::Write as _;
        for part in &self.parts {
            let written = match part {
                Part::Text(text) => into.write_all(text.as_bytes()),
                Part::Seconds(seconds) => write!(into, "{}", seconds + rounds * self.span),
                Part::Number(start) => write!(into, "{}", start + number * self.number_span),
                Part::Hash { head, index } => into
                    .write_all(head.as_bytes())
                    .and_then(|()| into.write_all(&self.tail(number, *index))),
                Part::Work(index) => {
                    write!(into, "{}", work_id(number * self.works.count() + index))
                }
            };
            written.expect("writing to memory does not fail");
        }
    }

    fn tail(&self, number: u64, index: u64) -> [u8; TAIL] {
        let mut rest = number * self.hashes.count() + index;
        let mut tail = [b'1'; TAIL];
        for digit in tail.iter_mut().rev() {
            *digit = BASE58[usize::try_from(rest % 58).unwrap_or(0)];
            rest /= 58;
        }
        tail
    }

    /// How many blocks with a hash a copy has.
    pub(crate) fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// The hash of a block in copy `number`.
    ///
    /// # Panics
    /// If there are fewer blocks.
    pub(crate) fn block_hash(&self, number: u64, block: usize) -> String {
        let hash = &self.blocks[block];
        let index = self.hashes.0.get(hash).copied().unwrap_or(0);
        let mut text = hash[..hash.len() - TAIL].to_owned();
        text.extend(self.tail(number, index).map(char::from));
        text
    }
}

/// Different numbers for different indexes below 2^30, of ten digits, in no
/// order: as real ids, which are 31-bit hashes.
fn work_id(index: u64) -> u64 {
    // Multiplying by an odd number permutes the numbers below a power of two.
    (1 << 30) + index.wrapping_mul(0x9E37_79B1) % (1 << 30)
}

/// The length of the hash that a text begins with, if it is one up to a quote.
fn hash_length(text: &str) -> Option<usize> {
    let length = text.find('"')?;
    let is_hash = length >= HASH_MIN
        && HASH_STARTS.iter().any(|start| text.starts_with(start))
        && text[..length]
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric());
    is_hash.then_some(length)
}

fn digits(text: &str) -> &str {
    let length = text
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    &text[..length]
}

#[cfg(test)]
mod tests;

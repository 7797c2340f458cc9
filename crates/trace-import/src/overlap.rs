//! Which lines of an input are stored already, wherever it begins, ends, or was cut.
//!
//! Lines with a time are hardly ever equal. So where such a line of the input is one that is
//! stored, the lines before and after it are compared with those that are stored beside it, as
//! long as they are equal.

use std::collections::HashMap;

use trace::Timestamp;

use crate::line_fact::{LineFact, ROTATION, RotationStamp};

/// Lines without a time that are kept at most until it is known where they belong.
const WAITING_MAX: usize = 100_000;

/// Lines that follow each other and are known.
#[derive(Debug)]
pub(crate) struct KnownLines {
    pub(crate) origin: Origin,
    pub(crate) hashes: Vec<u64>,
    /// Whether nothing is known behind the last one.
    pub(crate) to_end: bool,
    /// The time in the `rotated_log_end` that they end with.
    pub(crate) ended: Option<Timestamp>,
}

/// Where lines are known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// They are stored.
    Stored {
        /// By this session.
        session: i64,
        /// In this segment of its lines of the process.
        segment: usize,
    },
    /// They stand in an earlier piece of the input: in this one of its new stretches, from 0.
    Input(usize),
}

/// Lines of the input that follow each other, all of them stored or all of them new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) lines: u64,
    pub(crate) is_new: bool,
    /// For new lines: what ends right before them.
    pub(crate) follows: Option<Origin>,
}

/// The input of one process, compared with what is known.
#[derive(Debug, Default)]
pub(crate) struct Overlap {
    known: Vec<KnownLines>,
    /// Lines with a time: which of the known lines, and where in them.
    places: HashMap<u64, (usize, usize)>,
    at: At,
    /// Lines of which is not yet known whether they are stored.
    waiting: Vec<LineFact>,
    stretches: Vec<Stretch>,
    new_stretches: usize,
    /// The known lines that the newest new stretch is.
    newest: Option<usize>,
    /// Lines of the newest new stretch that can be found once their piece has ended.
    unlisted: Vec<(u64, (usize, usize))>,
    /// Lines that each session has stored.
    pub(crate) stored_by: HashMap<i64, u64>,
    /// The first and the last line of the input, if they are of rotation.
    pub(crate) started: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    lines: u64,
}

/// Where the input is.
#[derive(Debug, Clone, Copy)]
enum At {
    /// Within known lines: which, and the one that comes next.
    Known(usize, usize),
    /// Elsewhere; the known lines that end right before.
    Elsewhere(Option<usize>),
}

impl Default for At {
    fn default() -> Self {
        Self::Elsewhere(None)
    }
}

impl Overlap {
    pub(crate) fn with(known: Vec<KnownLines>) -> Self {
        let mut overlap = Self::default();
        for (number, lines) in known.iter().enumerate() {
            let timed = lines
                .hashes
                .iter()
                .enumerate()
                .filter(|(_, hash)| has_time(**hash));
            for (place, &hash) in timed {
                overlap.places.entry(hash).or_insert((number, place));
            }
        }
        overlap.known = known;
        overlap
    }

    /// Says that the next line is the first of a piece: it may be a copy of those before it.
    pub(crate) fn begin_piece(&mut self) {
        for (hash, place) in self.unlisted.drain(..) {
            self.places.entry(hash).or_insert(place);
        }
    }

    /// Takes the next line of the input.
    pub(crate) fn push(&mut self, fact: LineFact) {
        self.ended = None;
        match fact.rotation {
            Some(RotationStamp::Start(time)) if self.lines == 0 => self.started = Some(time),
            Some(RotationStamp::End(time)) => self.ended = Some(time),
            _ => {}
        }
        self.lines += 1;
        if let At::Known(number, place) = self.at {
            match self.follow(number, place, &fact) {
                Some(next) => {
                    self.at = At::Known(number, next);
                    self.add_known(number, 1);
                    return;
                }
                None => self.at = At::Elsewhere(self.ends_at(number, place)),
            }
        }
        if let (At::Elsewhere(None), Some(RotationStamp::Start(time))) = (self.at, fact.rotation) {
            let before = self
                .known
                .iter()
                .position(|known| known.ended == Some(time));
            self.at = At::Elsewhere(before);
        }
        self.waiting.push(fact);
        if let Some(&(number, place)) = fact.time.and_then(|_| self.places.get(&fact.hash)) {
            let same = 1 + self.equal_before(number, place);
            let new = self.waiting.len() - same.min(self.waiting.len());
            self.add_new(new);
            self.add_known(number, self.waiting.len() as u64);
            self.waiting.clear();
            self.at = At::Known(number, place + 1);
        } else if fact.time.is_some() || self.waiting.len() >= WAITING_MAX {
            self.add_new(self.waiting.len());
        }
    }

    /// The stretches of the whole input, in order.
    pub(crate) fn finish(mut self) -> Outcome {
        if self.stretches.is_empty()
            && let Some(number) = self
                .known
                .iter()
                .position(|known| holds(known, &self.waiting))
        {
            self.add_known(number, self.waiting.len() as u64);
        } else {
            self.add_new(self.waiting.len());
        }
        Outcome {
            stretches: self.stretches,
            stored_by: self.stored_by,
            started: self.started,
            ended: self.ended,
        }
    }

    /// The place after a line that is the one that comes next.
    fn follow(&self, number: usize, place: usize, fact: &LineFact) -> Option<usize> {
        let hashes = &self.known[number].hashes;
        if fact.rotation.is_some() {
            // Where one copy was cut, another may be whole.
            return match hashes.get(place)? {
                &ROTATION => Some(place + 1),
                _ => Some(place),
            };
        }
        let place = place
            + hashes[place..]
                .iter()
                .take_while(|hash| **hash == ROTATION)
                .count();
        (hashes.get(place) == Some(&fact.hash)).then_some(place + 1)
    }

    /// The known lines, if they end at a place.
    fn ends_at(&self, number: usize, place: usize) -> Option<usize> {
        let known = &self.known[number];
        let at_end = known.hashes[place..].iter().all(|hash| *hash == ROTATION);
        (known.to_end && at_end).then_some(number)
    }

    /// How many of the waiting lines before the last are the known ones before a place.
    fn equal_before(&self, number: usize, mut place: usize) -> usize {
        let hashes = &self.known[number].hashes;
        let mut equal = 0;
        for fact in self.waiting.iter().rev().skip(1) {
            if fact.rotation.is_some() {
                if place > 0 && hashes[place - 1] == ROTATION {
                    place -= 1;
                }
            } else {
                while place > 0 && hashes[place - 1] == ROTATION {
                    place -= 1;
                }
                if place == 0 || hashes[place - 1] != fact.hash {
                    break;
                }
                place -= 1;
            }
            equal += 1;
        }
        equal
    }

    fn add_known(&mut self, number: usize, lines: u64) {
        if let Origin::Stored { session, .. } = self.known[number].origin {
            *self.stored_by.entry(session).or_default() += lines;
        }
        match self.stretches.last_mut() {
            Some(stretch) if !stretch.is_new => stretch.lines += lines,
            _ if lines == 0 => {}
            _ => self.stretches.push(Stretch {
                lines,
                is_new: false,
                follows: None,
            }),
        }
    }

    /// Takes the first waiting lines as new.
    fn add_new(&mut self, lines: usize) {
        if lines == 0 {
            return;
        }
        let extends = self.stretches.last().is_some_and(|stretch| stretch.is_new);
        let newest = match self.newest {
            Some(newest) if extends => newest,
            _ => self.begin_stretch(),
        };
        if let Some(stretch) = self.stretches.last_mut() {
            stretch.lines += lines as u64;
        }
        for fact in self.waiting.drain(..lines) {
            let hashes = &mut self.known[newest].hashes;
            if has_time(fact.hash) {
                self.unlisted.push((fact.hash, (newest, hashes.len())));
            }
            hashes.push(fact.hash);
        }
        self.at = At::Elsewhere(Some(newest));
    }

    fn begin_stretch(&mut self) -> usize {
        let follows = match self.at {
            At::Elsewhere(number) => number.map(|number| self.known[number].origin),
            At::Known(..) => None,
        };
        self.stretches.push(Stretch {
            lines: 0,
            is_new: true,
            follows,
        });
        self.known.push(KnownLines {
            origin: Origin::Input(self.new_stretches),
            hashes: Vec::new(),
            to_end: true,
            ended: None,
        });
        self.new_stretches += 1;
        let newest = self.known.len() - 1;
        self.newest = Some(newest);
        newest
    }
}

/// How the input of one process lies over what is stored.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) stretches: Vec<Stretch>,
    /// Lines of the input that each session has stored.
    pub(crate) stored_by: HashMap<i64, u64>,
    /// The times in the lines of rotation that the input begins and ends with.
    pub(crate) started: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
}

fn has_time(hash: u64) -> bool {
    hash & 1 == 1
}

/// Whether these lines, none of which has a time, are among known lines.
fn holds(known: &KnownLines, facts: &[LineFact]) -> bool {
    let content = |hash: &u64| *hash != ROTATION;
    let hashes: Vec<u64> = known.hashes.iter().copied().filter(content).collect();
    let wanted: Vec<u64> = facts.iter().map(|fact| fact.hash).filter(content).collect();
    wanted.is_empty() || hashes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests;

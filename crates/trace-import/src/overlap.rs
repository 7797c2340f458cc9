//! Which lines of an input are stored already, wherever it begins, ends, or was cut.
//!
//! Lines with a time are hardly ever equal. So where such a line of the input is one that is
//! stored, the lines before and after it are compared with those that are stored beside it, as
//! long as they are equal.

use std::collections::HashMap;
use std::io;

use trace::Timestamp;

use crate::known_lines::{KnownLines, Origin, Run};
use crate::line_fact::{LineFact, ROTATION, RotationStamp};

/// Lines without a time that are kept at most until it is known where they belong.
const WAITING_MAX: usize = 100_000;

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
    known: KnownLines,
    at: At,
    /// Lines of which is not yet known whether they are stored.
    waiting: Vec<LineFact>,
    stretches: Vec<Stretch>,
    new_stretches: usize,
    /// The run of known lines that the newest new stretch is.
    newest: Option<usize>,
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
    pub(crate) fn with(known: KnownLines) -> Self {
        Self {
            known,
            ..Self::default()
        }
    }

    /// Says that the next line is the first of a piece: it may be a copy of those before it.
    pub(crate) fn begin_piece(&mut self) -> io::Result<()> {
        self.known.list_all()
    }

    /// Takes the next line of the input.
    pub(crate) fn push(&mut self, fact: LineFact) -> io::Result<()> {
        self.ended = None;
        match fact.rotation {
            Some(RotationStamp::Start(time)) if self.lines == 0 => self.started = Some(time),
            Some(RotationStamp::End(time)) => self.ended = Some(time),
            _ => {}
        }
        self.lines += 1;
        if let At::Known(number, place) = self.at {
            match self.follow(number, place, &fact)? {
                Some(next) => {
                    self.at = At::Known(number, next);
                    self.add_known(number, 1);
                    return Ok(());
                }
                None => self.at = At::Elsewhere(self.ends_at(number, place)?),
            }
        }
        if let (At::Elsewhere(None), Some(RotationStamp::Start(time))) = (self.at, fact.rotation) {
            let mut runs = self.known.runs().iter();
            self.at = At::Elsewhere(runs.position(|run| run.ended == Some(time)));
        }
        self.waiting.push(fact);
        let found = match fact.time {
            Some(time) => self.known.find(fact.hash, time)?,
            None => None,
        };
        if let Some((number, place)) = found {
            let same = 1 + self.equal_before(number, place)?;
            let new = self.waiting.len() - same.min(self.waiting.len());
            self.add_new(new)?;
            self.add_known(number, self.waiting.len() as u64);
            self.waiting.clear();
            self.at = At::Known(number, place + 1);
        } else if fact.time.is_some() || self.waiting.len() >= WAITING_MAX {
            self.add_new(self.waiting.len())?;
        }
        Ok(())
    }

    /// The stretches of the whole input, in order.
    pub(crate) fn finish(mut self) -> io::Result<Outcome> {
        let held_by = if self.stretches.is_empty() {
            let waiting: Vec<u64> = self.waiting.iter().map(|fact| fact.hash).collect();
            self.known.find_all(&waiting)?
        } else {
            None
        };
        if let Some(number) = held_by {
            self.add_known(number, self.waiting.len() as u64);
        } else {
            self.add_new(self.waiting.len())?;
        }
        Ok(Outcome {
            stretches: self.stretches,
            stored_by: self.stored_by,
            started: self.started,
            ended: self.ended,
        })
    }

    /// The place after a line that is the one that comes next.
    fn follow(
        &mut self,
        number: usize,
        mut place: usize,
        fact: &LineFact,
    ) -> io::Result<Option<usize>> {
        if fact.rotation.is_some() {
            // Where one copy was cut, another may be whole.
            let hash = self.known.hash(number, place)?;
            return Ok(hash.map(|hash| place + usize::from(hash == ROTATION)));
        }
        loop {
            match self.known.hash(number, place)? {
                Some(ROTATION) => place += 1,
                Some(hash) if hash == fact.hash => return Ok(Some(place + 1)),
                _ => return Ok(None),
            }
        }
    }

    /// The known lines, if they end at a place.
    fn ends_at(&mut self, number: usize, mut place: usize) -> io::Result<Option<usize>> {
        if !self.known.runs()[number].to_end {
            return Ok(None);
        }
        loop {
            match self.known.hash(number, place)? {
                Some(ROTATION) => place += 1,
                Some(_) => return Ok(None),
                None => return Ok(Some(number)),
            }
        }
    }

    /// How many of the waiting lines before the last are the known ones before a place.
    fn equal_before(&mut self, number: usize, mut place: usize) -> io::Result<usize> {
        let mut equal = 0;
        for fact in self.waiting.iter().rev().skip(1) {
            let mut before = |place: usize| match place.checked_sub(1) {
                Some(before) => self.known.hash(number, before),
                None => Ok(None),
            };
            if fact.rotation.is_some() {
                if before(place)? == Some(ROTATION) {
                    place -= 1;
                }
            } else {
                while before(place)? == Some(ROTATION) {
                    place -= 1;
                }
                if before(place)? != Some(fact.hash) {
                    break;
                }
                place -= 1;
            }
            equal += 1;
        }
        Ok(equal)
    }

    fn add_known(&mut self, number: usize, lines: u64) {
        if let Origin::Stored { session, .. } = self.known.runs()[number].origin {
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
    fn add_new(&mut self, lines: usize) -> io::Result<()> {
        if lines == 0 {
            return Ok(());
        }
        let extends = self.stretches.last().is_some_and(|stretch| stretch.is_new);
        let newest = match self.newest {
            Some(newest) if extends => newest,
            _ => self.begin_stretch()?,
        };
        if let Some(stretch) = self.stretches.last_mut() {
            stretch.lines += lines as u64;
        }
        for fact in self.waiting.drain(..lines) {
            self.known.add(&fact)?;
        }
        self.at = At::Elsewhere(Some(newest));
        Ok(())
    }

    fn begin_stretch(&mut self) -> io::Result<usize> {
        let follows = match self.at {
            At::Elsewhere(number) => number.map(|number| self.known.runs()[number].origin),
            At::Known(..) => None,
        };
        self.stretches.push(Stretch {
            lines: 0,
            is_new: true,
            follows,
        });
        let run = Run::new(Origin::Input(self.new_stretches), true, None);
        let newest = self.known.begin(run)?;
        self.new_stretches += 1;
        self.newest = Some(newest);
        Ok(newest)
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

#[cfg(test)]
mod tests;

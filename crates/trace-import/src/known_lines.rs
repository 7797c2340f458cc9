//! Lines that are known, as hashes in a temporary file.
//!
//! However long a trace is, the process keeps only a few chunks of hashes in memory, and some
//! bytes for each chunk. Most lines of an input follow the line before them, so the next hash is in
//! a chunk that is at hand. A line that does not is looked for in the chunks whose times include
//! its own: equal lines have equal times.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use trace::Timestamp;

use crate::line_fact::{LineFact, ROTATION};

/// Lines of a chunk.
const CHUNK_LINES: usize = 16_384;
/// Chunks that are kept in memory, with 24 bytes for each line. A delivery may have stored a dozen
/// of them, with times that are not told apart.
const CHUNKS_AT_HAND: usize = 32;
const HASH_BYTES: usize = size_of::<u64>();

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

/// Lines that follow each other and are known.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) origin: Origin,
    /// Whether nothing is known behind the last one.
    pub(crate) to_end: bool,
    /// The time in the `rotated_log_end` that they end with.
    pub(crate) ended: Option<Timestamp>,
    lines: usize,
    /// Their chunks, in order.
    chunks: Vec<usize>,
}

impl Run {
    pub(crate) fn new(origin: Origin, to_end: bool, ended: Option<Timestamp>) -> Self {
        Self {
            origin,
            to_end,
            ended,
            lines: 0,
            chunks: Vec::new(),
        }
    }
}

/// The lines of one process that are known: runs, and in each of them places from 0.
#[derive(Debug, Default)]
pub(crate) struct KnownLines {
    runs: Vec<Run>,
    chunks: Vec<Chunk>,
    /// How many chunks, from the first, lines are looked for in.
    listed: usize,
    file: Option<File>,
    file_bytes: u64,
    /// Lines of the last run that are in no chunk yet.
    pending: Vec<(u64, Option<Timestamp>)>,
    at_hand: Vec<AtHand>,
    uses: u64,
    near: Option<Near>,
    #[cfg(test)]
    pub(crate) chunks_read: usize,
}

/// Some lines of a run.
#[derive(Debug)]
struct Chunk {
    run: usize,
    /// The place of the first.
    first: usize,
    lines: usize,
    /// The least and the greatest of their times.
    times: (i64, i64),
    offset: u64,
}

/// A chunk that is in memory.
#[derive(Debug)]
struct AtHand {
    chunk: usize,
    hashes: Vec<u64>,
    /// Lines with a time by their hash, and where they stand. Made when it is needed.
    places: Option<Vec<(u64, usize)>>,
    last_use: u64,
}

/// The chunks with a time in them that is within these.
#[derive(Debug)]
struct Near {
    from: i64,
    until: i64,
    chunks: Vec<usize>,
}

impl KnownLines {
    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Begins a run; gives its number.
    pub(crate) fn begin(&mut self, run: Run) -> io::Result<usize> {
        self.write_pending()?;
        self.runs.push(run);
        Ok(self.runs.len() - 1)
    }

    /// Adds lines to the last run, all of whose times are within these. They can be found at once.
    pub(crate) fn add_stored(&mut self, hashes: &[u64], times: (i64, i64)) -> io::Result<()> {
        for hashes in hashes.chunks(CHUNK_LINES) {
            self.write(hashes, times)?;
        }
        self.list_all()
    }

    /// Says whether nothing is known behind the last line of the last run.
    pub(crate) fn set_to_end(&mut self, to_end: bool) {
        if let Some(run) = self.runs.last_mut() {
            run.to_end = to_end;
        }
    }

    /// Adds a line to the last run. It can be found after [`KnownLines::list_all`].
    pub(crate) fn add(&mut self, fact: &LineFact) -> io::Result<()> {
        self.pending.push((fact.hash, fact.time));
        if self.pending.len() >= CHUNK_LINES {
            self.write_pending()?;
        }
        Ok(())
    }

    /// Lets all lines be found.
    pub(crate) fn list_all(&mut self) -> io::Result<()> {
        self.write_pending()?;
        self.listed = self.chunks.len();
        self.near = None;
        Ok(())
    }

    /// The run and the place of the first line that is equal to one with a time.
    pub(crate) fn find(
        &mut self,
        hash: u64,
        time: Timestamp,
    ) -> io::Result<Option<(usize, usize)>> {
        let time = time.nanoseconds();
        let near = match self.near.take() {
            Some(near) if (near.from..=near.until).contains(&time) => near,
            _ => self.near(time),
        };
        let mut found = None;
        for &chunk in &near.chunks {
            let at_hand = self.at_hand(chunk)?;
            let places = at_hand.places.get_or_insert_with(|| {
                let lines = at_hand.hashes.iter().copied().zip(0..);
                let mut places: Vec<_> = lines.filter(|(hash, _)| has_time(*hash)).collect();
                places.sort_unstable();
                places
            });
            // The first of equal ones.
            let first = places.partition_point(|(known, _)| *known < hash);
            if let Some(&(known, place)) = places.get(first)
                && known == hash
            {
                let chunk = &self.chunks[chunk];
                found = Some((chunk.run, chunk.first + place));
                break;
            }
        }
        self.near = Some(near);
        Ok(found)
    }

    /// The hash at a place of a run, none behind its end.
    pub(crate) fn hash(&mut self, run: usize, place: usize) -> io::Result<Option<u64>> {
        if run + 1 == self.runs.len() {
            self.write_pending()?;
        }
        let run = &self.runs[run];
        if place >= run.lines {
            return Ok(None);
        }
        let after = run
            .chunks
            .partition_point(|&chunk| self.chunks[chunk].first <= place);
        let chunk = run.chunks[after - 1];
        let index = place - self.chunks[chunk].first;
        Ok(self.at_hand(chunk)?.hashes.get(index).copied())
    }

    /// The first run that has all these lines one after the other, lines of rotation apart.
    pub(crate) fn find_all(&mut self, wanted: &[u64]) -> io::Result<Option<usize>> {
        let wanted: Vec<u64> = wanted
            .iter()
            .copied()
            .filter(|hash| is_content(*hash))
            .collect();
        // For each number of matched lines: how many of them still match when the next line does
        // not (Knuth, Morris, Pratt).
        let mut shorter = vec![0; wanted.len() + 1];
        let mut length = 0;
        for end in 1..wanted.len() {
            while length > 0 && wanted[length] != wanted[end] {
                length = shorter[length];
            }
            length += usize::from(wanted[length] == wanted[end]);
            shorter[end + 1] = length;
        }
        for run in 0..self.runs.len() {
            let (mut place, mut length) = (0, 0);
            while length < wanted.len()
                && let Some(hash) = self.hash(run, place)?
            {
                place += 1;
                if !is_content(hash) {
                    continue;
                }
                while length > 0 && wanted[length] != hash {
                    length = shorter[length];
                }
                length += usize::from(wanted[length] == hash);
            }
            if length == wanted.len() {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }

    fn write_pending(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let times = self.pending.iter().filter_map(|(_, time)| *time);
        let times = times.map(Timestamp::nanoseconds);
        // Without a time, nothing is ever looked for among them.
        let least = times.clone().min().unwrap_or(i64::MAX);
        let greatest = times.max().unwrap_or(i64::MIN);
        let hashes: Vec<u64> = self.pending.drain(..).map(|(hash, _)| hash).collect();
        self.write(&hashes, (least, greatest))
    }

    fn write(&mut self, hashes: &[u64], times: (i64, i64)) -> io::Result<()> {
        let number = self.runs.len().wrapping_sub(1);
        let Some(run) = self.runs.last_mut() else {
            return Ok(());
        };
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
        file.write_all_at(&bytes, self.file_bytes)?;
        run.chunks.push(self.chunks.len());
        self.chunks.push(Chunk {
            run: number,
            first: run.lines,
            lines: hashes.len(),
            times,
            offset: self.file_bytes,
        });
        run.lines += hashes.len();
        self.file_bytes += bytes.len() as u64;
        Ok(())
    }

    fn near(&self, time: i64) -> Near {
        let mut near = Near {
            from: i64::MIN,
            until: i64::MAX,
            chunks: Vec::new(),
        };
        for (number, chunk) in self.chunks[..self.listed].iter().enumerate() {
            let (least, greatest) = chunk.times;
            if least > greatest {
                continue;
            }
            if time < least {
                near.until = near.until.min(least - 1);
            } else if time > greatest {
                near.from = near.from.max(greatest + 1);
            } else {
                near.from = near.from.max(least);
                near.until = near.until.min(greatest);
                near.chunks.push(number);
            }
        }
        near
    }

    /// A chunk, out of the file if need be; then the one that was not used for longest goes.
    fn at_hand(&mut self, chunk: usize) -> io::Result<&mut AtHand> {
        self.uses += 1;
        let found = self.at_hand.iter().position(|held| held.chunk == chunk);
        let slot = match found {
            Some(slot) => slot,
            None => self.read(chunk)?,
        };
        let held = &mut self.at_hand[slot];
        held.last_use = self.uses;
        Ok(held)
    }

    fn read(&mut self, number: usize) -> io::Result<usize> {
        let chunk = &self.chunks[number];
        let mut bytes = vec![0; chunk.lines * HASH_BYTES];
        if let Some(file) = &self.file {
            file.read_exact_at(&mut bytes, chunk.offset)?;
        }
        let (hashes, _) = bytes.as_chunks();
        let read = AtHand {
            chunk: number,
            hashes: hashes
                .iter()
                .map(|hash| u64::from_le_bytes(*hash))
                .collect(),
            places: None,
            last_use: 0,
        };
        #[cfg(test)]
        {
            self.chunks_read += 1;
        }
        let oldest = self
            .at_hand
            .iter()
            .enumerate()
            .min_by_key(|(_, held)| held.last_use);
        match oldest {
            Some((slot, _)) if self.at_hand.len() >= CHUNKS_AT_HAND => {
                self.at_hand[slot] = read;
                Ok(slot)
            }
            _ => {
                self.at_hand.push(read);
                Ok(self.at_hand.len() - 1)
            }
        }
    }

    /// Hashes that are in memory.
    #[cfg(test)]
    pub(crate) fn hashes_in_memory(&self) -> usize {
        let at_hand = |held: &AtHand| held.hashes.len();
        self.pending.len() + self.at_hand.iter().map(at_hand).sum::<usize>()
    }
}

fn has_time(hash: u64) -> bool {
    hash & 1 == 1
}

fn is_content(hash: u64) -> bool {
    hash != ROTATION
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(number: usize) -> LineFact {
        LineFact {
            hash: 2 * (number as u64) + 1,
            time: Some(Timestamp::from_nanoseconds(i64::try_from(number).unwrap()).unwrap()),
            rotation: None,
        }
    }

    fn stored() -> Run {
        let origin = Origin::Stored {
            session: 1,
            segment: 0,
        };
        Run::new(origin, true, None)
    }

    #[test]
    fn memory_does_not_grow_with_the_lines_and_each_chunk_is_read_once() {
        let lines = 40 * CHUNK_LINES;
        let mut known = KnownLines::default();
        known.begin(stored()).unwrap();
        let hashes: Vec<u64> = (0..lines).map(|number| fact(number).hash).collect();
        for (part, hashes) in hashes.chunks(3 * CHUNK_LINES / 2).enumerate() {
            let first = i64::try_from(part * (3 * CHUNK_LINES / 2)).unwrap();
            let last = first + i64::try_from(hashes.len()).unwrap() - 1;
            known.add_stored(hashes, (first, last)).unwrap();
        }
        drop(hashes);
        for number in 0..lines {
            let line = fact(number);
            let place = known.find(line.hash, line.time.unwrap()).unwrap();
            assert_eq!(place, Some((0, number)));
            assert_eq!(known.hash(0, number).unwrap(), Some(line.hash));
            // Not one that is not there, neither.
            assert_eq!(
                known
                    .find(line.hash + 2 * lines as u64, line.time.unwrap())
                    .unwrap(),
                None
            );
            assert!(known.hashes_in_memory() <= CHUNKS_AT_HAND * CHUNK_LINES);
        }
        assert_eq!(known.hash(0, lines).unwrap(), None);
        assert_eq!(known.chunks_read, known.chunks.len());
    }

    #[test]
    fn lines_of_the_input_leave_memory_and_are_found_when_their_piece_has_ended() {
        let lines = 20 * CHUNK_LINES + 7;
        let mut known = KnownLines::default();
        known.begin(Run::new(Origin::Input(0), true, None)).unwrap();
        for number in 0..lines {
            known.add(&fact(number)).unwrap();
            assert!(known.hashes_in_memory() <= CHUNK_LINES);
        }
        let find = |known: &mut KnownLines, number| {
            let line = fact(number);
            known.find(line.hash, line.time.unwrap()).unwrap()
        };
        assert_eq!(find(&mut known, 3), None);
        known.list_all().unwrap();
        for number in [3, CHUNK_LINES, lines - 1] {
            assert_eq!(find(&mut known, number), Some((0, number)));
        }
        assert_eq!(find(&mut known, lines), None);
    }

    #[test]
    fn lines_without_times_are_found_only_all_together() {
        let mut known = KnownLines::default();
        for run in [&[4, 6, 4][..], &[4, ROTATION, 4, 6, 4, 6, 8]] {
            known.begin(stored()).unwrap();
            known.add_stored(run, (0, 0)).unwrap();
        }
        for (wanted, run) in [
            (&[4][..], Some(0)),
            (&[6, 4], Some(0)),
            (&[4, ROTATION, 6, 8], Some(1)),
            (&[4, 6, 4, 6, 8], Some(1)),
            (&[4, 4], Some(1)),
            (&[8, 4], None),
            (&[], Some(0)),
        ] {
            assert_eq!(known.find_all(wanted).unwrap(), run, "{wanted:?}");
        }
    }
}

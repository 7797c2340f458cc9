//! Rows in the order of the archive: by node, block trace and id.
//!
//! Memory is bounded whatever there is to sort. What does not fit becomes sorted runs in temporary
//! files, which are gone with their handles, and the runs are merged while they are read.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _};

/// What is in memory, by all sorters of a file together.
const LIMITS: Limits = Limits {
    rows: 1 << 17,
    bytes: 16 << 20,
    runs: 128,
};
/// Bytes of rows of a batch, which the last of them may exceed.
const BATCH_BYTES: usize = 256 << 10;
/// Bytes of a run that are read at once.
const READ_BYTES: usize = 64 << 10;
/// Bytes of a run that are written at once.
const WRITE_BYTES: usize = 256 << 10;

#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Rows before they become a run.
    rows: usize,
    /// Bytes of rows before they become a run.
    bytes: usize,
    /// Runs that are merged at once.
    runs: usize,
}

/// The place of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The place of its node among all; the greatest number without a node that is known.
    pub(crate) node: u32,
    /// Its block trace; the greatest number without one.
    pub(crate) trace: i64,
    /// Its id.
    pub(crate) id: i64,
}

impl Key {
    const BYTES: usize = 20;

    fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..4].copy_from_slice(&self.node.to_le_bytes());
        bytes[4..12].copy_from_slice(&self.trace.to_le_bytes());
        bytes[12..].copy_from_slice(&self.id.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let [a, b, c, d, rest @ ..] = *bytes;
        let half = |half: &[u8]| i64::from_le_bytes(half.try_into().unwrap_or_default());
        Self {
            node: u32::from_le_bytes([a, b, c, d]),
            trace: half(&rest[..8]),
            id: half(&rest[8..]),
        }
    }
}

/// Takes rows in any order.
#[derive(Debug)]
pub(crate) struct Sorter {
    limits: Limits,
    memory: Memory,
    /// Each level holds runs that were merged from runs of the level before.
    levels: Vec<Vec<Run>>,
}

/// Rows in order.
#[derive(Debug)]
pub(crate) enum Sorted {
    InMemory { memory: Memory, next: usize },
    OnDisk(Merge),
}

/// Some rows in order, to be handed to another thread.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    /// Where each row ends.
    ends: Vec<usize>,
}

impl Batch {
    /// The rows in order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(&0).chain(&self.ends);
        begins
            .zip(&self.ends)
            .map(|(&first, &end)| &self.bytes[first..end])
    }
}

/// Rows in memory.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    bytes: Vec<u8>,
    /// Keys with the places of the rows.
    rows: Vec<(Key, usize, usize)>,
}

/// Rows in a file, in order.
#[derive(Debug)]
struct Run(File);

impl Sorter {
    /// One of several that take the rows of a file; memory is bounded for all of them together.
    pub(crate) fn one_of(sorters: usize) -> Self {
        Self::within(Limits {
            rows: LIMITS.rows / sorters.max(1),
            bytes: LIMITS.bytes / sorters.max(1),
            runs: LIMITS.runs,
        })
    }

    fn within(limits: Limits) -> Self {
        Self {
            limits,
            // Room that grew by doubling would be twice what is needed.
            memory: Memory {
                bytes: Vec::with_capacity(limits.bytes),
                rows: Vec::with_capacity(limits.rows),
            },
            levels: Vec::new(),
        }
    }

    /// Takes a row.
    ///
    /// # Errors
    ///
    /// There is no room for a temporary file.
    pub(crate) fn push(&mut self, key: Key, row: &[u8]) -> io::Result<()> {
        if self.memory.is_full(row.len(), self.limits) {
            self.write_run()?;
        }
        let first = self.memory.bytes.len();
        self.memory.bytes.extend_from_slice(row);
        let row = (key, first, self.memory.bytes.len());
        self.memory.rows.push(row);
        Ok(())
    }

    fn write_run(&mut self) -> io::Result<()> {
        self.memory.sort();
        let mut writer = RunWriter::new()?;
        for &(key, first, end) in &self.memory.rows {
            writer.write(key, &self.memory.bytes[first..end])?;
        }
        let mut run = writer.finish()?;
        self.memory.bytes.clear();
        self.memory.rows.clear();
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let runs = &mut self.levels[level];
            runs.push(run);
            if runs.len() < self.limits.runs {
                break;
            }
            run = Merge::of(std::mem::take(runs))?.into_run()?;
        }
        Ok(())
    }
}

impl Memory {
    fn is_full(&self, more: usize, limits: Limits) -> bool {
        !self.rows.is_empty()
            && (self.rows.len() >= limits.rows || self.bytes.len() + more > limits.bytes)
    }

    fn append(&mut self, other: Self) {
        if self.rows.is_empty() {
            *self = other;
            return;
        }
        let before = self.bytes.len();
        self.bytes.extend(other.bytes);
        let moved = |(key, first, end)| (key, before + first, before + end);
        self.rows.extend(other.rows.into_iter().map(moved));
    }

    fn sort(&mut self) {
        self.rows.sort_unstable_by_key(|(key, ..)| *key);
    }
}

impl Sorted {
    /// All rows of some sorters in order.
    ///
    /// # Errors
    ///
    /// A temporary file cannot be written or read.
    pub(crate) fn of(sorters: Vec<Sorter>) -> io::Result<Self> {
        if sorters.iter().all(|sorter| sorter.levels.is_empty()) {
            let mut all = Memory::default();
            for sorter in sorters {
                all.append(sorter.memory);
            }
            all.sort();
            return Ok(Self::InMemory {
                memory: all,
                next: 0,
            });
        }
        let mut runs = Vec::new();
        for mut sorter in sorters {
            if !sorter.memory.rows.is_empty() {
                sorter.write_run()?;
            }
            runs.extend(sorter.levels.into_iter().flatten());
        }
        Ok(Self::OnDisk(Merge::of(runs)?))
    }

    /// The next row; none at the end.
    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        match self {
            Self::InMemory { memory, next } => {
                let row = memory.rows.get(*next);
                *next += 1;
                Ok(row.map(|&(_, first, end)| &memory.bytes[first..end]))
            }
            Self::OnDisk(merge) => Ok(merge.next()?.map(|(_, row)| row)),
        }
    }

    /// Fills `batch` with the next rows; false at the end.
    ///
    /// # Errors
    ///
    /// A temporary file cannot be read.
    pub(crate) fn fill(&mut self, batch: &mut Batch) -> io::Result<bool> {
        batch.bytes.clear();
        batch.ends.clear();
        while batch.bytes.len() < BATCH_BYTES {
            let Some(row) = self.next()? else { break };
            batch.bytes.extend_from_slice(row);
            batch.ends.push(batch.bytes.len());
        }
        Ok(!batch.ends.is_empty())
    }
}

struct RunWriter(BufWriter<File>);

impl RunWriter {
    fn new() -> io::Result<Self> {
        let file = tempfile::tempfile()?;
        Ok(Self(BufWriter::with_capacity(WRITE_BYTES, file)))
    }

    fn write(&mut self, key: Key, row: &[u8]) -> io::Result<()> {
        let length = u32::try_from(row.len()).map_err(io::Error::other)?;
        self.0.write_all(&key.to_bytes())?;
        self.0.write_all(&length.to_le_bytes())?;
        self.0.write_all(row)
    }

    fn finish(self) -> io::Result<Run> {
        let mut file = self
            .0
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(Run(file))
    }
}

/// A run that is being read.
#[derive(Debug)]
struct RunReader {
    file: BufReader<File>,
    row: Vec<u8>,
}

impl RunReader {
    /// Reads the next row; gives its key, or none at the end.
    fn advance(&mut self) -> io::Result<Option<Key>> {
        // A run ends between two rows.
        if self.file.buffer().is_empty() && io::BufRead::fill_buf(&mut self.file)?.is_empty() {
            return Ok(None);
        }
        let mut key = [0; Key::BYTES];
        let mut length = [0; 4];
        self.file.read_exact(&mut key)?;
        self.file.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_le_bytes(length)).map_err(io::Error::other)?;
        self.row.resize(length, 0);
        self.file.read_exact(&mut self.row)?;
        Ok(Some(Key::from_bytes(&key)))
    }
}

/// Runs as one.
#[derive(Debug)]
pub(crate) struct Merge {
    runs: Vec<RunReader>,
    /// The keys of the rows that the runs are at.
    heap: BinaryHeap<Reverse<(Key, usize)>>,
    has_begun: bool,
}

impl Merge {
    fn of(runs: Vec<Run>) -> io::Result<Self> {
        let mut runs: Vec<RunReader> = runs
            .into_iter()
            .map(|Run(file)| RunReader {
                file: BufReader::with_capacity(READ_BYTES, file),
                row: Vec::new(),
            })
            .collect();
        let mut heap = BinaryHeap::with_capacity(runs.len());
        for (number, run) in runs.iter_mut().enumerate() {
            if let Some(key) = run.advance()? {
                heap.push(Reverse((key, number)));
            }
        }
        Ok(Self {
            runs,
            heap,
            has_begun: false,
        })
    }

    fn next(&mut self) -> io::Result<Option<(Key, &[u8])>> {
        // The row that was given last is still the first.
        if self.has_begun
            && let Some(mut first) = self.heap.peek_mut()
        {
            let Reverse((_, number)) = *first;
            match self.runs[number].advance()? {
                Some(key) => *first = Reverse((key, number)),
                None => drop(PeekMut::pop(first)),
            }
        }
        self.has_begun = true;
        let first = self.heap.peek();
        Ok(first.map(|Reverse((key, number))| (*key, &self.runs[*number].row[..])))
    }

    fn into_run(mut self) -> io::Result<Run> {
        let mut writer = RunWriter::new()?;
        while let Some((key, row)) = self.next()? {
            writer.write(key, row)?;
        }
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: i64) -> Key {
        Key {
            node: u32::try_from(id % 3).unwrap(),
            trace: if id % 5 == 0 { i64::MAX } else { -id % 7 },
            id,
        }
    }

    fn row(id: i64) -> Vec<u8> {
        let length = usize::try_from(id % 11).unwrap();
        format!("{id:length$}").into_bytes()
    }

    /// What some sorters make of rows that they take in turn, and how many runs it took the first of
    /// them at each level.
    fn sorted(count: i64, sorters: usize, limits: Limits) -> (Vec<Vec<u8>>, Vec<usize>) {
        let mut taking: Vec<_> = (0..sorters).map(|_| Sorter::within(limits)).collect();
        for (number, turn) in (0..count).zip((0..sorters).cycle()) {
            let id = number * 7919 % count;
            taking[turn].push(key(id), &row(id)).unwrap();
        }
        let runs = taking[0].levels.iter().map(Vec::len).collect();
        let mut sorted = Sorted::of(taking).unwrap();
        let mut rows = Vec::new();
        let mut batch = Batch::default();
        while sorted.fill(&mut batch).unwrap() {
            rows.extend(batch.rows().map(<[u8]>::to_vec));
        }
        assert!(!sorted.fill(&mut batch).unwrap());
        (rows, runs)
    }

    #[test]
    fn rows_come_in_order_from_memory_and_from_runs_that_were_merged_before() {
        for (count, sorters, levels) in [
            (0, 1, vec![]),
            (10, 1, vec![]),
            (11, 1, vec![1]),
            (400, 1, vec![3, 1, 2]),
            (0, 2, vec![]),
            (1, 2, vec![]),
            (20, 2, vec![]),
            // The first has written a run, the second has all its rows in memory.
            (21, 2, vec![1]),
            (401, 3, vec![1, 3]),
        ] {
            let mut ids: Vec<i64> = (0..count).collect();
            ids.sort_unstable_by_key(|id| key(*id));
            let expected: Vec<Vec<u8>> = ids.into_iter().map(row).collect();
            let limits = Limits {
                rows: 10,
                bytes: 1 << 10,
                runs: 4,
            };
            assert_eq!(sorted(count, sorters, limits), (expected, levels));
        }
    }

    #[test]
    fn rows_that_are_larger_than_a_run_are_runs_of_their_own() {
        let limits = Limits {
            rows: 10,
            bytes: 1,
            runs: 4,
        };
        let (rows, runs) = sorted(7, 1, limits);
        assert_eq!((rows.len(), runs), (7, vec![2, 1]));
    }
}

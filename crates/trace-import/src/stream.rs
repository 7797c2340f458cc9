//! The lines of one process over all its pieces.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use trace::{Line, LineSplitter, Process};

use crate::decompress::Content;
use crate::format;
use crate::input_error::InputError;
use crate::piece::Piece;
use crate::summary::CutFile;

/// Bytes that are read at once.
const READ_BYTES: usize = 256 << 10;

/// Reads the pieces of one process, line by line.
pub(crate) struct Stream {
    pub(crate) process: Process,
    pieces: VecDeque<Piece>,
    open: Option<OpenPiece>,
    splitter: LineSplitter,
    line: Vec<u8>,
    too_long: bool,
    bytes_read: Arc<AtomicU64>,
    /// Where compressed data ended in the middle.
    cut: Vec<CutFile>,
}

struct OpenPiece {
    piece: Piece,
    content: Content,
    line_number: u64,
    index: usize,
}

/// Where the current line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    /// The piece, as messages call it.
    pub(crate) piece: &'a str,
    /// From 1 in each piece.
    pub(crate) line_number: u64,
    /// How many pieces of the process were opened before this one.
    pub(crate) piece_index: usize,
    /// The number of a rotated piece.
    pub(crate) rotation: Option<u32>,
}

/// A line that was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loaded {
    /// It ends with a line end, or with its piece, which is not the last one.
    Line,
    /// It ends with the input: more of it may come later.
    LastWithoutEnd,
    /// There is no further line.
    End,
}

impl Stream {
    pub(crate) fn new(process: Process, pieces: Vec<Piece>, bytes_read: Arc<AtomicU64>) -> Self {
        Self {
            process,
            pieces: pieces.into(),
            open: None,
            splitter: LineSplitter::default(),
            line: Vec::new(),
            too_long: false,
            bytes_read,
            cut: Vec::new(),
        }
    }

    /// Loads the next line.
    pub(crate) fn advance(&mut self) -> Result<Loaded, InputError> {
        loop {
            let Some(open) = &mut self.open else {
                if self.pieces.is_empty() {
                    return Ok(Loaded::End);
                }
                self.open_next()?;
                continue;
            };
            if let Some(line) = self.splitter.next_line() {
                self.too_long = keep(&mut self.line, line);
                open.line_number += 1;
                return Ok(Loaded::Line);
            }
            let space = self.splitter.space(READ_BYTES);
            let bytes = match open.content.read(space) {
                Ok(bytes) => bytes,
                Err(source) => {
                    return Err(InputError::Unreadable {
                        path: open.piece.name.clone(),
                        source,
                    });
                }
            };
            self.splitter.filled(bytes);
            if bytes == 0 {
                return self.end_piece();
            }
        }
    }

    /// Gives out what stands after the last line end of a piece.
    fn end_piece(&mut self) -> Result<Loaded, InputError> {
        let is_last = self.pieces.is_empty();
        if let Some(open) = &self.open
            && open.content.is_cut()
            && self
                .cut
                .last()
                .is_none_or(|cut| cut.file != open.piece.name)
        {
            self.cut.push(CutFile {
                file: open.piece.name.clone(),
                after_line: open.line_number,
            });
        }
        let rest = self.splitter.rest().filter(|line| match line {
            // Nothing but a byte order mark is an empty file.
            Line::Bytes(bytes) => !text_file::without_mark(bytes).is_empty(),
            Line::TooLong => true,
        });
        if let Some(line) = rest {
            self.too_long = keep(&mut self.line, line);
            self.splitter = LineSplitter::default();
            if let Some(open) = &mut self.open {
                open.line_number += 1;
            }
            return Ok(if is_last {
                Loaded::LastWithoutEnd
            } else {
                Loaded::Line
            });
        }
        if is_last {
            return Ok(Loaded::End);
        }
        self.open_next()?;
        self.advance()
    }

    fn open_next(&mut self) -> Result<(), InputError> {
        let Some(piece) = self.pieces.pop_front() else {
            return Ok(());
        };
        let counted = |file| Counted {
            file,
            bytes_read: Arc::clone(&self.bytes_read),
        };
        let content = File::open(&piece.path)
            .map(counted)
            .and_then(Content::of)
            .map_err(|source| InputError::Unreadable {
                path: piece.name.clone(),
                source,
            })?;
        if let Some(format) = format::foreign(content.head()) {
            return Err(InputError::NoTrace {
                path: piece.name,
                format,
            });
        }
        self.open = Some(OpenPiece {
            piece,
            content,
            line_number: 0,
            index: self.open.as_ref().map_or(0, |open| open.index + 1),
        });
        Ok(())
    }

    /// The current line.
    pub(crate) fn line(&self) -> Line<'_> {
        if self.too_long {
            Line::TooLong
        } else {
            Line::Bytes(&self.line)
        }
    }

    /// Where compressed data ended in the middle so far.
    pub(crate) fn cut(&self) -> &[CutFile] {
        &self.cut
    }

    /// What the current piece is, if none of its lines is an entry.
    pub(crate) fn no_trace(&self) -> Option<InputError> {
        let open = self.open.as_ref()?;
        Some(InputError::NoTrace {
            path: open.piece.name.clone(),
            format: format::likely(open.content.head()),
        })
    }

    /// Where the current line stands, none before the first.
    pub(crate) fn place(&self) -> Option<Place<'_>> {
        let open = self.open.as_ref()?;
        Some(Place {
            piece: &open.piece.name,
            line_number: open.line_number,
            piece_index: open.index,
            rotation: open.piece.rotation,
        })
    }
}

/// Keeps a line beyond the life of the buffer. True if it was too long.
fn keep(into: &mut Vec<u8>, line: Line<'_>) -> bool {
    into.clear();
    match line {
        Line::Bytes(bytes) => {
            // Before the first line of a file; further on, where files were put together.
            into.extend_from_slice(text_file::without_mark(bytes));
            false
        }
        Line::TooLong => true,
    }
}

/// Counts what is read, as it lies on disk.
struct Counted {
    file: File,
    bytes_read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.file.read(buffer)?;
        self.bytes_read.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

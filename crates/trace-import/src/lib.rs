//! Trace files into the database.
//!
//! Reads the trace files of one node (main process, prover and verifier side by
//! side; rotated pieces; gzip and zstd; standard input), traces them, and
//! stores the rows. The position in the input is stored in the same
//! transaction as the rows: an import that was interrupted continues where it
//! was, and a file that was imported before adds nothing.

mod cursor;
mod decompress;
mod format;
mod import;
mod input_error;
mod inputs;
mod known_lines;
mod line_fact;
mod merge;
mod overlap;
mod piece;
mod piece_order;
mod plan;
mod progress;
mod reader;
mod rotation;
mod source;
mod stream;
mod summary;

pub use import::{ImportError, ImportOptions, import};
pub use input_error::InputError;
pub use inputs::Inputs;
pub use progress::Progress;
pub use reader::{BATCH_BYTES, BATCH_ROWS};
pub use summary::{CutFile, MalformedLine, Summary};

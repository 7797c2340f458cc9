//! Why an input cannot be read.

use std::io;

/// Why there is no input.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file that is in another format, or of which no line is an entry.
    #[error("nothing of {path} was imported, as no line of it is an entry: it is likely {format}")]
    NoTrace {
        /// The file.
        path: String,
        /// The likely format, and what to do with it.
        format: &'static str,
    },
    /// A directory in the place of a file.
    #[error("{path} is a directory; name the trace file in it")]
    Directory {
        /// The directory.
        path: String,
    },
    /// Standard input beside files.
    #[error("`-` (standard input) cannot be combined with files")]
    Mixed,
    /// Standard input, or what is like it, could not be read or kept.
    #[error("cannot read {path} into a temporary file")]
    Spool {
        /// What was read.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// What is known of lines could not be kept.
    #[error(
        "cannot keep 8 bytes for each line in a temporary file; TMPDIR may name a folder with room"
    )]
    Hashes(#[source] io::Error),
}

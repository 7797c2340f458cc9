//! The output of a command: results on standard output, messages on standard error. Either may be a full
//! disk or a pipe that nobody reads any more.

use std::io::{self, ErrorKind, Write};

use anyhow::Context as _;
use clap::ValueEnum;

/// How results are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// Writes a result. A reader that has seen enough (`… | head`) is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    match output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
    {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// Writes a result as one line of JSON.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string(value)?;
    text.push('\n');
    print(&text)
}

/// Says something to the user, on a line of its own. It is lost if nobody can read it.
pub(crate) fn inform(message: &str) {
    let mut text = message.to_owned();
    text.push('\n');
    // In one piece, and without an error: see `Talk`.
    let _ = Talk.write_all(text.as_bytes());
}

/// Standard error as a writer that never fails: messages that cannot be written are lost, and the
/// work continues.
pub(crate) struct Talk;

impl Write for Talk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

//! Results on standard output, which may be a full disk or a closed pipe.

use std::io::{self, ErrorKind, Write as _};

use anyhow::Context as _;

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

//! What benchmarks print, and in which form.

use clap::ValueEnum;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// Prints one result.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(crate) fn print(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "talk to the user, not a result")]
pub(crate) fn inform(message: &str) {
    eprintln!("{message}");
}

/// `count` per second.
#[expect(clippy::cast_precision_loss, reason = "a rate is rounded anyway")]
pub(crate) fn per_second(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds.max(1e-9)
}

//! How far the demo is: one line that changes on a terminal, a line for each step elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::inform;

/// Steps of the demo.
const STEPS: usize = 6;
/// How often the line moves, so that it is seen to be alive.
const TICK: Duration = Duration::from_millis(120);

/// How far the demo is. The line disappears with it.
pub(super) struct Progress {
    /// None if standard error is no terminal.
    line: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new() -> Self {
        let is_terminal = console::Term::stderr().is_term();
        let line = is_terminal.then(|| {
            let line = ProgressBar::new_spinner();
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {prefix}{wide_msg} {elapsed}")
            {
                line.set_style(style);
            }
            line.enable_steady_tick(TICK);
            line
        });
        Self { line }
    }

    /// A step begins.
    pub(super) fn step(&self, number: usize, what: &str) {
        let text = format!("{number}/{STEPS}  {what}");
        match &self.line {
            Some(line) => {
                line.set_prefix(text);
                line.set_message("");
            }
            None => inform(&text),
        }
    }

    /// The state of the step, for people who watch.
    pub(super) fn detail(&self, what: &str) {
        if let Some(line) = &self.line {
            line.set_message(format!(": {what}"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }
}

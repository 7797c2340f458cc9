//! Named steps, timed and announced, with a summary at the end.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How a step that did not fail has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Done {
    Passed,
    /// All that could be done here passed; the rest is this.
    PassedExcept(String),
    /// It could not be done here, for this reason.
    Skipped(String),
}

#[derive(Debug)]
enum Outcome {
    Done(Done),
    Failed,
}

#[derive(Debug)]
struct Step {
    name: &'static str,
    outcome: Outcome,
    duration: Duration,
}

/// The steps so far.
pub(super) struct Steps {
    begin: Instant,
    steps: Vec<Step>,
}

impl Steps {
    pub(super) fn begin() -> Self {
        Self {
            begin: Instant::now(),
            steps: Vec::new(),
        }
    }

    /// Runs one step and records how it ended.
    pub(super) fn run(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<Done>,
    ) -> Result<()> {
        self.record(name, work, Clone::clone)?;
        Ok(())
    }

    /// Runs one step that makes something for the steps after it.
    pub(super) fn start<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.record(name, work, |_| Done::Passed)
    }

    fn record<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<T>,
        judge: impl FnOnce(&T) -> Done,
    ) -> Result<T> {
        eprintln!("\n== {name}");
        let begin = Instant::now();
        let result = work();
        let duration = begin.elapsed();
        let outcome = match &result {
            Ok(made) => Outcome::Done(judge(made)),
            Err(_) => Outcome::Failed,
        };
        if let Outcome::Done(Done::Skipped(reason)) = &outcome {
            eprintln!("== {name}: SKIPPED: {reason}");
        }
        self.steps.push(Step {
            name,
            outcome,
            duration,
        });
        result.with_context(|| format!("step `{name}` failed"))
    }

    /// One line for each step that ran, and the total.
    pub(super) fn summary(&self) -> String {
        let mut text = String::new();
        for step in &self.steps {
            let outcome = match &step.outcome {
                Outcome::Done(Done::Passed) => "passed".to_owned(),
                Outcome::Done(Done::PassedExcept(rest)) => format!("passed, {rest}"),
                Outcome::Done(Done::Skipped(reason)) => format!("SKIPPED ({reason})"),
                Outcome::Failed => "FAILED".to_owned(),
            };
            line(&mut text, step.name, step.duration, &outcome);
        }
        line(&mut text, "total", self.begin.elapsed(), "");
        text
    }
}

fn line(text: &mut String, name: &str, duration: Duration, outcome: &str) {
    let row = format!("{name:<24} {:>7.1} s  {outcome}", duration.as_secs_f64());
    // writing to a string cannot fail
    let _written = writeln!(text, "{}", row.trim_end());
}

/// The first line of a message that has something to say.
pub(super) fn first_line(message: &str) -> String {
    message
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("no reason given")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn the_summary_tells_passed_skipped_and_failed_apart() {
        let mut steps = Steps::begin();
        steps.run("one", || Ok(Done::Passed)).unwrap();
        steps
            .run("two", || Ok(Done::Skipped("no network".to_owned())))
            .unwrap();
        let some = Done::PassedExcept("3 SKIPPED".to_owned());
        steps.run("some", || Ok(some)).unwrap();
        let error = steps.run("three", || Err(anyhow!("broken"))).unwrap_err();
        assert_eq!(format!("{error:#}"), "step `three` failed: broken");
        let summary = steps.summary();
        let outcomes: Vec<&str> = summary
            .lines()
            .map(|line| line.split_once(" s").unwrap().1.trim())
            .collect();
        assert_eq!(
            outcomes,
            [
                "passed",
                "SKIPPED (no network)",
                "passed, 3 SKIPPED",
                "FAILED",
                ""
            ]
        );
    }

    #[test]
    fn the_first_line_with_words_is_the_reason() {
        assert_eq!(first_line("\n  cannot connect\nstack"), "cannot connect");
        assert_eq!(first_line(" \n"), "no reason given");
    }
}

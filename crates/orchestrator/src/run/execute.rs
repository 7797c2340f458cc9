//! Going through the steps of a script, each written down before the next begins.

use std::time::{Duration, Instant};

use experiment::action::Action;
use experiment::script::grouping::Group;
use experiment::script::outputs::{Output, OutputLine};
use experiment::script::{Command, ScriptError, check};
use store::experiment_runs::{JournalWrites, OutputRow, StepEnd, StepStart};

use super::Level;
use super::running::Run;
use super::step_error::StepError;

use crate::actions;
use crate::funding;
use crate::import;
use crate::receivers;

/// How often the lists of log lines in the public table are brought up to date at most.
const PUBLISH_EVERY: Duration = Duration::from_secs(5);

/// How a run has ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The whole script ran.
    Success,
    /// It was cancelled.
    Cancelled,
    /// It has not: this process is ending, and the run continues later.
    Interrupted,
    /// A step failed.
    Failed(String),
}

impl Run<'_> {
    /// Runs the script, or what is left of it. Only a journal that cannot be written is an error:
    /// the run is then not over.
    pub(crate) async fn execute(&self) -> Result<Ending, store::StoreError> {
        if !self.past.is_empty() {
            self.journal.log(
                Level::Info,
                None,
                "The run is taken up again after an interruption",
            );
        }
        let mut comments = Vec::new();
        let result = match self.check().await {
            Ok(()) => self.groups(&mut comments).await,
            Err(error) => Err(error),
        };
        self.log_comments(&mut comments);
        match result {
            Ok(()) => Ok(Ending::Success),
            Err(StepError::Cancelled) => Ok(Ending::Cancelled),
            Err(StepError::Interrupted) => Ok(Ending::Interrupted),
            Err(StepError::Journal(error)) => Err(error),
            Err(StepError::Script(error)) => Ok(Ending::Failed(error.to_string())),
            Err(StepError::Failed(message)) => Ok(Ending::Failed(message)),
        }
    }

    /// Reads the files that the script imports and checks it as a whole, before anything starts.
    async fn check(&self) -> Result<(), StepError> {
        for (step, file) in check::imports(self.script) {
            let text = import::read(&file).await;
            let mut outputs = self.outputs.lock();
            text.and_then(|text| outputs.import(&file, &text))
                .map_err(|cause| ScriptError::Resolving {
                    step,
                    cause: format!(
                        "failed to read output file {file} needed for step {step}: {cause}"
                    ),
                })?;
        }
        let report = {
            let outputs = self.outputs.lock();
            check::check(self.script, &outputs)
        };
        if self.past.is_empty() {
            let receivers = receivers::warnings(&self.means.network, self.script).await;
            for warning in report.warnings.into_iter().chain(receivers) {
                self.journal.log(Level::Warning, None, warning);
            }
        }
        if let Some(error) = report.errors.into_iter().next() {
            return Err(error.into());
        }
        let funds = self
            .script
            .steps()
            .any(|step| step.command.action == "fund-keys");
        if funds && self.past.is_empty() && self.means.network.fund_itn_nodes.is_empty() {
            self.executable().await?;
        }
        Ok(())
    }

    async fn groups(&self, comments: &mut Vec<String>) -> Result<(), StepError> {
        for group in self.script.groups() {
            if self.means.cancel.is_cancelled() {
                self.journal.log(Level::Info, None, "Experiment canceled");
                return Err(StepError::Cancelled);
            }
            match group {
                Group::Comments(texts) => comments.extend(texts.into_iter().map(str::to_owned)),
                Group::Step { number, command } => {
                    self.step(number, command, comments).await?;
                }
                Group::Batch { first, commands } => {
                    self.batch(first, &commands, comments).await?;
                }
            }
        }
        Ok(())
    }

    fn log_comments(&self, comments: &mut Vec<String>) {
        for comment in comments.drain(..) {
            self.journal.log(Level::Info, None, comment);
        }
    }

    async fn step(
        &self,
        step: u32,
        command: &Command,
        comments: &mut Vec<String>,
    ) -> Result<(), StepError> {
        let done = self.past.step(step).filter(|row| row.ended_at.is_some());
        if let Some(error) = done.and_then(|row| row.error.as_ref()) {
            return Err(running(step, error.clone()));
        }
        let params = {
            let outputs = self.outputs.lock();
            outputs.resolve(command, step)?
        };
        let action = Action::named(&command.action, params, step)?;
        if done.is_some() {
            comments.clear();
            return self.restore(step, action).await;
        }
        if self.past.step(step).is_none() {
            self.log_comments(comments);
            let text = format!("Performing step {} ({step})", command.action);
            self.journal.log(Level::Info, Some(step), text);
            self.start(step, step, &command.action).await?;
        } else {
            comments.clear();
        }
        let waits = matches!(action, Action::Wait(_));
        let work = actions::run(self, step, action);
        let result = if waits {
            tokio::select! {
                result = work => result,
                reason = self.thresholds.failed(self.journal, self.means.clock) => {
                    Err(StepError::Failed(format!("the run is aborted: {reason}")))
                }
            }
        } else {
            work.await
        };
        self.end(step, result).await?;
        if waits {
            self.failures.look(self.journal).await;
        }
        Ok(())
    }

    async fn batch(
        &self,
        first: u32,
        commands: &[&Command],
        comments: &mut Vec<String>,
    ) -> Result<(), StepError> {
        let last = first + u32::try_from(commands.len().saturating_sub(1)).unwrap_or(0);
        let done = self.past.step(first).filter(|row| row.ended_at.is_some());
        if let Some(error) = done.and_then(|row| row.error.as_ref()) {
            return Err(running_batch(first, last, error.clone()));
        }
        if done.is_some() {
            comments.clear();
            return Ok(());
        }
        let started = self.past.step(first).is_some();
        let mut batch = Vec::new();
        for (step, command) in (first..).zip(commands) {
            let params = {
                let outputs = self.outputs.lock();
                outputs.resolve(command, step)?
            };
            let Action::FundKeys(params) = Action::named(&command.action, params, step)? else {
                continue;
            };
            let validating = |cause: String| ScriptError::Validating {
                action: command.action.clone(),
                step,
                cause,
            };
            // What an earlier process of this run has made is not in the way.
            params
                .check(|directory| !started && self.means.paths.path(directory).exists())
                .map_err(|error| validating(error.to_string()))?;
            batch.push((step, params));
        }
        if started {
            comments.clear();
        } else {
            self.log_comments(comments);
            let text = if first == last {
                format!("Performing step fund-keys ({first})")
            } else {
                format!("Performing steps fund-keys ({first}-{last})")
            };
            self.journal.log(Level::Info, Some(first), text);
            self.start(first, last, "fund-keys").await?;
        }
        let result = funding::run_batch(self, first, &batch).await;
        if let Err(StepError::Cancelled) = &result {
            let message = running_batch(first, last, StepError::Cancelled.to_string());
            self.journal
                .log(Level::Info, Some(first), message.to_string());
        }
        let ended = match &result {
            Err(StepError::Cancelled | StepError::Interrupted | StepError::Journal(_)) => {
                return result;
            }
            Err(error) => Some(error.to_string()),
            Ok(()) => None,
        };
        self.write_end(first, Vec::new(), ended.clone()).await?;
        match ended {
            Some(cause) => Err(running_batch(first, last, cause)),
            None => Ok(()),
        }
    }

    /// Brings back the outputs of a step that has ended. Secrets were not written down: the step
    /// that reads them runs again, which changes nothing anywhere.
    async fn restore(&self, step: u32, action: Action) -> Result<(), StepError> {
        if let Action::LoadKeys(params) = action {
            let outputs = actions::load_keys(self, &params).await;
            let outputs = outputs.map_err(|error| match error {
                StepError::Failed(cause) => running(step, cause),
                other => other,
            })?;
            return self.put(step, &outputs);
        }
        let mut outputs = self.outputs.lock();
        for row in self.past.outputs(step) {
            if row.output == "participant"
                && let Some(address) = row.value.as_str()
            {
                self.means.nodes.note(address);
            }
            outputs.put(step, &to_output(row))?;
        }
        Ok(())
    }

    fn put(&self, step: u32, new: &[Output]) -> Result<(), StepError> {
        let mut outputs = self.outputs.lock();
        for output in new {
            outputs.put(step, output)?;
        }
        Ok(())
    }

    async fn start(&self, step: u32, last_step: u32, action: &str) -> Result<(), StepError> {
        let writes = JournalWrites {
            starts: vec![StepStart {
                step,
                last_step,
                action: action.to_owned(),
            }],
            ..JournalWrites::default()
        };
        self.journal.write(writes).await?;
        Ok(())
    }

    /// Ends a step: outputs and end are one write.
    async fn end(
        &self,
        step: u32,
        result: Result<Vec<Output>, StepError>,
    ) -> Result<(), StepError> {
        let (outputs, error) = match result {
            Ok(outputs) => (outputs, None),
            Err(StepError::Failed(cause)) => (Vec::new(), Some(cause)),
            Err(StepError::Cancelled) => {
                self.journal.log(
                    Level::Info,
                    Some(step),
                    format!("Error running step {step}: context canceled"),
                );
                return Err(StepError::Cancelled);
            }
            Err(other) => return Err(other),
        };
        self.put(step, &outputs)?;
        self.write_lines(step, &outputs)?;
        let rows = outputs
            .iter()
            .filter(|output| !output.sensitive)
            .zip(0..)
            .map(|(output, position)| OutputRow {
                step,
                position,
                output: output.name.to_string(),
                multi: output.multi,
                value: output.value.to_value(),
            })
            .collect();
        self.write_end(step, rows, error.clone()).await?;
        match error {
            Some(cause) => Err(running(step, cause)),
            None => Ok(()),
        }
    }

    async fn write_end(
        &self,
        step: u32,
        outputs: Vec<OutputRow>,
        error: Option<String>,
    ) -> Result<(), StepError> {
        let publish = {
            let mut published = self.published.lock();
            let is_due = published.elapsed() >= PUBLISH_EVERY;
            if is_due {
                *published = Instant::now();
            }
            is_due
        };
        let writes = JournalWrites {
            outputs,
            ends: vec![StepEnd {
                step,
                error: error.map(|text| text.replace('\0', "\u{fffd}")),
            }],
            waited: true,
            publish,
            ..JournalWrites::default()
        };
        self.journal.write(writes).await?;
        Ok(())
    }

    fn write_lines(&self, step: u32, outputs: &[Output]) -> Result<(), StepError> {
        let Some(sink) = self.journal.output() else {
            return Ok(());
        };
        for output in outputs.iter().filter(|output| !output.sensitive) {
            let line = OutputLine {
                time: line_time(jiff::Timestamp::now()),
                step,
                name: output.name.to_string(),
                multi: output.multi,
                value: output.value.clone(),
            };
            sink(&line).map_err(|error| ScriptError::WritingOutput {
                name: output.name.to_string(),
                step,
                cause: error.to_string(),
            })?;
        }
        Ok(())
    }
}

fn to_output(row: &OutputRow) -> Output {
    let mut output = Output::single("", row.value.clone());
    output.name = row.output.clone().into();
    output.multi = row.multi;
    output
}

fn running(step: u32, cause: String) -> StepError {
    ScriptError::Running { step, cause }.into()
}

fn running_batch(first: u32, last: u32, cause: String) -> StepError {
    if first == last {
        return running(first, cause);
    }
    ScriptError::RunningBatch { first, last, cause }.into()
}

/// A time as output lines have it: UTC, without trailing zeros.
fn line_time(time: jiff::Timestamp) -> String {
    time.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_output_lines_have_no_trailing_zeros() {
        for (nanoseconds, expected) in [
            (0, "2026-05-01T10:00:00Z"),
            (500_000_000, "2026-05-01T10:00:00.5Z"),
            (120_000_000, "2026-05-01T10:00:00.12Z"),
            (1, "2026-05-01T10:00:00.000000001Z"),
            (123_456_780, "2026-05-01T10:00:00.12345678Z"),
        ] {
            let time = jiff::Timestamp::new(1_777_629_600, nanoseconds).unwrap();
            assert_eq!(line_time(time), expected);
        }
    }
}

//! `restart`: nodes are restarted by a script of the operator, one after another.

use std::process::Stdio;

use experiment::action::StopNodes;
use experiment::action::isolation::host_of;
use experiment::script::outputs::Output;
use store::experiment_runs::{Answer, JournalWrites, NewRequest, RequestStatus};
use tokio::process::Command;

use crate::program_output::ProgramOutput;
use crate::run::{Run, StepError};

/// Runs the script for each node. What an earlier process has finished is not repeated, and fails if
/// it failed there; what it was interrupted in runs again, as nobody knows how far it got.
pub(super) async fn run(
    run: &Run<'_>,
    step: u32,
    params: &StopNodes,
) -> Result<Vec<Output>, StepError> {
    let Some(script) = &run.means.network.control_exec else {
        return Err(StepError::Failed("no restart exec provided".to_owned()));
    };
    let verb = if params.clean { "redeploy" } else { "restart" };
    for (number, node) in (0..).zip(&params.nodes) {
        let mut earlier = run.past.requests(step).iter();
        let earlier = earlier.find(|row| row.request == number && row.outcome.is_some());
        match earlier.map(|row| &row.error) {
            Some(None) => continue,
            Some(Some(error)) => return Err(StepError::failed(error)),
            None => {}
        }
        let writes = JournalWrites {
            requests: vec![NewRequest {
                step,
                request: number,
                node: node.clone(),
                kind: "restart".to_owned(),
                ..NewRequest::default()
            }],
            ..JournalWrites::default()
        };
        run.journal.write(writes).await?;
        run.means.may_act()?;
        let mut command = Command::new(script);
        command
            .args([verb, host_of(node)])
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let said = ProgramOutput::of(&mut command).map_err(StepError::failed)?;
        let status = tokio::select! {
            () = run.means.cancel.cancelled() => return Err(StepError::Cancelled),
            status = command.status() => status,
        };
        said.log(&script.display().to_string());
        let error = match status {
            Ok(status) if status.success() => None,
            Ok(status) => Some(format!("{verb} of {node} failed: {status}")),
            Err(error) => Some(format!("cannot run {}: {error}", script.display())),
        };
        let writes = JournalWrites {
            answers: vec![Answer {
                step,
                request: number,
                outcome: RequestStatus::accepted_if(error.is_none()),
                handle: None,
                error: error.clone(),
                is_permanent: error.is_some(),
            }],
            ..JournalWrites::default()
        };
        run.journal.write(writes).await?;
        if let Some(error) = error {
            return Err(StepError::Failed(error));
        }
    }
    Ok(Vec::new())
}

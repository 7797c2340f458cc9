//! Running a script from the command line, without a database: the output lines and the exit of
//! the original's orchestrator.

use std::sync::Arc;

use experiment::script::outputs::OutputLine;
use experiment::script::{Script, ScriptError};
use experiment::seeded_rng::SEED_MAX;
use rand::Rng as _;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::funding;
use crate::nodes::Nodes;
use crate::run::{Ending, Journal, Level, Memory, RecordedRun, Run, RunContext, undo_all};
use crate::tenure::Tenure;

/// Why a script did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum ScriptRunError {
    /// A step failed, or the script cannot be run at all.
    #[error("{0}")]
    Failed(String),
    /// It was interrupted. What it had started at nodes was stopped, except at these.
    #[error("interrupted{}", if .left.is_empty() {
        "; what was scheduled is stopped".to_owned()
    } else {
        format!("; not stopped at {}", .left.join(", "))
    })]
    Interrupted {
        /// Nodes that could not be reached.
        left: Vec<String>,
    },
}

/// Runs a script. `output` gets each output line as it comes. When `cancel` is cancelled, or a
/// step fails, what the script had started at nodes is stopped.
pub async fn run_script(
    config: &Config,
    script: &str,
    output: impl Fn(&OutputLine) -> std::io::Result<()> + Send + Sync + 'static,
    cancel: CancellationToken,
) -> Result<(), ScriptRunError> {
    let failed = |error: &ScriptError| ScriptRunError::Failed(error.to_string());
    let script = Script::parse(script).map_err(|error| failed(&error))?;
    let journal = Journal::in_memory(
        "script",
        Arc::new(output),
        config.network.log_file.as_deref(),
    );
    let tenure = Tenure::unlimited();
    let nodes = Nodes::new(&config.network, &tenure);
    let means = RunContext {
        network: Arc::new(config.network.clone()),
        nodes: nodes.clone(),
        tenure,
        clock: Clock::new(config.time_scale),
        cancel,
        concurrency: config.concurrency,
        key_file_cost: config.key_file_cost,
        paths: config.paths(),
    };
    let past = RecordedRun::default();
    let seed = rand::rng().random_range(0..=SEED_MAX);
    let run = Run::new(&script, &journal, &means, &past, seed);
    let ending = run
        .execute()
        .await
        .map_err(|error| ScriptRunError::Failed(error.to_string()))?;
    let asked = journal.memory().map(Memory::asked).unwrap_or_default();
    let left = funding::report(&script, &asked, &config.network, &config.paths()).await;
    if let Some(left) = left {
        journal.log(Level::Info, None, left.sentence());
    }
    if matches!(ending, Ending::Success) {
        return Ok(());
    }
    let to_undo = journal.memory().map(Memory::to_undo);
    let requests = to_undo
        .unwrap_or_default()
        .into_iter()
        .map(|request| (request.node.clone(), request));
    let undone = undo_all(&nodes, config.concurrency, requests).await;
    let left: Vec<String> = undone
        .into_iter()
        .filter(|(_, result)| result.is_err())
        .map(|(node, _)| node)
        .collect();
    match ending {
        Ending::Failed(message) => Err(ScriptRunError::Failed(message)),
        _ => Err(ScriptRunError::Interrupted { left }),
    }
}

//! The test of the compose stack: a real engine and the image of the Dockerfile. The first pass has
//! the simulated network, and kills every service once; the second one has the folder of an operator
//! of the original.

use std::fs;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

mod cycle;
mod document;
mod engine;
mod existing;
mod hardening;
mod images;
mod stack;

use engine::{Engine, Skip};
use stack::Stack;

/// What is done with a stack; it begins with a folder in which nothing runs.
type Pass = fn(&Stack<'_>, &Workspace) -> Result<()>;

/// Each pass with its folder and the settings that it begins with.
const PASSES: [(&str, &str, Pass); 2] = [
    ("loadlab-compose-test", ".env.simnet", cycle::run),
    ("loadlab-existing-test", ".env.example", existing::run),
];

/// Runs the test; gives the reason where it cannot be run here.
pub(crate) fn run(workspace: &Workspace) -> Result<Option<Skip>> {
    let folder = workspace.target().join("compose-test");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let engine = match Engine::find(&folder)? {
        Ok(engine) => engine,
        Err(reason) => return Ok(Some(reason)),
    };
    if let Err(reason) = images::build(&engine, workspace, &folder)? {
        return Ok(Some(reason));
    }
    for (name, settings, pass) in PASSES {
        let stack = Stack::prepare(&engine, workspace, &folder, (name, settings))?;
        if let Some(port) = stack::taken_port() {
            return Ok(Some(format!("port {port} is taken")));
        }
        let result = pass(&stack, workspace).with_context(|| format!("the stack of {settings}"));
        if result.is_err() {
            stack.show_logs();
        }
        // Removed whether or not it has passed.
        let removed = stack.remove();
        result.and(removed)?;
    }
    Ok(None)
}

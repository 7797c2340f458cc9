//! The test of the compose stack: a real engine, the image of the Dockerfile, the simulated
//! network, the lines of docs/compose.md as they stand, and every service killed once.

use std::fs;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

mod cycle;
mod engine;
mod images;
mod stack;

use engine::{Engine, Skip};
use stack::Stack;

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
    let stack = match Stack::start(&engine, workspace, &folder)? {
        Ok(stack) => stack,
        Err(reason) => return Ok(Some(reason)),
    };
    let result = cycle::run(&stack, workspace);
    if result.is_err() {
        stack.show_logs();
    }
    // Removed whether or not the cycle has passed.
    let removed = stack.remove();
    result.and(removed)?;
    Ok(None)
}

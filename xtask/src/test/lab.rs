//! The dashboard's pages over a real lab: `loadlab demo`, which stays up while a browser looks.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::steps::Done;
use super::web;
use crate::process;
use crate::workspace::Workspace;

/// Its folder in the target folder.
const FOLDER: &str = "lab-test";

/// Time for it to end.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Runs the tests over a real lab where the page is checked and there is a browser. The lab is that
/// of the loadlab that was built for the tests.
pub(super) fn check(workspace: &Workspace) -> Result<Done> {
    if let Some(reason) = web::missing(workspace) {
        return Ok(Done::Skipped(reason));
    }
    let folder = workspace.target().join(FOLDER);
    if folder.is_dir() {
        fs::remove_dir_all(&folder)?;
    }
    let mut demo = Command::new(workspace.target().join("debug/loadlab"));
    demo.args(["demo", "--free-ports", "--data-dir"])
        .arg(&folder);
    let mut lab = Lab::start(&mut demo)?;
    let mut tests = Command::new("node");
    tests.current_dir(workspace.root().join("web"));
    process::run(tests.args(["tests/browser/lab.mjs", &lab.dashboard]))?;
    lab.stop()?;
    fs::remove_dir_all(&folder)?;
    Ok(Done::Passed)
}

/// A demo that stays up.
struct Lab {
    process: Child,
    /// Kept open, so that the demo can write.
    _stderr: BufReader<ChildStderr>,
    /// Address of its dashboard.
    dashboard: String,
}

impl Lab {
    /// Waits until its cycle is done, and shows what it says meanwhile.
    fn start(demo: &mut Command) -> Result<Self> {
        let mut process = demo
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start the demo")?;
        let stderr = process.stderr.take().context("the pipe was asked for")?;
        let mut stderr = BufReader::new(stderr);
        let mut said = String::new();
        while !said.lines().any(|line| line.starts_with("Ctrl-C")) {
            let begin = said.len();
            if stderr.read_line(&mut said)? == 0 {
                process.wait()?;
                bail!("the demo ended:\n{said}");
            }
            eprint!("{}", &said[begin..]);
        }
        let dashboard = dashboard(&said).context("the demo names no dashboard")?;
        Ok(Self {
            process,
            _stderr: stderr,
            dashboard,
        })
    }

    /// Ends it as Ctrl-C does.
    fn stop(&mut self) -> Result<()> {
        let mut kill = Command::new("kill");
        process::output(kill.args(["-INT", &self.process.id().to_string()]))?;
        ensure!(
            process::ends_within(&mut self.process, STOP_LIMIT)?,
            "the demo does not end"
        );
        Ok(())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // Already gone, usually.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The address in the demo's table.
fn dashboard(said: &str) -> Option<String> {
    let mut lines = said.lines().map(str::trim);
    let line = lines.find(|line| line.starts_with("dashboard "))?;
    line.split_whitespace().last().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dashboard_is_found_in_the_table() {
        let said =
            "6/6  done\n  orchestrator  http://127.0.0.1:1/\n  dashboard     http://127.0.0.1:2/\n";
        assert_eq!(dashboard(said).as_deref(), Some("http://127.0.0.1:2/"));
        assert_eq!(dashboard("log: /a/dashboard\n"), None);
    }

    #[test]
    fn a_demo_that_ends_is_a_failure_with_its_words() {
        let mut demo = Command::new("sh");
        let failed = Lab::start(demo.args(["-c", "echo 'no disk' >&2"]));
        let error = failed.err().map(|error| error.to_string()).unwrap();
        assert!(error.contains("no disk"), "{error}");
    }

    #[test]
    fn a_lab_is_ended_by_an_interrupt() {
        let mut demo = Command::new("sh");
        demo.args([
            "-c",
            "trap 'exit 0' INT; echo 'dashboard http://127.0.0.1:2/' >&2; echo Ctrl-C >&2; \
             while :; do sleep 0.05; done",
        ]);
        let mut lab = Lab::start(&mut demo).unwrap();
        assert_eq!(lab.dashboard, "http://127.0.0.1:2/");
        lab.stop().unwrap();
        assert!(lab.process.wait().unwrap().success());
    }
}

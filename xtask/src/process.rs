//! Running other programs.

use std::env;
use std::ffi::OsString;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a running program is asked whether it has ended.
const POLL: Duration = Duration::from_millis(20);

/// A cargo command, by the cargo that runs this program.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Says what is run, runs it with this program's own input and output, and fails if it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = command_line(command);
    eprintln!("$ {line}");
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// The standard output of a quick command that has to succeed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = command_line(command);
    let output = command
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        bail!(
            "`{line}` failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` wrote no UTF-8"))
}

/// Whether a quick command runs and succeeds; what it writes is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a command for at most `limit`; an error holds what it wrote to standard error.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Result<()> {
    let line = command_line(command);
    eprintln!("$ {line}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    let mut pipe = child.stderr.take().context("the pipe was asked for")?;
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        // what could be read before a failure is all there is to show
        let _complete = pipe.read_to_end(&mut text);
        String::from_utf8_lossy(&text).trim().to_owned()
    });
    if !ends_within(&mut child, limit)? {
        child.kill()?;
        child.wait()?;
        bail!("no end after {} s", limit.as_secs());
    }
    let said = reader.join().unwrap_or_default();
    if !child.wait()?.success() {
        bail!("{said}");
    }
    Ok(())
}

/// Waits for the end of `child` for at most `limit`; false if it still runs.
pub(crate) fn ends_within(child: &mut Child, limit: Duration) -> Result<bool> {
    let begin = Instant::now();
    while child.try_wait()?.is_none() {
        if begin.elapsed() > limit {
            return Ok(false);
        }
        thread::sleep(POLL);
    }
    Ok(true)
}

/// The file of a program, looked for in `PATH`.
pub(crate) fn in_path(program: &str) -> Option<PathBuf> {
    in_directories(&env::var_os("PATH")?, program)
}

fn in_directories(path: &OsString, program: &str) -> Option<PathBuf> {
    env::split_paths(path)
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
}

fn command_line(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    let mut words = vec![name.to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|argument| argument.to_string_lossy().into_owned()),
    );
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_is_an_error_that_names_it() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert!(error.to_string().contains("`sh -c exit 3`"), "{error}");
        assert!(error.to_string().contains('3'), "{error}");
    }

    #[test]
    fn a_command_that_hangs_is_ended_at_the_limit() {
        let begin = Instant::now();
        let error =
            run_within(Command::new("sleep").arg("60"), Duration::from_millis(50)).unwrap_err();
        assert!(error.to_string().contains("no end after"), "{error}");
        assert!(begin.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_limited_command_hands_on_what_it_complained_about() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no network >&2; exit 1"]);
        let error = run_within(&mut command, Duration::from_mins(1)).unwrap_err();
        assert_eq!(error.to_string(), "no network");
    }

    #[test]
    fn programs_are_found_in_the_directories_of_the_path_only() {
        assert!(in_directories(&"/bin:/usr/bin".into(), "sh").is_some());
        assert!(in_directories(&"/nowhere".into(), "sh").is_none());
    }
}

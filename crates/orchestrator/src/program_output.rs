//! What a program that we run says. It goes to a file without a name, so that the program can write
//! whatever becomes of our own standard error and of this process, and to the log when the program
//! has ended. Our standard output is for output lines.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use tokio::process::Command;

/// How much of the end is logged.
const LOGGED_BYTES_MAX: u64 = 16 << 10;

/// Takes the output of one program.
pub(crate) struct ProgramOutput(File);

impl ProgramOutput {
    /// Takes what `command` will say.
    pub(crate) fn of(command: &mut Command) -> io::Result<Self> {
        let file = tempfile::tempfile()?;
        command.stdout(file.try_clone()?).stderr(file.try_clone()?);
        Ok(Self(file))
    }

    /// Logs the end of it, line by line. The program has ended.
    pub(crate) fn log(&self, program: &str) {
        match self.end() {
            Ok(text) => {
                for line in text.lines().filter(|line| !line.trim().is_empty()) {
                    tracing::info!(program, "{line}");
                }
            }
            Err(error) => tracing::warn!(program, %error, "cannot read what the program said"),
        }
    }

    /// At a place of its own: the program's position in the file stays as it is.
    fn end(&self) -> io::Result<String> {
        let length = self.0.metadata()?.len();
        let bytes = length.min(LOGGED_BYTES_MAX);
        let mut end = vec![0; usize::try_from(bytes).unwrap_or_default()];
        self.0.read_exact_at(&mut end, length - bytes)?;
        Ok(String::from_utf8_lossy(&end).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_streams_are_kept_and_the_end_of_much_is_enough() {
        let said = async |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            let output = ProgramOutput::of(&mut command).unwrap();
            assert!(command.status().await.unwrap().success());
            output.end().unwrap()
        };
        assert_eq!(said("echo out; echo err >&2").await, "out\nerr\n");
        assert_eq!(said(":").await, "");
        let much = said("yes | head -c 1000000; echo last").await;
        assert_eq!(much.len(), 16 << 10);
        assert!(much.ends_with("last\n"));
    }
}

//! Starting the program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program with these arguments, and with nothing of the environment that
/// could name a database.
pub(crate) fn loadlab<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadlab"));
    command.args(arguments).stdin(Stdio::null());
    for name in [
        "DATABASE_URL",
        "DATABASE_URL_FILE",
        "PSQL_CONNECTION_STRING",
        "LOADLAB_DATA_DIR",
        "LOADLAB_SETTINGS",
        "LOADLAB_LOG",
        "LOADLAB_LOG_FORMAT",
        "HANDLE_STATUS_CHANGE",
    ] {
        command.env_remove(name);
    }
    command
}

/// Every command, as a user types it: the list that a test of the command line keeps complete.
pub(crate) fn commands() -> impl Iterator<Item = &'static str> {
    include_str!("../commands.txt").lines()
}

/// What a program that has ended has said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn of(command: &mut Command) -> Self {
        Self::from(command.output().unwrap())
    }

    /// Its standard output; fails unless it succeeded.
    #[track_caller]
    pub(crate) fn success(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.err);
        self.out
    }

    /// Fails unless the program failed with one sentence that contains this.
    #[track_caller]
    pub(crate) fn assert_failure(&self, message: &str) {
        assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
        assert_eq!(self.out, "");
        assert_eq!(self.err.lines().count(), 1, "{}", self.err);
        assert!(self.err.starts_with("error: "), "{}", self.err);
        assert!(self.err.contains(message), "{}", self.err);
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// `trace import` of a file into a database, as node `n`.
pub(crate) fn import(file: &Path, url: &str) -> Command {
    let mut command = loadlab(["trace", "import"]);
    command.arg(file).args(["--node", "n", "--format", "json"]);
    command.env("DATABASE_URL", url);
    command
}

/// The example that the demo shows.
pub(crate) fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/example/internal-trace.jsonl")
}

/// A recorded trace that may lie beside the workspace.
pub(crate) fn recorded() -> Option<PathBuf> {
    captured_data::path("internal-trace.jsonl")
}

/// A trace of many blocks that touch every table.
pub(crate) fn composed(blocks: u32) -> String {
    let block = |block: u32| {
        let time = 1_760_000_000 + 10 * block;
        format!(
            "{{\"current_block\":\"0\"}}\n\
             [\"Transaction_diff_received\",{time}.25]\n\
             {{\"metadata\":{{\"diff\":[[\"payment\",\"7m{block}\",\"e-0-0-{block}\"]]}}}}\n\
             [\"Snark_work_received\",{time}.375]\n\
             {{\"metadata\":{{\"work_ids\":[{block},1],\"fee\":\"1\"}}}}\n\
             {{\"current_block\":\"3Nx{block}\"}}\n\
             [\"External_block_received\",{time}.5]\n\
             {{\"block_metadata\":{{\"blockchain_length\":\"{block}\",\"transactions\":\
             [[\"payment\",\"7m{block}\",\"e-0-0-{block}\",[\"Applied\"]]]}}}}\n\
             [\"Build_breadcrumb\",{time}.625]\n\
             [\"Prediff\",{time}.75]\n\
             [\"Add_and_finalize\",{time}.875]\n\
             [\"Breadcrumb_integrated\",{time}.9375]\n\
             {{\"news\":{block}}}\n"
        )
    };
    (0..blocks).map(block).collect()
}

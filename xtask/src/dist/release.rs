//! What is packed: version and commit.

use anyhow::Result;

use crate::process;
use crate::workspace::Workspace;

/// The version of the workspace.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is packed.
pub(super) struct Commit {
    /// Its short name, with `-changed` if files differ from it.
    pub(super) name: String,
    /// When it was made, in seconds since 1970.
    pub(super) unix_seconds: String,
}

impl Commit {
    pub(super) fn of(workspace: &Workspace) -> Result<Self> {
        let git = |arguments: &[&str]| {
            let mut command = workspace.command("git".into());
            process::output(command.args(arguments)).map(|text| text.trim().to_owned())
        };
        let mut name = git(&["rev-parse", "--short=12", "HEAD"])?;
        if !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty() {
            name.push_str("-changed");
        }
        Ok(Self {
            name,
            unix_seconds: git(&["show", "--no-patch", "--format=%ct", "HEAD"])?,
        })
    }
}

//! Where things are: the root of the workspace, the target directory, the files of the project.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// The workspace this program was compiled from.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("the xtask package lies in no workspace")?
            .to_owned();
        Ok(Self { root })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target(&self) -> PathBuf {
        match env::var_os("CARGO_TARGET_DIR") {
            Some(directory) => self.root.join(directory),
            None => self.root.join("target"),
        }
    }

    /// A cargo command, in the root of the workspace, by the cargo that runs this program.
    pub(crate) fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = process::cargo(arguments);
        command.current_dir(&self.root);
        command
    }

    /// Another program, in the root of the workspace.
    pub(crate) fn command(&self, program: PathBuf) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// Path (relative, with `/`) and text of every text file of the project: what git tracks, and
    /// what it would track after `git add`.
    pub(crate) fn files(&self) -> Result<Vec<(String, String)>> {
        let mut list = Command::new("git");
        list.current_dir(&self.root).args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]);
        let listed = process::output(&mut list)?;
        let mut files = Vec::new();
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            match fs::read(self.root.join(path)) {
                Ok(bytes) => {
                    // anything else than UTF-8 is an image or the like, of which no rule speaks
                    if let Ok(text) = String::from_utf8(bytes) {
                        files.push((path.to_owned(), text));
                    }
                }
                // deleted, but still in git's index
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| format!("cannot read {path}")),
            }
        }
        Ok(files)
    }
}

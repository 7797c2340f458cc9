//! Which user runs the server.

use std::io;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use nix::unistd::{User, geteuid};

use super::EmbeddedError;

/// Users that the server may run as, best first. Their names matter: `initdb`
/// looks its user up and refuses one without a name.
const NAMES: [&str; 2] = ["postgres", "nobody"];

pub(super) fn is_root() -> bool {
    geteuid().is_root()
}

/// The unprivileged user that runs the server for root.
#[derive(Debug, Clone)]
pub(super) struct Account {
    name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    /// The user to change to, none if this process is not root's.
    pub(super) fn for_server() -> Result<Option<Self>, EmbeddedError> {
        if !is_root() {
            return Ok(None);
        }
        NAMES
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self {
                name: user.name,
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
            })
            .map(Some)
            .ok_or(EmbeddedError::NoAccount)
    }

    /// Lets the command run as this user, without root's further groups.
    pub(super) fn apply(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    pub(super) fn own(&self, path: &Path) -> io::Result<()> {
        chown(path, Some(self.uid), Some(self.gid))
    }

    /// Fails if a folder on the way to and including `folder` is closed to the
    /// user.
    pub(super) fn require_enterable(&self, folder: &Path) -> Result<(), EmbeddedError> {
        for step in folder.ancestors() {
            let metadata = step
                .metadata()
                .map_err(|source| EmbeddedError::file(step, source))?;
            let execute_bit = if metadata.uid() == self.uid {
                0o100
            } else if metadata.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            if metadata.mode() & execute_bit == 0 {
                return Err(EmbeddedError::NotEnterable {
                    folder: step.to_owned(),
                    user: self.name.clone(),
                });
            }
        }
        Ok(())
    }
}

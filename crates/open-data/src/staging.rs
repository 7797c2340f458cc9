//! The folder in which files grow until all are whole: hidden, beside the one that was asked for.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::{io, process};

use crate::error::ExportError;

/// What stands between the name that was asked for and the number of the process.
const MARK: &str = ".loadlab-export-";

/// Is removed when it is dropped before it was published. What a killed process has left is removed
/// by the next export to the same place.
#[derive(Debug)]
pub(crate) struct Staging {
    path: PathBuf,
    target: PathBuf,
    /// Locked as long as the process lives.
    _lock: File,
}

impl Staging {
    /// Makes the folder, and those above it. `target` must be an empty folder or not be there.
    pub(crate) fn beside(target: &Path) -> Result<Self, ExportError> {
        let name = target.file_name();
        let name = name.ok_or_else(|| ExportError::NoName(target.to_owned()))?;
        let is_free = match fs::read_dir(target) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if !is_free {
            return Err(ExportError::NotEmpty(target.to_owned()));
        }
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        durable::make_folder(parent, 0o755).map_err(ExportError::write(parent))?;
        let mut beginning = OsString::from(".");
        beginning.push(name);
        beginning.push(MARK);
        remove_abandoned(parent, &beginning);
        let mut own = beginning;
        own.push(process::id().to_string());
        let path = parent.join(own);
        let make = || {
            durable::make_folder(&path, 0o755)?;
            let folder = File::open(&path)?;
            folder.lock()?;
            Ok(folder)
        };
        let lock = make().map_err(ExportError::write(&path))?;
        Ok(Self {
            path,
            target: target.to_owned(),
            _lock: lock,
        })
    }

    pub(crate) fn path_of(&self, file: &str) -> PathBuf {
        self.path.join(file)
    }

    pub(crate) fn write(&self, file: &str, content: &[u8]) -> Result<(), ExportError> {
        let path = self.path_of(file);
        durable::write(&path, 0o644, content).map_err(ExportError::write(&path))
    }

    /// Gives the folder its name. All files in it must be on disk.
    pub(crate) fn publish(self) -> Result<(), ExportError> {
        // After this, dropping finds nothing to remove.
        durable::rename(&self.path, &self.target).map_err(ExportError::write(&self.target))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // At best: the next export tries again.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes the folders of processes that have ended.
fn remove_abandoned(parent: &Path, beginning: &OsString) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_ours = name
            .as_encoded_bytes()
            .starts_with(beginning.as_encoded_bytes());
        if !is_ours {
            continue;
        }
        let locked = File::open(entry.path()).map(|folder| (folder.try_lock().is_ok(), folder));
        if let Ok((true, _folder)) = locked {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

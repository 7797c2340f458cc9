//! A disk that tests can fill.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// A small file system in memory, unmounted when dropped.
#[derive(Debug)]
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts one of a size such as `8k` or `3m`; none where that is not allowed: only root may.
    #[must_use]
    pub fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        // The server may run as another user.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).ok()?;
        let disk = Self(folder);
        fs::create_dir(disk.path()).ok()?;
        let size = format!("size={size}");
        let options = ["-t", "tmpfs", "-o", &size, "tmpfs"];
        disk.run("mount", &options).then_some(disk)
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.0.path().join("disk")
    }

    /// Gives it another size. Returns whether that is possible.
    #[must_use]
    pub fn grow(&self, size: &str) -> bool {
        self.run("mount", &["-o", &format!("remount,size={size}")])
    }

    fn run(&self, program: &str, arguments: &[&str]) -> bool {
        let mut command = Command::new(program);
        let output = command.args(arguments).arg(self.path()).output();
        output.is_ok_and(|output| output.status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // At best: the system cleans folders for temporary files, too.
        let _is_unmounted = self.run("umount", &["--lazy"]);
    }
}

//! The Debian package: the folder of the release below `/usr`, its settings below `/etc`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::release::{Commit, VERSION};
use crate::process;
use crate::workspace::Workspace;

/// Scripts that run when the package is installed and removed.
const SCRIPTS: [&str; 3] = ["postinst", "prerm", "postrm"];

/// Packs the staged folder; gives the path of the package.
pub(super) fn package(
    workspace: &Workspace,
    staged: &Path,
    out: &Path,
    commit: &Commit,
) -> Result<PathBuf> {
    let dpkg = Command::new("dpkg").arg("--print-architecture").output();
    let architecture = String::from_utf8(dpkg.context("cannot start dpkg")?.stdout)?;
    let architecture = architecture.trim();
    let tree = out.join("debian");
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    fs::create_dir_all(tree.join("DEBIAN"))?;
    process::run(
        Command::new("cp")
            .arg("-a")
            .arg(staged)
            .arg(tree.join("usr")),
    )?;
    fs::rename(tree.join("usr/etc"), tree.join("etc"))?;
    let taken = process::output(
        Command::new("du")
            .args(["-sk", "--apparent-size"])
            .arg(&tree),
    )?;
    let kibibytes = taken.split_whitespace().next().unwrap_or("0");
    let deploy = workspace.root().join("deploy/debian");
    let control = fs::read_to_string(deploy.join("control"))?
        .replace("@VERSION@", VERSION)
        .replace("@ARCHITECTURE@", architecture)
        .replace("@SIZE_KIB@", kibibytes);
    fs::write(tree.join("DEBIAN/control"), control)?;
    fs::copy(deploy.join("conffiles"), tree.join("DEBIAN/conffiles"))?;
    for script in SCRIPTS {
        let to = tree.join("DEBIAN").join(script);
        fs::copy(deploy.join(script), &to)?;
        fs::set_permissions(&to, fs::Permissions::from_mode(0o755))?;
    }
    let package = out.join(format!("loadlab_{VERSION}_{architecture}.deb"));
    let mut build = Command::new("dpkg-deb");
    build
        // Every dpkg reads gzip, and it packs in seconds.
        .args(["--root-owner-group", "-Zgzip", "--build"])
        .arg(&tree)
        .arg(&package)
        .env("SOURCE_DATE_EPOCH", &commit.unix_seconds);
    process::run(&mut build)?;
    fs::remove_dir_all(&tree)?;
    Ok(package)
}

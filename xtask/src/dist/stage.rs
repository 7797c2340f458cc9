//! The folder of a release: everything at its place below a prefix, as `/usr/local` or `/opt/loadlab`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// Files of the repository, and where they go.
const FILES: [(&str, &str); 10] = [
    (
        "deploy/systemd/loadlab.service",
        "lib/systemd/system/loadlab.service",
    ),
    (
        "deploy/systemd/loadlab@.service",
        "lib/systemd/system/loadlab@.service",
    ),
    (
        "deploy/systemd/loadlab.sysusers",
        "lib/sysusers.d/loadlab.conf",
    ),
    (
        "deploy/grafana/loadlab.json",
        "share/loadlab/grafana/loadlab.json",
    ),
    (
        "deploy/prometheus/alerts.yml",
        "share/loadlab/prometheus/alerts.yml",
    ),
    (
        "deploy/prometheus/alerts_test.yml",
        "share/loadlab/prometheus/alerts_test.yml",
    ),
    (
        "deploy/prometheus/prometheus.yml",
        "share/loadlab/prometheus/prometheus.yml",
    ),
    ("README.md", "share/doc/loadlab/README.md"),
    ("CHANGELOG.md", "share/doc/loadlab/CHANGELOG.md"),
    ("LICENSE", "share/doc/loadlab/copyright"),
];

/// Shells, and where each looks for completions.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "share/bash-completion/completions/loadlab"),
    ("zsh", "share/zsh/site-functions/_loadlab"),
    ("fish", "share/fish/vendor_completions.d/loadlab.fish"),
];

/// Fills `folder`, which does not exist yet.
pub(super) fn fill(workspace: &Workspace, binary: &Path, folder: &Path) -> Result<()> {
    let program = folder.join("bin/loadlab");
    put(binary, &program, 0o755)?;
    for (from, to) in FILES {
        put(&workspace.root().join(from), &folder.join(to), 0o644)?;
    }
    for (documents, end) in [("docs", "md"), ("docs/pictures", "png")] {
        for document in fs::read_dir(workspace.root().join(documents))? {
            let path = document?.path();
            if path.extension().is_some_and(|found| found == end) {
                let name = path.file_name().context("a file has a name")?;
                let to = folder.join("share/doc/loadlab").join(documents).join(name);
                put(&path, &to, 0o644)?;
            }
        }
    }
    for (shell, to) in COMPLETIONS {
        let text = process::output(Command::new(&program).args(["completions", shell]))?;
        write(&folder.join(to), &text)?;
    }
    let pages = folder.join("share/man/man1");
    process::output(Command::new(&program).arg("man").arg(&pages))?;
    for page in fs::read_dir(&pages)? {
        fs::set_permissions(page?.path(), fs::Permissions::from_mode(0o644))?;
    }
    let settings = folder.join("etc/loadlab/loadlab.toml");
    make_parent(&settings)?;
    process::output(Command::new(&program).arg("init").arg(&settings))?;
    Ok(())
}

fn put(from: &Path, to: &Path, mode: u32) -> Result<()> {
    make_parent(to)?;
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    fs::set_permissions(to, fs::Permissions::from_mode(mode))?;
    Ok(())
}

fn write(to: &Path, text: &str) -> Result<()> {
    make_parent(to)?;
    fs::write(to, text).with_context(|| format!("cannot write {}", to.display()))?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o644))?;
    Ok(())
}

fn make_parent(path: &Path) -> Result<()> {
    let folder = path.parent().context("a file lies in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

//! `cargo xtask dist`: what a release is made of: a tarball and a Debian package.
//!
//! Both hold the program, completions, manual pages, systemd units, an example of the settings file,
//! the Grafana dashboard, the alert rules and the documents. They are made with the system's own
//! `tar` and `dpkg-deb`; times and owners in them come from the commit, so the same commit gives the
//! same archives.

mod debian;
mod release;
mod stage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;
use release::{Commit, VERSION};

/// What was asked for.
struct Arguments {
    /// A program that is built already.
    binary: Option<PathBuf>,
    /// Where the archives go.
    out: Option<PathBuf>,
}

pub(crate) fn run(workspace: &Workspace, words: &[String]) -> Result<()> {
    let arguments = parse(words)?;
    let commit = Commit::of(workspace)?;
    let binary = match arguments.binary {
        Some(binary) => binary,
        None => build(workspace)?,
    };
    let out = arguments
        .out
        .unwrap_or_else(|| workspace.target().join("dist"));
    for made in make(workspace, &binary, &out, &commit)? {
        eprintln!("{}", made.display());
    }
    Ok(())
}

fn parse(words: &[String]) -> Result<Arguments> {
    let mut arguments = Arguments {
        binary: None,
        out: None,
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let place = match word.as_str() {
            "--binary" => &mut arguments.binary,
            "--out" => &mut arguments.out,
            other => bail!("`dist` takes no `{other}`; `cargo xtask dist --help` explains it"),
        };
        let value = words
            .next()
            .with_context(|| format!("{word} needs a path"))?;
        *place = Some(value.into());
    }
    Ok(arguments)
}

/// A static program with optimisation, of the commit; gives its path. With glibc: the musl target of rustup would need a C compiler
/// for musl as well (`musl-gcc`), for the C parts of zstd, ring and mimalloc.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    let commit = Commit::of(workspace)?;
    let about = process::output(Command::new("rustc").arg("-vV"))?;
    let mut lines = about.lines();
    let target = lines
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc does not say for which machine it compiles")?;
    // With `--target`, the flag does not reach macros and build scripts, which cannot be static.
    let mut cargo = workspace.cargo([
        "build",
        "--release",
        "--locked",
        "--package",
        "loadlab",
        "--target",
        target,
    ]);
    cargo
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .env("LOADLAB_COMMIT", &commit.name);
    process::run(&mut cargo)?;
    Ok(workspace.target().join(target).join("release/loadlab"))
}

/// Makes the archives of a program; gives their paths.
fn make(workspace: &Workspace, binary: &Path, out: &Path, commit: &Commit) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let out = &fs::canonicalize(out)?;
    let name = format!("loadlab-{VERSION}-{}", std::env::consts::ARCH);
    let staged = out.join(&name);
    if staged.exists() {
        fs::remove_dir_all(&staged)?;
    }
    stage::fill(workspace, binary, &staged)?;
    let tarball = out.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
        .arg(format!("--mtime=@{}", commit.unix_seconds))
        // Without the time of packing.
        .args(["--use-compress-program=gzip -n", "-cf"])
        .arg(&tarball)
        .arg("-C")
        .arg(out)
        .arg(&name);
    process::run(&mut tar)?;
    let mut made = vec![tarball];
    if process::in_path("dpkg-deb").is_some() {
        made.push(debian::package(workspace, &staged, out, commit)?);
    } else {
        eprintln!("there is no dpkg-deb: no Debian package is made");
    }
    fs::remove_dir_all(&staged)?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_it_does_not_know_is_refused() {
        let parsed = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            parse(&words).map(|arguments| (arguments.binary, arguments.out))
        };
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(
            parsed(&["--out", "o", "--binary", "b"]).unwrap(),
            (path("b"), path("o"))
        );
        assert!(parsed(&["--fast"]).is_err());
        assert!(parsed(&["--out"]).is_err());
    }

    /// The paths in an archive, without those of folders.
    fn listed(command: &mut Command) -> Vec<String> {
        let listed = process::output(command).unwrap();
        let paths = listed
            .lines()
            .map(|line| line.split_whitespace().last().unwrap());
        let files = paths.filter(|path| !path.ends_with('/'));
        files
            .map(|path| path.trim_start_matches('.').to_owned())
            .collect()
    }

    const IN_BOTH: [&str; 15] = [
        "/bin/loadlab",
        "/share/bash-completion/completions/loadlab",
        "/share/zsh/site-functions/_loadlab",
        "/share/fish/vendor_completions.d/loadlab.fish",
        "/share/man/man1/loadlab.1",
        "/share/man/man1/loadlab-up.1",
        "/lib/systemd/system/loadlab.service",
        "/lib/systemd/system/loadlab@.service",
        "/lib/sysusers.d/loadlab.conf",
        "/share/loadlab/grafana/loadlab.json",
        "/share/loadlab/prometheus/alerts.yml",
        "/share/loadlab/prometheus/alerts_test.yml",
        "/share/loadlab/prometheus/prometheus.yml",
        "/share/doc/loadlab/docs/guide.md",
        "/share/doc/loadlab/docs/pictures/overview.png",
    ];

    /// A folder of a test's own.
    fn folder(name: &str) -> PathBuf {
        let target = Workspace::find().unwrap().target();
        let folder = target.join(format!("dist-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Answers like the program, as far as packing needs it.
    const STAND_IN: &str = "#!/bin/sh
case $1 in
    man) mkdir -p \"$2\" && echo page >\"$2/loadlab.1\" ;;
    init) echo '# settings' >\"$2\" && chmod 600 \"$2\" ;;
    *) echo \"$@\" ;;
esac
";

    #[test]
    fn the_same_commit_gives_the_same_archives() {
        let workspace = Workspace::find().unwrap();
        let out = folder("same");
        let program = out.join("stand-in");
        fs::write(&program, STAND_IN).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let commit = Commit::of(&workspace).unwrap();
        let one = make(&workspace, &program, &out.join("one"), &commit).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        let other = make(&workspace, &program, &out.join("other"), &commit).unwrap();
        assert_eq!(one.len(), other.len());
        for (one, other) in one.iter().zip(&other) {
            let same = fs::read(one).unwrap() == fs::read(other).unwrap();
            assert!(same, "{} differs when it is made again", one.display());
        }
        fs::remove_dir_all(&out).unwrap();
    }

    /// Packs the program that the tests of the workspace have built.
    #[test]
    fn the_archives_hold_what_a_release_is_made_of() {
        let workspace = Workspace::find().unwrap();
        let binary = workspace.target().join("debug/loadlab");
        if !binary.is_file() {
            eprintln!("SKIPPED: the program is not built");
            return;
        }
        let out = folder("contents");
        let commit = Commit::of(&workspace).unwrap();
        // Without what debuggers need, most of which would be packed for nothing.
        let stripped = out.join("loadlab");
        let mut strip = Command::new("strip");
        strip.arg("-o").arg(&stripped).arg(&binary);
        let binary = if process::succeeds(&mut strip) {
            stripped
        } else {
            binary
        };
        let made = make(&workspace, &binary, &out, &commit).unwrap();

        let name = format!("loadlab-{VERSION}-{}", std::env::consts::ARCH);
        let files = listed(Command::new("tar").arg("-tf").arg(&made[0]));
        for path in IN_BOTH.iter().chain(&["/etc/loadlab/loadlab.toml"]) {
            assert!(
                files.contains(&format!("{name}{path}")),
                "{path} is missing: {files:?}"
            );
        }
        let mut unpack = Command::new("tar");
        unpack.arg("-xf").arg(&made[0]).arg("-C").arg(&out);
        process::run(&mut unpack).unwrap();
        let unpacked = out.join(&name);
        let said = process::output(Command::new(unpacked.join("bin/loadlab")).arg("version"));
        assert!(
            said.unwrap()
                .starts_with(&format!("loadlab {VERSION} (commit "))
        );
        let example = unpacked.join("etc/loadlab/loadlab.toml");
        let mode = fs::metadata(&example).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it may get a password");
        let mut show = Command::new(unpacked.join("bin/loadlab"));
        show.args(["config", "show", "--settings"]).arg(&example);
        process::output(&mut show).unwrap();

        if let Some(package) = made.get(1) {
            let files = listed(Command::new("dpkg-deb").arg("-c").arg(package));
            for path in IN_BOTH {
                let path = format!("/usr{path}");
                assert!(files.contains(&path), "{path} is missing: {files:?}");
            }
            assert!(files.contains(&"/etc/loadlab/loadlab.toml".to_owned()));
            let control = process::output(Command::new("dpkg-deb").arg("-I").arg(package)).unwrap();
            assert!(
                control.contains(&format!("Version: {VERSION}\n")),
                "{control}"
            );
            assert!(
                control.contains("conffiles") && control.contains("postinst"),
                "{control}"
            );
            assert!(
                !control.contains('@') || control.contains("loadlab@"),
                "{control}"
            );
        }
        check_units(&unpacked, &out);
        fs::remove_dir_all(&out).unwrap();
    }

    /// systemd finds nothing wrong with the units.
    fn check_units(unpacked: &Path, out: &Path) {
        if process::in_path("systemd-analyze").is_none() {
            eprintln!("SKIPPED: systemd-analyze is not installed");
            return;
        }
        let root = out.join("root");
        let units = root.join("usr/lib/systemd/system");
        fs::create_dir_all(&units).unwrap();
        fs::create_dir_all(root.join("usr/bin")).unwrap();
        fs::copy(unpacked.join("bin/loadlab"), root.join("usr/bin/loadlab")).unwrap();
        for unit in ["loadlab.service", "loadlab@.service"] {
            let from = unpacked.join("lib/systemd/system").join(unit);
            fs::copy(from, units.join(unit)).unwrap();
        }
        // What every system has.
        for target in [
            "sysinit",
            "basic",
            "shutdown",
            "multi-user",
            "network-online",
        ] {
            fs::write(
                units.join(format!("{target}.target")),
                "[Unit]\nDescription=x\n",
            )
            .unwrap();
        }
        for slice in ["system", "-"] {
            fs::write(
                units.join(format!("{slice}.slice")),
                "[Unit]\nDescription=x\n",
            )
            .unwrap();
        }
        let mut verify = Command::new("systemd-analyze");
        verify
            .args(["verify", "--man=no"])
            .arg(format!("--root={}", root.display()));
        verify.args(["loadlab.service", "loadlab@log-fetcher.service"]);
        let verified = verify.output().unwrap();
        let said = String::from_utf8_lossy(&verified.stderr);
        assert!(verified.status.success() && said.is_empty(), "{said}");
    }
}

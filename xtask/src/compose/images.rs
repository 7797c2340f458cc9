//! The images that compose.yaml wants: ours by the Dockerfile, and PostgreSQL's. Where no registry
//! can be reached, stand-ins of their bases are made from Debian's packages.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::engine::{Engine, Skip};
use crate::workspace::Workspace;
use crate::{dist, process};

const DEBIAN: &str = "debian:12-slim";
pub(super) const POSTGRES: &str = "postgres:15-alpine";
const MIRROR: &str = "http://deb.debian.org/debian";
const PULL_LIMIT: Duration = Duration::from_mins(5);

/// Largest image of the services.
const IMAGE_BYTES_MAX: u64 = 60_000_000;

/// Builds all images; `Err` inside says what is missing.
pub(super) fn build(
    engine: &Engine,
    workspace: &Workspace,
    folder: &Path,
) -> Result<Result<(), Skip>> {
    for image in [DEBIAN, POSTGRES] {
        if has(engine, image)
            || process::run_within(&mut engine.docker(["pull", image]), PULL_LIMIT).is_ok()
        {
            continue;
        }
        if process::in_path("debootstrap").is_none() {
            return Ok(Err(format!(
                "no registry has {image}, and there is no debootstrap to make a stand-in"
            )));
        }
        match image {
            DEBIAN => make_debian(engine, folder)?,
            _ => make_postgres(engine, folder)?,
        }
    }
    make_loadlab(engine, workspace, folder)?;
    Ok(Ok(()))
}

fn has(engine: &Engine, image: &str) -> bool {
    process::succeeds(&mut engine.docker(["image", "inspect", image]))
}

/// Debian's base with what the Dockerfile and the stand-in of PostgreSQL's image install: packages
/// cannot be installed while an image is built, as nothing outside can be reached then.
fn make_debian(engine: &Engine, folder: &Path) -> Result<()> {
    let tree = folder.join("debian");
    if !tree.join("var/lib/dpkg/status").is_file() || tree.join("debootstrap").exists() {
        process::run(
            Command::new("debootstrap")
                .args([
                    "--variant=minbase",
                    "--include=ca-certificates,busybox-static,postgresql-15",
                    "bookworm",
                ])
                .arg(&tree)
                .arg(MIRROR),
        )?;
    }
    let mut tar = Command::new("tar")
        .arg("-C")
        .arg(&tree)
        .args(["-c", "."])
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start tar")?;
    let archive = tar.stdout.take().context("the pipe was asked for")?;
    process::run(engine.docker(["import", "-", DEBIAN]).stdin(archive))?;
    if !tar.wait()?.success() {
        bail!("tar failed");
    }
    Ok(())
}

fn make_postgres(engine: &Engine, folder: &Path) -> Result<()> {
    let context = folder.join("postgres");
    fs::create_dir_all(&context)?;
    fs::write(
        context.join("entrypoint.sh"),
        include_str!("postgres-entrypoint.sh"),
    )?;
    fs::write(
        context.join("Dockerfile"),
        format!(
            "FROM {DEBIAN}\n\
             COPY entrypoint.sh /entrypoint.sh\n\
             RUN chmod 755 /entrypoint.sh && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/\n\
             ENTRYPOINT [\"/entrypoint.sh\"]\n\
             STOPSIGNAL SIGINT\n"
        ),
    )?;
    process::run(engine.docker(["build", "--tag", POSTGRES]).arg(&context))
}

/// Builds the program of a release here, where the dependencies are, as the Dockerfile would, and lets
/// the Dockerfile do the rest.
fn make_loadlab(engine: &Engine, workspace: &Workspace, folder: &Path) -> Result<()> {
    let program = dist::build(workspace)?;
    let context = folder.join("binary");
    fs::create_dir_all(&context)?;
    fs::copy(program, context.join("loadlab"))?;
    fs::write(
        context.join("Dockerfile"),
        "FROM scratch\nCOPY loadlab /out/loadlab\n",
    )?;
    process::run(
        engine
            .docker(["build", "--tag", "loadlab-binary"])
            .arg(&context),
    )?;
    process::run(
        engine
            .docker(["build", "--build-arg", "BINARY=loadlab-binary"])
            .args(["--tag", "loadlab:latest"])
            .arg(workspace.root()),
    )?;
    let size = process::output(&mut engine.docker([
        "image",
        "inspect",
        "--format",
        "{{.Size}}",
        "loadlab:latest",
    ]))?;
    let bytes: u64 = size.trim().parse().context("the size of the image")?;
    eprintln!("the image has {} MB", bytes / 1_000_000);
    if bytes > IMAGE_BYTES_MAX {
        bail!("the image has {bytes} bytes, more than {IMAGE_BYTES_MAX}");
    }
    Ok(())
}

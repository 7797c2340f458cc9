//! What compose.yaml promises about containers: services run as an ordinary user without
//! capabilities, on a file system that nobody can write to, from an image in which nothing can be
//! built or installed; PostgreSQL has few connections.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::stack::{SERVICES, Stack};
use crate::process;

/// User, capabilities and the like, as the engine was told.
const TOLD: &str = "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} \
                    {{.HostConfig.CapAdd}} {{.HostConfig.SecurityOpt}} {{.HostConfig.Privileged}}";
const TOLD_RIGHT: &str = "1000:1000 true [ALL] [] [no-new-privileges:true] false";

/// Programs that build or install others; names with a version count as well.
const BUILDERS: [&str; 34] = [
    "apk", "apt", "apt-get", "ar", "as", "aptitude", "c++", "cargo", "cc", "clang", "cpp", "dnf",
    "dpkg", "g++", "gcc", "go", "javac", "ld", "make", "microdnf", "node", "npm", "opkg", "pacman",
    "perl", "pip", "pip3", "python", "python3", "rpm", "rustc", "tcc", "yum", "zypper",
];

pub(super) fn check(stack: &Stack<'_>) -> Result<()> {
    let mut images = Vec::new();
    let docker = |words: &[&str]| -> Result<String> {
        let said = process::output(&mut stack.engine.docker(words.iter().copied()))?;
        Ok(said.trim().to_owned())
    };
    let ours = SERVICES.into_iter().filter(|name| *name != "postgres");
    for service in ours.chain(["simnet"]) {
        let id = stack.id(service)?;
        let told = docker(&["inspect", "--format", TOLD, &id])?;
        ensure!(told == TOLD_RIGHT, "{service}: {told}, not {TOLD_RIGHT}");
        let inside = include_str!("inside.sh");
        let said = docker(&["exec", "--user", "0", &id, "/bin/sh", "-c", inside])?;
        if let Some(problem) = problem_inside(&said) {
            bail!("{service}: {problem}: {said}");
        }
        images.push(docker(&["inspect", "--format", "{{.Image}}", &id])?);
    }
    images.dedup();
    ensure!(images.len() == 1, "several images: {images:?}");
    let paths = stack.shell("docker export $(docker compose ps -q log-api) | tar -t")?;
    ensure!(paths.contains("usr/bin/loadlab"), "the image: {paths}");
    let builders = builders(&paths);
    ensure!(builders.is_empty(), "the image has {builders:?}");
    check_connections(stack)?;
    eprintln!("containers are as closed as compose.yaml says");
    Ok(())
}

/// What is wrong with the lines of inside.sh.
fn problem_inside(said: &str) -> Option<&'static str> {
    let fields: Vec<Vec<&str>> = said
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let value = |name: &str| {
        let line = fields.iter().find(|words| words.first() == Some(&name))?;
        Some(line.get(1..)?.join(" "))
    };
    let is = |name: &str, right: &str| value(name).is_some_and(|value| value == right);
    let nothing = "0000000000000000";
    if !is("Uid:", "1000 1000 1000 1000") {
        Some("it runs as another user")
    } else if !is("CapEff:", nothing) || !is("CapBnd:", nothing) {
        Some("it has capabilities")
    } else if !is("NoNewPrivs:", "1") {
        Some("it may get privileges")
    } else if !said.contains("Read-only file system") {
        Some("its root can write")
    } else {
        None
    }
}

/// The programs in a list of paths that build or install others.
fn builders(paths: &str) -> Vec<&str> {
    paths
        .lines()
        .filter(|path| {
            let name = Path::new(path).file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| {
                let plain = name.trim_end_matches(|end: char| end.is_ascii_digit() || end == '.');
                BUILDERS.contains(&name) || BUILDERS.contains(&plain.trim_end_matches('-'))
            })
        })
        .collect()
}

/// PostgreSQL has the connections that compose.yaml gives it, where the original had 10,000.
fn check_connections(stack: &Stack<'_>) -> Result<()> {
    let text = process::output(&mut stack.compose(["config"]))?;
    let (_, rest) = text
        .split_once("max_connections=")
        .context("compose.yaml says nothing of max_connections")?;
    let wanted: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let shown = stack.shell(
        "docker compose exec -T postgres psql -U postgres -d logs -At -c 'SHOW max_connections'",
    )?;
    let shown = shown.trim();
    ensure!(
        shown == wanted,
        "max_connections is {shown}, not the {wanted} of compose.yaml"
    );
    let count: u32 = shown.parse().context("max_connections")?;
    ensure!(count <= 200, "max_connections is {count}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_container_should_not_have_is_seen() {
        let right = "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000000000\n\
                     CapBnd:\t0000000000000000\nNoNewPrivs:\t1\nsh: cannot create /new: Read-only file system\n";
        assert_eq!(problem_inside(right), None);
        for (from, to, problem) in [
            ("1000\t1000\t1000\t1000", "0\t0\t0\t0", "another user"),
            ("CapEff:\t00", "CapEff:\t0f", "capabilities"),
            ("CapBnd:\t00", "CapBnd:\t0f", "capabilities"),
            ("NoNewPrivs:\t1", "NoNewPrivs:\t0", "privileges"),
            ("Read-only", "No such", "root can write"),
            ("Uid:", "Gid:", "another user"),
        ] {
            let said = problem_inside(&right.replace(from, to)).unwrap();
            assert!(said.contains(problem), "{said}");
        }
    }

    #[test]
    fn compilers_and_package_managers_are_found_by_their_names() {
        let paths = "bin/busybox\nusr/bin/gcc-12\nusr/bin/loadlab\nusr/bin/apt-get\nbin/cat\n\
                     usr/bin/python3.11\nlib/as/\nusr/bin/sas\nusr/bin/ld";
        assert_eq!(
            builders(paths),
            [
                "usr/bin/gcc-12",
                "usr/bin/apt-get",
                "usr/bin/python3.11",
                "lib/as/",
                "usr/bin/ld"
            ]
        );
    }
}

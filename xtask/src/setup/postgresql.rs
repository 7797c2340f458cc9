//! The server programs of PostgreSQL, which loadlab starts by itself for demo and tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// loadlab needs this version or a newer one.
const OLDEST: u32 = 14;

/// What to do where nothing can be installed.
const BY_HAND: &str = "install PostgreSQL 14 or newer by hand (Debian: `apt-get install \
                       postgresql`, Fedora: `dnf install postgresql-server`, macOS: `brew install \
                       postgresql@17`; its programs initdb and postgres are all that is needed) \
                       and try again";

/// Both are needed: some packages put only the client programs where one would look.
const PROGRAMS: [&str; 2] = ["initdb", "postgres"];

/// Where distributions keep one directory per version, with a `bin` in it, outside of `PATH`:
/// Debian, Red Hat (`/usr/pgsql-17`), and Homebrew on both kinds of Mac.
const VERSIONED: [&str; 4] = [
    "/usr/lib/postgresql",
    "/usr",
    "/opt/homebrew/opt",
    "/usr/local/opt",
];

pub(super) fn require() -> Result<String> {
    if let Some(directory) = find() {
        return Ok(directory.display().to_string());
    }
    install()?;
    let directory =
        find().context("PostgreSQL was installed, but initdb and postgres are not found")?;
    Ok(format!("installed in {}", directory.display()))
}

fn find() -> Option<PathBuf> {
    if let Some(initdb) = process::in_path(PROGRAMS[0]) {
        let directory = initdb.parent()?.to_owned();
        let says = process::output(Command::new(&initdb).arg("--version"));
        let is_new = says.is_ok_and(|says| major(&says).is_some_and(|major| major >= OLDEST));
        if is_complete(&directory) && is_new {
            return Some(directory);
        }
    }
    VERSIONED.iter().find_map(|parent| {
        let names = fs::read_dir(parent).ok()?;
        names
            .flatten()
            .filter_map(|entry| Some((version(&entry.path())?, entry.path().join("bin"))))
            .filter(|(version, directory)| *version >= OLDEST && is_complete(directory))
            .max()
            .map(|(_, directory)| directory)
    })
}

fn is_complete(directory: &Path) -> bool {
    PROGRAMS
        .iter()
        .all(|program| directory.join(program).is_file())
}

/// The major version in what a program says: `initdb (PostgreSQL) 17.6 (Debian 17.6-0)`.
fn major(says: &str) -> Option<u32> {
    let version = says.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = version.find(|character: char| !character.is_ascii_digit());
    version[..digits.unwrap_or(version.len())].parse().ok()
}

/// The version in a directory's name: `15`, `pgsql-17`, `postgresql@16`.
fn version(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    ["", "pgsql-", "postgresql@"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix)?.parse().ok())
}

fn install() -> Result<()> {
    if process::in_path("apt-get").is_none() {
        bail!("PostgreSQL is not found; {BY_HAND}");
    }
    eprintln!("setup: PostgreSQL is missing; installing it with apt-get");
    apt_get(&["update"]).context(BY_HAND)?;
    let listed = process::output(Command::new("apt-cache").args([
        "search",
        "--names-only",
        "^postgresql-[0-9]+$",
    ]))?;
    let package = newest_package(&listed)
        .with_context(|| format!("apt-cache knows no package postgresql-NN; {BY_HAND}"))?;
    apt_get(&["install", "--yes", "--no-install-recommends", &package]).context(BY_HAND)?;
    eprintln!(
        "setup: Debian's package may have started a server of its own on port 5432; loadlab does \
         not use it (`service postgresql stop` ends it)"
    );
    Ok(())
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let is_root = process::output(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = if is_root {
        Command::new("apt-get")
    } else if process::succeeds(Command::new("sudo").args(["--non-interactive", "true"])) {
        let mut sudo = Command::new("sudo");
        sudo.args(["--non-interactive", "apt-get"]);
        sudo
    } else {
        bail!("sudo asks for a password; run `sudo apt-get install postgresql` and try again");
    };
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    process::run(&mut command)
}

/// The newest of the packages that `apt-cache search` lists, one `name - description` a line.
fn newest_package(listed: &str) -> Option<String> {
    listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter_map(|name| {
            let number: u32 = name.strip_prefix("postgresql-")?.parse().ok()?;
            Some((number, name))
        })
        .max()
        .map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_package_is_chosen_by_number_not_by_letter() {
        let listed = "postgresql-9 - database\npostgresql-17 - database\npostgresql-15 - database\n\
                      postgresql-contrib - extras\n";
        assert_eq!(newest_package(listed).as_deref(), Some("postgresql-17"));
        assert_eq!(newest_package(""), None);
    }

    #[test]
    fn what_programs_say_has_their_version() {
        for (says, number) in [
            (
                "initdb (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n",
                Some(15),
            ),
            ("initdb (PostgreSQL) 18beta1", Some(18)),
            ("initdb (PostgreSQL) 18", Some(18)),
            ("initdb of something else", None),
            ("initdb (PostgreSQL) devel", None),
        ] {
            assert_eq!(major(says), number, "{says}");
        }
    }

    #[test]
    fn directories_are_recognised_by_their_version() {
        for (name, number) in [
            ("/usr/lib/postgresql/15", Some(15)),
            ("/usr/pgsql-17", Some(17)),
            ("/opt/homebrew/opt/postgresql@16", Some(16)),
            ("/usr/lib", None),
        ] {
            assert_eq!(version(Path::new(name)), number, "{name}");
        }
    }

    #[test]
    fn a_directory_without_the_server_is_not_enough() {
        let directory = std::env::temp_dir().join(format!("xtask-client-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("initdb"), "").unwrap();
        assert!(!is_complete(&directory));
        fs::write(directory.join("postgres"), "").unwrap();
        assert!(is_complete(&directory));
        fs::remove_dir_all(&directory).unwrap();
    }
}

//! Which PostgreSQL of the machine to run.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::EmbeddedError;
use super::instance;
use crate::supported_majors::SUPPORTED_MAJORS;

/// Where Debian and its kin install each major version.
const DEBIAN_FOLDER: &str = "/usr/lib/postgresql";

/// A folder with `postgres` and `initdb`.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    folder: PathBuf,
    pub(super) major: u32,
    /// With the minor version.
    pub(super) version: String,
}

/// Which file a program is: an upgrade in place gives another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl Binaries {
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    /// The server program's file, none if it is gone.
    pub(super) fn identity(&self) -> Option<Identity> {
        let metadata = fs::metadata(self.postgres()).ok()?;
        Some(Identity {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }

    /// The programs that are in the folder now, none if they are no longer of this major version
    /// or do not run.
    pub(super) fn again(&self) -> Option<Self> {
        Self::in_folder(&self.folder).filter(|binaries| binaries.major == self.major)
    }

    /// The installation in a folder, none if it is incomplete or unsupported.
    fn in_folder(folder: &Path) -> Option<Self> {
        // The servers on the PATH are often links into their folder, where
        // also the libraries are.
        let postgres = folder.join("postgres").canonicalize().ok()?;
        let folder = postgres.parent()?.to_owned();
        if !folder.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(&postgres).arg("--version").output().ok()?;
        let output = String::from_utf8_lossy(&output.stdout);
        let major = major_version(&output)?;
        let version = output.split_whitespace().nth(2)?.to_owned();
        let supported = i32::try_from(major).is_ok_and(|major| SUPPORTED_MAJORS.contains(&major));
        supported.then_some(Self {
            folder,
            major,
            version,
        })
    }
}

/// The installation to use: the one that is set; else of those found the
/// newest with data in `data_dir`, else the newest.
pub(super) fn find(setting: Option<&Path>, data_dir: &Path) -> Result<Binaries, EmbeddedError> {
    let binaries = match setting {
        Some(folder) => named(folder)?,
        None => choose(installed(), &instance::majors_with_data(data_dir), data_dir)?,
    };
    tracing::debug!(
        postgres.folder = %binaries.folder.display(),
        postgres.version = binaries.version,
        "using PostgreSQL {} in {}",
        binaries.version,
        binaries.folder.display(),
    );
    Ok(binaries)
}

/// The installation in a folder that the user has named.
pub(super) fn named(folder: &Path) -> Result<Binaries, EmbeddedError> {
    Binaries::in_folder(folder).ok_or_else(|| EmbeddedError::NotAnInstallation {
        folder: folder.to_owned(),
    })
}

fn choose(
    mut found: Vec<Binaries>,
    majors_with_data: &[u32],
    data_dir: &Path,
) -> Result<Binaries, EmbeddedError> {
    // Stable: of the same version the one found first.
    found.sort_by_key(|binaries| {
        let with_data = majors_with_data.contains(&binaries.major);
        std::cmp::Reverse((with_data, binaries.major))
    });
    let best = found
        .into_iter()
        .next()
        .ok_or(EmbeddedError::NotInstalled)?;
    match majors_with_data.iter().max() {
        // Starting empty, or with what was left at an upgrade, would look like a loss.
        Some(&major) if major != best.major => Err(EmbeddedError::DataOfOtherVersion {
            data_dir: data_dir.to_owned(),
            major,
        }),
        _ => Ok(best),
    }
}

/// What is installed where systems install it.
pub(super) fn installed() -> Vec<Binaries> {
    let debian = fs::read_dir(DEBIAN_FOLDER)
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    debian
        .chain(env::split_paths(&path))
        .filter_map(|folder| Binaries::in_folder(&folder))
        .collect()
}

/// The 15 of `postgres (PostgreSQL) 15.18 (Debian ...)`.
fn major_version(output: &str) -> Option<u32> {
    let version = output.split_whitespace().nth(2)?;
    let end = version
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(version.len());
    version[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_the_output() {
        let check = |output: &str, expected| assert_eq!(major_version(output), expected);
        check(
            "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
            Some(15),
        );
        check("postgres (PostgreSQL) 18beta2\n", Some(18));
        check("postgres (PostgreSQL) devel\n", None);
        check("", None);
    }

    fn binaries(majors: &[u32]) -> Vec<Binaries> {
        let of = |&major: &u32| Binaries {
            folder: PathBuf::from(format!("/{major}")),
            major,
            version: major.to_string(),
        };
        majors.iter().map(of).collect()
    }

    #[test]
    fn the_newest_version_is_taken_but_one_with_data_first() {
        let check = |found: &[u32], with_data: &[u32], expected: u32| {
            let chosen = choose(binaries(found), with_data, Path::new("/data")).unwrap();
            assert_eq!(chosen.major, expected);
        };
        check(&[14, 16, 15], &[], 16);
        check(&[14, 16, 15], &[14, 15], 15);
        // After an upgrade the old data are still there, and old.
        assert!(choose(binaries(&[14, 16]), &[14, 15], Path::new("/data")).is_err());
    }

    #[test]
    fn missing_versions_are_explained() {
        let error = choose(vec![], &[], Path::new("/data")).unwrap_err();
        assert!(error.to_string().contains("apt-get install postgresql"));
        let error = choose(binaries(&[16]), &[14, 15], Path::new("/data")).unwrap_err();
        assert!(error.to_string().contains("need PostgreSQL 15"), "{error}");
    }
}

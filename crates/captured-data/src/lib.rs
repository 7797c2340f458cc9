//! Data captured from real systems, for tests. It lies beside the repository, not in it.
//!
//! A test without its data writes a line that begins with `SKIPPED`, which `cargo xtask test`
//! counts. Where `LOADLAB_REQUIRE_SHARED_DATA` is set and not empty, it fails instead.

#![expect(clippy::print_stderr, reason = "a skipped test must say so")]

use std::env;
use std::path::{Path, PathBuf};

/// Makes missing data a failure.
const REQUIRED: &str = "LOADLAB_REQUIRE_SHARED_DATA";

/// Where the data lies.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");

/// The file of this name, relative to the folder of the data. None, after saying so, if it is not
/// there.
///
/// # Panics
///
/// If the file is not there and the data is required.
#[must_use]
pub fn path(name: &str) -> Option<PathBuf> {
    let required = env::var_os(REQUIRED).is_some_and(|value| !value.is_empty());
    find(Path::new(FOLDER), name, required)
}

/// The bytes of a file; else as [`path`].
///
/// # Panics
///
/// As [`path`], and if the file cannot be read.
#[must_use]
pub fn read(name: &str) -> Option<Vec<u8>> {
    path(name).map(|path| match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => panic!("cannot read {}: {error}", path.display()),
    })
}

/// The text of a file; else as [`path`].
///
/// # Panics
///
/// As [`read`], and if the file is not UTF-8.
#[must_use]
pub fn read_text(name: &str) -> Option<String> {
    read(name).map(|bytes| match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => panic!("{name}: {error}"),
    })
}

fn find(folder: &Path, name: &str, required: bool) -> Option<PathBuf> {
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    assert!(
        !required,
        "{name} is not in the folder of captured data, and {REQUIRED} is set"
    );
    eprintln!("SKIPPED: there is no captured {name}");
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_that_is_there_is_found_whether_required_or_not() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.json"), "{}").unwrap();
        for required in [false, true] {
            let found = find(folder.path(), "a.json", required);
            assert_eq!(found, Some(folder.path().join("a.json")));
        }
    }

    #[test]
    fn missing_data_is_nothing_unless_required() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(find(folder.path(), "a.json", false), None);
    }

    #[test]
    #[should_panic(expected = "LOADLAB_REQUIRE_SHARED_DATA is set")]
    fn missing_data_that_is_required_fails_the_test() {
        let folder = tempfile::tempdir().unwrap();
        let _none = find(folder.path(), "a.json", true);
    }
}

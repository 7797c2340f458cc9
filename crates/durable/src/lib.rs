//! Files and folders that are whole and still there after a power loss.
//!
//! A file that is written and synced may still have no name after a power loss: the name belongs
//! to the folder, which is synced on its own. Everything that must not get lost (keys, sealed keys,
//! passwords, data folders, files with URLs) is therefore written, renamed and made here and
//! nowhere else.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{process, time};

/// Writes a file with these permissions, whatever the umask is. It appears whole or not at all, in
/// place of the file of that name, and is on disk under its name when this returns.
pub fn write(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    let temporary = temporary(path)?;
    let written = write_new(&temporary, mode, content).and_then(|()| rename(&temporary, path));
    if written.is_err() {
        // At best: what failed is reported.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Gives a file or folder, which has to be on disk already, another name. The name is on disk when
/// this returns.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    let (former, new) = (parent(from), parent(to));
    sync_folder(&new)?;
    if former == new {
        return Ok(());
    }
    sync_folder(&former)
}

/// Makes a folder with these permissions, with those above it. Returns whether it was missing. All
/// of them are on disk under their names when this returns.
pub fn make_folder(path: &Path, mode: u32) -> io::Result<bool> {
    let missing: Vec<&Path> = path
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .collect();
    DirBuilder::new().recursive(true).mode(mode).create(path)?;
    for folder in &missing {
        sync_folder(&parent(folder))?;
    }
    Ok(!missing.is_empty())
}

/// Opens a file to append to; a new one gets these permissions, and is on disk under its name when
/// this returns. What is appended is for the caller to sync.
pub fn append_to(path: &Path, mode: u32) -> io::Result<File> {
    match OpenOptions::new().append(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return opened,
    }
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(mode)
        .open(path)?;
    sync_folder(&parent(path))?;
    Ok(file)
}

fn write_new(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    file.write_all(content)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()
}

/// A name beside the file that no other writer takes. It begins with a dot and ends in `.pub`:
/// readers of folders of keys, the original's included, skip such files.
fn temporary(path: &Path) -> io::Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let nanoseconds = time::SystemTime::now()
        .duration_since(time::UNIX_EPOCH)
        .map_or(0, |time| time.subsec_nanos());
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(
        ".{}-{}-{nanoseconds:09}.pub",
        process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    ));
    Ok(path.with_file_name(temporary))
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        Some(_) => PathBuf::from("."),
        None => path.to_owned(),
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some file systems, such as those of networks, have nothing to wait for.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_file_has_its_content_and_its_permissions_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        for (permissions, content) in [(0o666, "one"), (0o600, "another"), (0o755, "")] {
            write(&path, permissions, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
            assert_eq!(mode(&path), permissions);
        }
        assert_eq!(names(folder.path()), ["key"]);
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_the_former_one_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        make_folder(&path.join("below"), 0o700).unwrap();
        assert!(write(&path, 0o600, b"text").is_err());
        assert_eq!(names(folder.path()), ["taken"]);
        assert!(write(&folder.path().join("missing/key"), 0o600, b"").is_err());
        assert!(write(Path::new("/"), 0o600, b"").is_err());
    }

    #[test]
    fn a_folder_is_made_with_those_above_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one/two");
        assert!(make_folder(&path, 0o700).unwrap());
        assert!(!make_folder(&path, 0o700).unwrap());
        assert_eq!(
            (mode(&path), mode(&folder.path().join("one"))),
            (0o700, 0o700)
        );
        fs::write(path.join("file"), "").unwrap();
        rename(&path, &folder.path().join("three")).unwrap();
        assert_eq!(names(&folder.path().join("three")), ["file"]);
        assert!(make_folder(&folder.path().join("three/file"), 0o700).is_err());
    }

    #[test]
    fn appending_keeps_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        for line in ["one\n", "two\n"] {
            append_to(&path, 0o600)
                .unwrap()
                .write_all(line.as_bytes())
                .unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        assert_eq!(mode(&path), 0o600);
    }

    /// The name of a file in the folder of the process.
    #[test]
    fn a_name_without_a_folder_is_beside_the_process() {
        assert_eq!(parent(Path::new("url")), Path::new("."));
        assert_eq!(parent(Path::new("a/url")), Path::new("a"));
    }

    /// With this variable, the test program writes into the folder it names.
    const FOLDER: &str = "DURABLE_TEST_FOLDER";

    /// Not a test of its own: what `the_disk_is_waited_for` looks at.
    #[test]
    fn writer() {
        if let Some(folder) = std::env::var_os(FOLDER) {
            let folder = Path::new(&folder).join("new");
            make_folder(&folder, 0o700).unwrap();
            write(&folder.join("key"), 0o600, b"secret").unwrap();
            drop(append_to(&folder.join("journal"), 0o600).unwrap());
        }
    }

    /// The system calls in their order: a file is synced before it gets its name, and each folder
    /// after a name was put into it.
    #[test]
    fn the_disk_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let calls = folder.path().join("calls");
        let status = process::Command::new("strace")
            .args([
                "-f",
                "-y",
                "-e",
                "trace=fsync,rename,renameat,renameat2",
                "-o",
            ])
            .arg(&calls)
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "tests::writer"])
            .env(FOLDER, folder.path())
            .stdout(process::Stdio::null())
            .status();
        if !status.is_ok_and(|status| status.success()) {
            println!("SKIPPED: system calls cannot be watched here (strace)");
            return;
        }
        let calls = fs::read_to_string(calls).unwrap();
        let new = folder.path().join("new").display().to_string();
        let seen: Vec<&str> = calls
            .lines()
            .filter_map(|line| {
                if line.contains("rename") {
                    return Some("rename");
                }
                let (_, synced) = line.split_once("fsync(")?;
                let path = synced.split_once('<')?.1.split_once('>')?.0;
                Some(if path == new {
                    "folder"
                } else if path == folder.path().to_str()? {
                    "parent"
                } else {
                    "file"
                })
            })
            .collect();
        assert_eq!(
            seen,
            ["parent", "file", "rename", "folder", "folder"],
            "{calls}"
        );
    }
}

//! Searching one layer of an image for the executable.

use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};
use tempfile::NamedTempFile;

/// Where the executable is in the image.
const EXECUTABLE: &str = "usr/local/bin/mina";
/// Most bytes of the executable.
const EXECUTABLE_BYTES_MAX: u64 = 4 << 30;
/// Most bytes of a layer when it is unpacked.
const LAYER_BYTES_MAX: u64 = 64 << 30;
/// Begins the names of files that say what a layer removes.
const WHITEOUT: &str = ".wh.";
/// Says that a layer removes all that lower ones have in a folder.
const OPAQUE: &str = ".wh..wh..opq";

/// What a layer says of the executable.
pub(super) enum Found {
    /// This is it.
    Executable(NamedTempFile),
    /// It removes what lower layers have.
    Removed,
    /// Nothing: a lower layer may have it.
    Nothing,
}

/// Why a layer cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LayerError {
    #[error("the archive is damaged")]
    Read(#[from] std::io::Error),
    #[error("{EXECUTABLE} is no plain file in it")]
    NoFile,
    #[error("{EXECUTABLE} has more than {EXECUTABLE_BYTES_MAX} bytes in it")]
    TooLarge,
}

/// Searches a layer whose bytes are the right ones.
pub(super) fn search(mut blob: File, folder: &Path) -> Result<Found, LayerError> {
    blob.seek(SeekFrom::Start(0))?;
    let mut magic = [0; 4];
    let read = blob.read(&mut magic)?;
    blob.seek(SeekFrom::Start(0))?;
    let blob = BufReader::new(blob);
    // Manifests name the compression in several ways; the bytes do in one.
    let unpacked: Box<dyn Read> = match magic.get(..read) {
        Some([0x1f, 0x8b, ..]) => Box::new(MultiGzDecoder::new(blob)),
        Some([0x28, 0xb5, 0x2f, 0xfd]) => Box::new(zstd::Decoder::with_buffer(blob)?),
        _ => Box::new(blob),
    };
    search_archive(unpacked.take(LAYER_BYTES_MAX), folder)
}

fn search_archive(unpacked: impl Read, folder: &Path) -> Result<Found, LayerError> {
    let mut archive = Archive::new(unpacked);
    let mut is_removed = false;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path_bytes().into_owned();
        let Ok(path) = std::str::from_utf8(&path) else {
            continue;
        };
        let path = path.trim_start_matches("./").trim_matches('/');
        if path == EXECUTABLE {
            if !matches!(entry.header().entry_type(), EntryType::Regular) {
                return Err(LayerError::NoFile);
            }
            if entry.size() > EXECUTABLE_BYTES_MAX {
                return Err(LayerError::TooLarge);
            }
            let mut file = NamedTempFile::new_in(folder)?;
            std::io::copy(&mut entry, &mut file)?;
            let mode = std::fs::Permissions::from_mode(0o755);
            file.as_file().set_permissions(mode)?;
            return Ok(Found::Executable(file));
        }
        is_removed |= removes(path) || replaces(path, entry.header().entry_type());
    }
    Ok(if is_removed {
        Found::Removed
    } else {
        Found::Nothing
    })
}

/// Whether a file of this name says that the executable, or a folder it is in, is removed.
fn removes(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let below = match folder {
        "" => Some(EXECUTABLE),
        folder => EXECUTABLE
            .strip_prefix(folder)
            .and_then(|rest| rest.strip_prefix('/')),
    };
    let Some(below) = below else {
        return false;
    };
    if name == OPAQUE {
        return true;
    }
    let first = below.split('/').next();
    name.strip_prefix(WHITEOUT)
        .is_some_and(|gone| first == Some(gone))
}

/// Whether something else than a folder stands where a folder of the executable was.
fn replaces(path: &str, kind: EntryType) -> bool {
    let is_above = EXECUTABLE
        .strip_prefix(path)
        .is_some_and(|rest| rest.starts_with('/'));
    is_above && !kind.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whiteouts_of_the_file_and_of_its_folders_remove_it() {
        for path in [
            "usr/local/bin/.wh.mina",
            "usr/local/.wh.bin",
            "usr/.wh.local",
            ".wh.usr",
            "usr/local/bin/.wh..wh..opq",
            "usr/.wh..wh..opq",
        ] {
            assert!(removes(path), "{path}");
        }
        for path in [
            "usr/local/bin/.wh.minaret",
            "usr/local/bin/mina.wh.",
            "opt/.wh.mina",
            "usr/local/lib/.wh..wh..opq",
            "usr/loc/.wh.al",
        ] {
            assert!(!removes(path), "{path}");
        }
        assert!(replaces("usr/local", EntryType::Symlink));
        assert!(!replaces("usr/local", EntryType::Directory));
        assert!(!replaces("usr/loc", EntryType::Regular));
    }
}

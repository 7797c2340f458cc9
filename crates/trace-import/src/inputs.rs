//! Which files belong together: processes side by side, rotated pieces in the order of time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use trace::{Process, Timestamp};

use crate::input_error::InputError;
use crate::piece::Piece;
use crate::piece_order::{first_time, sort_by_time};

/// Greatest number of a rotated piece.
const ROTATIONS: u32 = 100;

/// The input of an import: for each process its pieces in order.
#[derive(Debug, Default)]
pub struct Inputs {
    pub(crate) processes: BTreeMap<Process, Vec<Piece>>,
    /// Deleted when the import ends: what came from standard input and special files.
    spools: Vec<tempfile::NamedTempFile>,
}

impl Inputs {
    /// The input that these command-line arguments name.
    ///
    /// Of the file of a main process, the files of prover and verifier beside
    /// it are taken too, and of every file the rotated pieces `FILE.0` to
    /// `FILE.99` before it. `-` is standard input. It, and what is no ordinary file (pipes,
    /// terminals, process substitutions, files of the system), is read to its end
    /// into a temporary file first: an import reads its input twice where it
    /// must find out what is stored already, and such things can be read once.
    pub fn find(arguments: &[PathBuf]) -> Result<Self, InputError> {
        let standard_input = Path::new("-");
        if arguments.iter().any(|argument| argument == standard_input) {
            if arguments.len() > 1 {
                return Err(InputError::Mixed);
            }
            return Self::spool(io::stdin().lock());
        }
        let mut inputs = Self::default();
        for path in arguments {
            if is_ordinary(path)? {
                inputs.add(path, true);
            } else {
                let name = path.display().to_string();
                let file = open(path)?;
                inputs.add_spool(process_of(path), name, file)?;
            }
        }
        for process in [Process::Prover, Process::Verifier] {
            for path in arguments {
                if inputs.processes.contains_key(&process) || process_of(path) != Process::Main {
                    continue;
                }
                if let Some(sibling) = sibling(path, process) {
                    inputs.add(&sibling, false);
                }
            }
        }
        for pieces in inputs.processes.values_mut() {
            // The newest piece, which has no number, comes last.
            pieces.sort_by_key(|piece| piece.rotation.unwrap_or(ROTATIONS));
            pieces.dedup();
            sort_by_time(pieces);
        }
        Ok(inputs)
    }

    /// Keeps a stream as the trace of a main process.
    pub fn spool(stream: impl io::Read) -> Result<Self, InputError> {
        let mut inputs = Self::default();
        inputs.add_spool(Process::Main, "standard input".to_owned(), stream)?;
        Ok(inputs)
    }

    /// Reads a stream to its end, and takes it as a piece of a process.
    fn add_spool(
        &mut self,
        process: Process,
        name: String,
        mut stream: impl io::Read,
    ) -> Result<(), InputError> {
        let failed = |source| InputError::Spool {
            path: name.clone(),
            source,
        };
        let mut spool = tempfile::NamedTempFile::new().map_err(failed)?;
        io::copy(&mut stream, &mut spool).map_err(failed)?;
        self.processes.entry(process).or_default().push(Piece {
            path: spool.path().to_owned(),
            name,
            rotation: None,
        });
        self.spools.push(spool);
        Ok(())
    }

    /// Size of all files in bytes, as they lie on disk.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let pieces = self.processes.values().flatten();
        pieces
            .filter_map(|piece| std::fs::metadata(&piece.path).ok())
            .map(|metadata| metadata.len())
            .sum()
    }

    /// The earliest time at which a process's first piece begins; none if one has no time.
    pub(crate) fn first_time(&self) -> Option<Timestamp> {
        let first = self
            .processes
            .values()
            .map(|pieces| pieces.first().and_then(first_time));
        first.collect::<Option<Vec<_>>>()?.into_iter().min()
    }

    fn add(&mut self, path: &Path, named: bool) {
        let pieces = self.processes.entry(process_of(path)).or_default();
        let piece = |path: PathBuf, rotation| Piece {
            name: path.display().to_string(),
            path,
            rotation,
        };
        let mut found = false;
        for rotation in 0..ROTATIONS {
            for compression in ["", ".gz", ".zst"] {
                let mut rotated = path.as_os_str().to_owned();
                rotated.push(format!(".{rotation}{compression}"));
                let rotated = PathBuf::from(rotated);
                if rotated.is_file() {
                    pieces.push(piece(rotated, Some(rotation)));
                    found = true;
                    break;
                }
            }
        }
        if named || path.is_file() {
            pieces.push(piece(path.to_owned(), rotation_of(path)));
            found = true;
        }
        if !found && pieces.is_empty() {
            self.processes.remove(&process_of(path));
        }
    }
}

/// Whether a file can be read twice. Files of the system, which say that they are empty and are
/// not, may be different each time.
fn is_ordinary(path: &Path) -> Result<bool, InputError> {
    let name = || path.display().to_string();
    let unreadable = |source| InputError::Unreadable {
        path: name(),
        source,
    };
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(InputError::Directory { path: name() }),
        Ok(metadata) if metadata.is_file() => {
            let mut file = open(path)?;
            let read = file.read(&mut [0]).map_err(unreadable)?;
            Ok(read == 0 || metadata.len() > 0)
        }
        Ok(_) => Ok(false),
        Err(source) => Err(unreadable(source)),
    }
}

fn open(path: &Path) -> Result<File, InputError> {
    File::open(path).map_err(|source| InputError::Unreadable {
        path: path.display().to_string(),
        source,
    })
}

fn process_of(path: &Path) -> Process {
    let name = path.file_name().map(|name| name.to_string_lossy());
    match name.as_deref() {
        Some(name) if name.starts_with("prover-") => Process::Prover,
        Some(name) if name.starts_with("verifier-") => Process::Verifier,
        _ => Process::Main,
    }
}

/// The file of another process beside that of the main process, as it is or
/// compressed or not compressed where the other is.
fn sibling(path: &Path, process: Process) -> Option<PathBuf> {
    let prefix = match process {
        Process::Main => return None,
        Process::Prover => "prover-",
        Process::Verifier => "verifier-",
    };
    let name = path.file_name()?.to_string_lossy();
    let plain = name.trim_end_matches(".gz").trim_end_matches(".zst");
    [name.as_ref(), plain]
        .into_iter()
        .map(str::to_owned)
        .chain([format!("{plain}.gz"), format!("{plain}.zst")])
        .map(|name| path.with_file_name(format!("{prefix}{name}")))
        .find(|sibling| sibling.is_file())
}

/// The number at the end of the name of a rotated piece that was named itself.
fn rotation_of(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_string_lossy();
    let plain = name.trim_end_matches(".gz").trim_end_matches(".zst");
    plain.rsplit_once('.')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path, arguments: &[&str], process: Process) -> Vec<String> {
        let paths: Vec<PathBuf> = arguments.iter().map(|name| folder.join(name)).collect();
        let inputs = Inputs::find(&paths).expect("inputs");
        let pieces = inputs.processes.get(&process);
        pieces
            .into_iter()
            .flatten()
            .map(|piece| {
                let name = piece.path.file_name().expect("a name");
                name.to_string_lossy().into_owned()
            })
            .collect()
    }

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            std::fs::write(folder.path().join(file), "").expect("a file");
        }
        folder
    }

    #[test]
    fn takes_siblings_and_rotated_pieces() {
        let folder = folder(&[
            "internal-trace.jsonl",
            "internal-trace.jsonl.0",
            "internal-trace.jsonl.2.gz",
            "internal-trace.jsonl.10",
            "prover-internal-trace.jsonl",
            "verifier-internal-trace.jsonl.0",
        ]);
        let files = ["internal-trace.jsonl"];
        assert_eq!(
            names(folder.path(), &files, Process::Main),
            [
                "internal-trace.jsonl.0",
                "internal-trace.jsonl.2.gz",
                "internal-trace.jsonl.10",
                "internal-trace.jsonl"
            ]
        );
        assert_eq!(
            names(folder.path(), &files, Process::Prover),
            ["prover-internal-trace.jsonl"]
        );
        assert_eq!(
            names(folder.path(), &files, Process::Verifier),
            [] as [&str; 0]
        );
    }

    #[test]
    fn pieces_may_be_named_in_any_order_and_more_than_once() {
        let folder = folder(&["t.jsonl", "t.jsonl.0", "t.jsonl.1"]);
        let expected = ["t.jsonl.0", "t.jsonl.1", "t.jsonl"];
        let files = ["t.jsonl", "t.jsonl.1", "t.jsonl.0"];
        assert_eq!(names(folder.path(), &files, Process::Main), expected);
        assert_eq!(
            names(folder.path(), &["t.jsonl.1", "t.jsonl.0"], Process::Main),
            expected[..2]
        );
    }

    #[test]
    fn compressed_siblings_are_found() {
        let folder = folder(&["t.jsonl.zst", "prover-t.jsonl.gz"]);
        assert_eq!(
            names(folder.path(), &["t.jsonl.zst"], Process::Prover),
            ["prover-t.jsonl.gz"]
        );
    }

    #[test]
    fn says_what_is_wrong_with_a_name() {
        let folder = folder(&[]);
        let message = |path: PathBuf| {
            let error = Inputs::find(&[path]).expect_err("no input");
            error.to_string()
        };
        assert!(message(folder.path().to_owned()).ends_with("name the trace file in it"));
        assert!(message(folder.path().join("none")).starts_with("cannot read"));
        let both = [PathBuf::from("-"), PathBuf::from("x")];
        assert!(matches!(Inputs::find(&both), Err(InputError::Mixed)));
    }
}

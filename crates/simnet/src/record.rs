//! Free-running mode: a simulated network without servers, whose nodes write trace files as fast
//! as the machine can.
//!
//! The files of each node lie in a folder of its name and are called as a daemon calls them. They
//! are written into a folder beside the one asked for, which takes its name when everything is
//! there: an interrupted recording leaves nothing that looks complete.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use simulation::{ConfigError, Network, NetworkConfig, Span};
use trace::Process;

/// Names of the files of a node, one for each process.
const FILE_NAMES: [&str; 3] = [
    "internal-trace.jsonl",
    "prover-internal-trace.jsonl",
    "verifier-internal-trace.jsonl",
];

/// The file with what really happened, beside the folders of the nodes.
pub const TRUTH_FILE: &str = "truth.json";

/// Text of one file that is kept before it is written. A thousand nodes have three thousand files.
const BUFFER_BYTES: usize = 32 << 10;

/// Network time between two looks at what was written.
const STEP: Span = Span::from_seconds(20);

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// No such network.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A name that cannot be that of a folder.
    #[error("`{0}` cannot be the name of a folder")]
    NodeName(String),
    /// The folder has something in it.
    #[error("{} is not an empty folder; choose another", .0.display())]
    NotEmpty(PathBuf),
    /// Files could not be written.
    #[error("cannot write {}", .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The caller wanted no more.
    #[error("interrupted; nothing was left behind")]
    Interrupted,
}

/// What was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recording {
    /// The seed.
    pub seed: u64,
    /// Network time, in seconds.
    pub network_seconds: u64,
    /// Blocks of the best chain, genesis included.
    pub blockchain_length: u32,
    /// Its last block.
    pub state_hash: String,
    /// Lines of all files.
    pub lines: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Each node.
    pub nodes: Vec<RecordedNode>,
}

/// What a node wrote and did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedNode {
    /// Its name, which is that of its folder.
    pub name: String,
    /// Lines of its files.
    pub lines: u64,
    /// Blocks that it produced.
    pub blocks_produced: u64,
    /// Blocks that it received.
    pub blocks_received: u64,
}

/// Runs a network for a span of its time and writes what its nodes trace into `directory`, which
/// must be empty or absent. `go_on` is told how much time has passed, and may end it.
pub fn record(
    config: NetworkConfig,
    seed: u64,
    span: Span,
    directory: &Path,
    mut go_on: impl FnMut(Span) -> bool,
) -> Result<Recording, RecordError> {
    for node in &config.nodes {
        check_name(&node.name)?;
    }
    let names: Vec<String> = config.nodes.iter().map(|node| node.name.clone()).collect();
    let mut network = Network::new(config, seed)?;
    let work = WorkFolder::make(directory)?;
    let mut files = TraceFiles::make(&work.path, &names)?;
    let begin = network.now();
    let end = begin + span;
    while network.now() < end {
        if !go_on(network.now().since(begin)) {
            return Err(RecordError::Interrupted);
        }
        network.advance_to((network.now() + STEP).min(end));
        files.take(&mut network)?;
    }
    files.finish()?;
    let snapshot = network.snapshot();
    let recording = Recording {
        seed,
        network_seconds: span.micros().unsigned_abs() / 1_000_000,
        blockchain_length: snapshot.blockchain_length,
        state_hash: snapshot.state_hash,
        lines: files.nodes.iter().map(|node| node.lines).sum(),
        bytes: files.bytes,
        nodes: snapshot
            .nodes
            .iter()
            .zip(&files.nodes)
            .map(|(node, files)| RecordedNode {
                name: node.name.clone(),
                lines: files.lines,
                blocks_produced: node.truth.blocks_produced,
                blocks_received: node.truth.blocks_received,
            })
            .collect(),
    };
    let path = work.path.join(TRUTH_FILE);
    let json = serde_json::to_vec_pretty(&recording)
        .map_err(io::Error::from)
        .map_err(writing(&path))?;
    fs::write(&path, json).map_err(writing(&path))?;
    work.finish(directory)?;
    Ok(recording)
}

fn check_name(name: &str) -> Result<(), RecordError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || name.starts_with('.') || name == TRUTH_FILE || !name.bytes().all(plain) {
        return Err(RecordError::NodeName(name.to_owned()));
    }
    Ok(())
}

fn writing(path: &Path) -> impl FnOnce(io::Error) -> RecordError {
    let path = path.to_owned();
    |source| RecordError::Write { path, source }
}

/// A folder that is removed unless it is finished.
struct WorkFolder {
    path: PathBuf,
    finished: bool,
}

impl WorkFolder {
    fn make(directory: &Path) -> Result<Self, RecordError> {
        match fs::read_dir(directory).map(|mut entries| entries.next().is_none()) {
            Ok(true) => {}
            Ok(false) => return Err(RecordError::NotEmpty(directory.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(RecordError::NotEmpty(directory.to_owned()));
            }
            Err(source) => return Err(writing(directory)(source)),
        }
        let mut name = directory
            .file_name()
            .ok_or_else(|| RecordError::NotEmpty(directory.to_owned()))?
            .to_owned();
        name.push(format!(".partial-{}", std::process::id()));
        let path = directory.with_file_name(name);
        fs::create_dir_all(&path).map_err(writing(&path))?;
        Ok(Self {
            path,
            finished: false,
        })
    }

    fn finish(mut self, directory: &Path) -> Result<(), RecordError> {
        // Only an empty folder can be replaced.
        fs::rename(&self.path, directory).map_err(writing(directory))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        if !self.finished {
            // There is nobody left to tell.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The files of all nodes.
struct TraceFiles {
    nodes: Vec<NodeFiles>,
    bytes: u64,
}

struct NodeFiles {
    paths: [PathBuf; 3],
    buffers: [String; 3],
    lines: u64,
}

impl TraceFiles {
    fn make(folder: &Path, names: &[String]) -> Result<Self, RecordError> {
        let nodes: Result<Vec<NodeFiles>, RecordError> = names
            .iter()
            .map(|name| {
                let folder = folder.join(name);
                fs::create_dir(&folder).map_err(writing(&folder))?;
                let paths = FILE_NAMES.map(|name| folder.join(name));
                for path in &paths {
                    File::create_new(path).map_err(writing(path))?;
                }
                Ok(NodeFiles {
                    paths,
                    buffers: Default::default(),
                    lines: 0,
                })
            })
            .collect();
        Ok(Self {
            nodes: nodes?,
            bytes: 0,
        })
    }

    fn take(&mut self, network: &mut Network) -> Result<(), RecordError> {
        let mut result = Ok(());
        network.take_entries(|node, entry| {
            let Some(files) = self.nodes.get_mut(node.index()) else {
                return;
            };
            let file = match entry.process() {
                Process::Main => 0,
                Process::Prover => 1,
                Process::Verifier => 2,
            };
            entry.write_line(&mut files.buffers[file]);
            files.lines += 1;
            if files.buffers[file].len() >= BUFFER_BYTES && result.is_ok() {
                result = files.write(file, &mut self.bytes);
            }
        });
        result
    }

    fn finish(&mut self) -> Result<(), RecordError> {
        for node in &mut self.nodes {
            for file in 0..FILE_NAMES.len() {
                node.write(file, &mut self.bytes)?;
            }
        }
        Ok(())
    }
}

impl NodeFiles {
    /// Files are opened only to be written: a process may not have thousands open.
    fn write(&mut self, file: usize, bytes: &mut u64) -> Result<(), RecordError> {
        let (path, buffer) = (&self.paths[file], &mut self.buffers[file]);
        OpenOptions::new()
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(buffer.as_bytes()))
            .map_err(writing(path))?;
        *bytes += buffer.len() as u64;
        buffer.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF_AN_HOUR: Span = Span::from_seconds(1_800);

    fn record_into(directory: &Path, seed: u64) -> Result<Recording, RecordError> {
        let config = NetworkConfig::with_nodes(2, seed);
        record(config, seed, HALF_AN_HOUR, directory, |_| true)
    }

    #[test]
    fn the_same_seed_gives_the_same_files() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        let recording = record_into(&one, 7).unwrap();
        assert_eq!(record_into(&other, 7).unwrap(), recording);
        let mut lines = 0;
        for node in ["node-0", "node-1"] {
            for file in FILE_NAMES {
                let text = fs::read(one.join(node).join(file)).unwrap();
                assert_eq!(text, fs::read(other.join(node).join(file)).unwrap());
                lines += text.split(|byte| *byte == b'\n').count() - 1;
            }
        }
        assert_eq!(recording.lines, lines as u64);
        let truth = fs::read(one.join(TRUTH_FILE)).unwrap();
        let truth: serde_json::Value = serde_json::from_slice(&truth).unwrap();
        assert_eq!(truth["lines"], recording.lines);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine"), "").unwrap();
        let refused = record_into(folder.path(), 7).unwrap_err();
        assert!(matches!(refused, RecordError::NotEmpty(_)), "{refused}");
        let file = folder.path().join("mine");
        let refused = record_into(&file, 7).unwrap_err();
        assert!(matches!(refused, RecordError::NotEmpty(_)), "{refused}");
    }

    #[test]
    fn an_interrupted_recording_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let config = NetworkConfig::with_nodes(2, 7);
        let mut steps = 0;
        let result = record(config, 7, HALF_AN_HOUR, &folder.path().join("x"), |_| {
            steps += 1;
            steps < 5
        });
        assert!(matches!(result, Err(RecordError::Interrupted)));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["../x", "", ".", "a/b", TRUTH_FILE] {
            let mut config = NetworkConfig::with_nodes(1, 7);
            config.nodes[0].name = name.to_owned();
            let result = record(config, 7, STEP, &folder.path().join("x"), |_| true);
            assert!(matches!(result, Err(RecordError::NodeName(_))), "{name}");
        }
    }
}

//! The files of the archive. Each portion is a compressed frame of its own, so
//! that a file is readable up to its last whole frame at any moment.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;

use super::config::ArchiveConfig;
use super::lines::ArchivedLines;

const ENDING: &str = ".jsonl.zst";
/// Fast, and as good as slower levels for frames of some kilobytes.
const LEVEL: i32 = 3;

/// Writes portions, one thread at a time.
pub(super) struct ArchiveWriter {
    config: ArchiveConfig,
    /// Of all files, by age: number, which grows from file to file.
    files: BTreeMap<u64, (PathBuf, u64)>,
    total_bytes: u64,
    next_number: u64,
    /// The number of the file that is written now, by node and process.
    current: HashMap<(String, &'static str), u64>,
}

impl ArchiveWriter {
    /// Finds what earlier runs have written. Each run begins new files.
    pub(super) fn open(config: &ArchiveConfig) -> io::Result<Self> {
        fs::create_dir_all(&config.folder)?;
        let mut writer = Self {
            config: config.clone(),
            files: BTreeMap::new(),
            total_bytes: 0,
            next_number: 1,
            current: HashMap::new(),
        };
        for folder in fs::read_dir(&config.folder)? {
            let folder = folder?;
            if !folder.file_type()?.is_dir() {
                continue;
            }
            for file in fs::read_dir(folder.path())? {
                let file = file?;
                if let Some(number) = file.file_name().to_str().and_then(number_of) {
                    writer.add(number, file.path(), file.metadata()?.len());
                    writer.next_number = writer.next_number.max(number + 1);
                }
            }
        }
        Ok(writer)
    }

    fn add(&mut self, number: u64, path: PathBuf, bytes: u64) {
        self.total_bytes += bytes;
        if let Some((_, replaced)) = self.files.insert(number, (path, bytes)) {
            self.total_bytes = self.total_bytes.saturating_sub(replaced);
        }
    }

    pub(super) fn write(&mut self, node: &str, lines: &ArchivedLines) -> io::Result<()> {
        for (name, text) in lines.texts() {
            let frame = zstd::bulk::compress(text.as_bytes(), LEVEL)?;
            let bytes = frame.len() as u64;
            let number = self.number_for(node, name, bytes)?;
            let (path, size) = self
                .files
                .get_mut(&number)
                .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
            // Opened each time: a thousand nodes would have thousands open.
            let mut file = OpenOptions::new().append(true).open(path)?;
            file.write_all(&frame)?;
            *size += bytes;
            self.total_bytes += bytes;
        }
        self.remove_oldest();
        Ok(())
    }

    /// The file to write to, a new one if there is none or it is full.
    fn number_for(&mut self, node: &str, name: &'static str, bytes: u64) -> io::Result<u64> {
        let key = (node.to_owned(), name);
        if let Some(number) = self.current.get(&key)
            && let Some((_, size)) = self.files.get(number)
            && size + bytes <= self.config.file_bytes
        {
            return Ok(*number);
        }
        let folder = self.config.folder.join(folder_name(node));
        fs::create_dir_all(&folder)?;
        let number = self.next_number;
        let path = folder.join(format!("{name}-{number:010}{ENDING}"));
        File::create_new(&path)?;
        self.next_number += 1;
        self.add(number, path, 0);
        self.current.insert(key, number);
        Ok(number)
    }

    fn remove_oldest(&mut self) {
        while self.total_bytes > self.config.total_bytes_max
            && self.files.len() > 1
            && let Some((_, (path, bytes))) = self.files.pop_first()
        {
            self.total_bytes = self.total_bytes.saturating_sub(bytes);
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(%error, "an old file of the archive cannot be removed");
            }
        }
    }
}

/// A node's name begins with a hyphen or letters and holds a checked host, in
/// which only the colons of IPv6 are unusual in file names.
fn folder_name(node: &str) -> String {
    node.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-._:[]".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect()
}

fn number_of(file_name: &str) -> Option<u64> {
    let (_, number) = file_name.strip_suffix(ENDING)?.rsplit_once('-')?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use itn::InternalLog;

    use super::*;

    fn lines(from: u64, count: u64) -> ArchivedLines {
        let mut lines = ArchivedLines::default();
        for id in from..from + count {
            let json = format!(
                r#"{{"id":{id},"timestamp":"2025-05-07 14:30:22.{id:06}Z","message":"X","metadata":[],"process":null}}"#
            );
            lines.add(&InternalLog::from_json(&json).unwrap());
        }
        lines
    }

    fn read(folder: &std::path::Path, node: &str) -> Vec<String> {
        let mut files: Vec<_> = fs::read_dir(folder.join(node))
            .unwrap()
            .map(|f| f.unwrap().path())
            .collect();
        files.sort_unstable();
        let texts = files
            .iter()
            .map(|path| zstd::decode_all(File::open(path).unwrap()).unwrap());
        let text: Vec<u8> = texts.flatten().collect();
        String::from_utf8(text)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn lines_are_found_again_in_order_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let config = ArchiveConfig {
            file_bytes: 500,
            ..ArchiveConfig::new(folder.path().to_owned())
        };
        for run in 0..2 {
            let mut writer = ArchiveWriter::open(&config).unwrap();
            for part in 0..10 {
                writer
                    .write("a-10.0.0.1-1", &lines(1_000 * run + 100 * part, 100))
                    .unwrap();
            }
        }
        let lines = read(folder.path(), "a-10.0.0.1-1");
        assert_eq!(lines.len(), 2_000);
        let times = lines.iter().map(|line| {
            let (_, time): (String, f64) = serde_json::from_str(line).unwrap();
            time
        });
        assert!(times.is_sorted());
        let files = fs::read_dir(folder.path().join("a-10.0.0.1-1"))
            .unwrap()
            .count();
        assert!(files > 2, "rotated: {files}");
    }

    #[test]
    fn the_oldest_files_make_room_for_new_ones() {
        let folder = tempfile::tempdir().unwrap();
        let config = ArchiveConfig {
            file_bytes: 1_000,
            total_bytes_max: 5_000,
            ..ArchiveConfig::new(folder.path().to_owned())
        };
        let mut writer = ArchiveWriter::open(&config).unwrap();
        for part in 0..100 {
            writer.write("a", &lines(100 * part, 100)).unwrap();
        }
        let bytes: u64 = fs::read_dir(folder.path().join("a"))
            .unwrap()
            .map(|file| file.unwrap().metadata().unwrap().len())
            .sum();
        assert!(bytes <= 5_000 && bytes > 3_000, "{bytes} bytes");
        assert!(read(folder.path(), "a").last().unwrap().contains(".009999"));
    }

    #[test]
    fn no_name_of_a_node_leaves_the_folder() {
        assert_eq!(folder_name("../../x-\\y\0-1"), ".._.._x-_y_-1");
    }
}

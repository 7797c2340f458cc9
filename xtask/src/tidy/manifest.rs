//! What the checks need to know of a `Cargo.toml`: the lines of each table. Our manifests keep one
//! entry per line, which the versions check enforces by refusing what it cannot read.

/// A `Cargo.toml`.
pub(super) struct Manifest {
    pub(super) path: String,
    entries: Vec<Entry>,
}

/// One `key = value` line.
pub(super) struct Entry {
    /// The table it stands in, as in `dev-dependencies`.
    pub(super) table: String,
    pub(super) key: String,
    pub(super) value: String,
    /// Counted from 1.
    pub(super) line: usize,
}

impl Manifest {
    pub(super) fn new(path: String, text: &str) -> Self {
        let mut table = String::new();
        let mut entries = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if let Some(header) = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                header.trim().clone_into(&mut table);
            } else if line.starts_with('#') {
            } else if let Some((key, value)) = line.split_once('=') {
                entries.push(Entry {
                    table: table.clone(),
                    key: key.trim().to_owned(),
                    value: value.trim().to_owned(),
                    line: index + 1,
                });
            }
        }
        Self { path, entries }
    }

    /// The folder of a crate, which is its name too; nothing for the workspace's own manifest.
    pub(super) fn crate_name(&self) -> Option<&str> {
        let folder = self.path.strip_suffix("/Cargo.toml")?;
        Some(folder.strip_prefix("crates/").unwrap_or(folder))
    }

    /// Dependencies of any kind: normal, development, build, of one platform.
    pub(super) fn dependencies(&self) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(|entry| entry.table.ends_with("dependencies"))
            .filter(|entry| entry.table != "workspace.dependencies")
    }

    pub(super) fn has(&self, table: &str, key: &str, value: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.table == table && entry.key == key && entry.value == value)
    }
}

impl Entry {
    /// The name of a dependency: `tokio` of `tokio.workspace = true`.
    pub(super) fn dependency(&self) -> &str {
        self.key.split('.').next().unwrap_or(&self.key)
    }

    /// Whether the version comes from the workspace's manifest.
    pub(super) fn is_inherited(&self) -> bool {
        let value = self.value.replace(' ', "");
        (self.key.ends_with(".workspace") && value == "true")
            || value.starts_with("{workspace=true}")
            || value.starts_with("{workspace=true,")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_of_all_kinds_are_seen() {
        let text = "[package]\nname = \"a\"\n[dependencies]\n# none = \"1\"\nb.workspace = true\n\
                    [dev-dependencies]\nc = { workspace = true, features = [\"d\"] }\n\
                    [target.'cfg(unix)'.dependencies]\ne = \"1\"\n[lints]\nworkspace = true\n";
        let manifest = Manifest::new("crates/a/Cargo.toml".to_owned(), text);
        let seen: Vec<(&str, usize, bool)> = manifest
            .dependencies()
            .map(|entry| (entry.dependency(), entry.line, entry.is_inherited()))
            .collect();
        assert_eq!(seen, [("b", 5, true), ("c", 7, true), ("e", 9, false)]);
        assert_eq!(manifest.crate_name(), Some("a"));
        assert!(manifest.has("lints", "workspace", "true"));
    }
}

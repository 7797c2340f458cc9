//! Where the paths of setups and scripts lead.

use std::path::{Component, Path, PathBuf};

/// The folders that paths are looked up in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Paths {
    /// Where relative paths begin; without it, in the working directory of the process.
    pub(crate) base: Option<PathBuf>,
    /// Where key files whose paths begin with `/keys/`, as in the original's containers,
    /// are looked for if there is no such file.
    pub(crate) keys: Option<PathBuf>,
}

impl Paths {
    /// Where a path leads.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        match &self.base {
            // An absolute path replaces what it is joined to.
            Some(base) => base.join(path),
            None => PathBuf::from(path),
        }
    }

    /// Path of a key file that another program has made.
    pub(crate) fn key_file(&self, path: &str) -> PathBuf {
        let given = self.path(path);
        match (&self.keys, path.strip_prefix("/keys/")) {
            (Some(folder), Some(rest)) if !given.exists() && is_plain(rest) => folder.join(rest),
            _ => given,
        }
    }
}

/// Whether a path stays below the folder that it is joined to.
fn is_plain(path: &str) -> bool {
    Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_containers_are_found_in_the_configured_folder() {
        let paths = Paths {
            base: Some(PathBuf::from("/data")),
            keys: Some(PathBuf::from("/lab/keys")),
        };
        let path = |path| paths.key_file(path);
        assert_eq!(path("/keys/plain1"), Path::new("/lab/keys/plain1"));
        assert_eq!(path("/keys/../secret"), Path::new("/keys/../secret"));
        assert_eq!(path("other/plain1"), Path::new("/data/other/plain1"));
        let none = Paths::default();
        assert_eq!(none.key_file("/keys/plain1"), Path::new("/keys/plain1"));
    }

    #[test]
    fn relative_paths_begin_in_the_folder_of_the_service() {
        let paths = Paths {
            base: Some(PathBuf::from("/data")),
            keys: None,
        };
        assert_eq!(
            paths.path("./fund_keys/x/key"),
            Path::new("/data/./fund_keys/x/key")
        );
        assert_eq!(paths.path("/else/key"), Path::new("/else/key"));
        let none = Paths::default();
        assert_eq!(none.path("fund_keys"), Path::new("fund_keys"));
    }
}

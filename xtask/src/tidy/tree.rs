//! The files of the project, as the checks see them.

use super::rust_file::RustFile;

/// All text files: Rust sources and manifests prepared for the checks, the others as they are.
pub(super) struct Tree {
    pub(super) rust: Vec<RustFile>,
    /// Path and text of everything that is not Rust, manifests included.
    pub(super) others: Vec<(String, String)>,
}

impl Tree {
    pub(super) fn new(files: Vec<(String, String)>) -> Self {
        let (rust, others): (Vec<_>, Vec<_>) = files
            .into_iter()
            .partition(|(path, _)| has_extension(path, "rs"));
        let mut rust: Vec<RustFile> = rust
            .into_iter()
            .map(|(path, text)| RustFile::new(path, text))
            .collect();
        mark_test_modules(&mut rust);
        Self { rust, others }
    }

    /// Path and text of the manifest of each crate, and the name of the crate.
    pub(super) fn crates(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.others.iter().filter_map(|(path, text)| {
            let folder = path.strip_suffix("/Cargo.toml")?;
            let name = folder.strip_prefix("crates/").unwrap_or(folder);
            Some((path.as_str(), text.as_str(), name))
        })
    }

    /// The text of a file that is not Rust.
    pub(super) fn text_of(&self, path: &str) -> Option<&str> {
        self.others
            .iter()
            .find(|(candidate, _)| candidate == path)
            .map(|(_, text)| text.as_str())
    }
}

/// Whether a path ends in `.extension`.
pub(super) fn has_extension(path: &str, extension: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, found)| found == extension)
}

fn mark_test_modules(rust: &mut [RustFile]) {
    let modules: Vec<String> = rust.iter().flat_map(RustFile::test_modules).collect();
    for file in rust {
        let is_below = modules.iter().any(|module| {
            file.path
                .strip_prefix(module.as_str())
                .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        });
        if is_below {
            file.mark_as_test();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_test_modules_are_tests() {
        let files = [
            (
                "crates/a/src/lib.rs",
                "#[cfg(test)]\nmod testing;\nmod b;\n",
            ),
            ("crates/a/src/testing.rs", ""),
            ("crates/a/src/testing/more.rs", ""),
            ("crates/a/src/b.rs", ""),
        ];
        let tree = Tree::new(
            files
                .iter()
                .map(|&(path, text)| (path.to_owned(), format!("{text}\n")))
                .collect(),
        );
        let tests: Vec<bool> = tree.rust.iter().map(RustFile::is_test).collect();
        assert_eq!(tests, [false, true, true, false]);
    }
}

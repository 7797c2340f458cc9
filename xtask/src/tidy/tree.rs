//! The files of the project, as the checks see them.

use super::manifest::Manifest;
use super::rust_file::RustFile;

/// All text files: Rust sources and manifests prepared for the checks, the others as they are.
pub(super) struct Tree {
    pub(super) rust: Vec<RustFile>,
    pub(super) manifests: Vec<Manifest>,
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
        let manifests = others
            .iter()
            .filter(|(path, _)| path == "Cargo.toml" || path.ends_with("/Cargo.toml"))
            .map(|(path, text)| Manifest::new(path.clone(), text))
            .collect();
        Self {
            rust,
            manifests,
            others,
        }
    }

    /// Manifest and name of each crate.
    pub(super) fn crates(&self) -> impl Iterator<Item = (&Manifest, &str)> {
        self.manifests
            .iter()
            .filter_map(|manifest| Some((manifest, manifest.crate_name()?)))
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

//! The documents that every reader starts from.

use super::Finding;
use super::rust_file::word_positions;
use super::tree::Tree;

const REQUIRED: [(&str, &str); 5] = [
    ("README.md", "what this is and how to start it"),
    ("ARCHITECTURE.md", "where things are and what always holds"),
    ("CONTRIBUTING.md", "how to change it"),
    ("CHANGELOG.md", "what has changed for users"),
    ("docs/glossary.md", "what the words mean"),
];

/// The documents exist and are not empty.
pub(super) fn exist(tree: &Tree) -> Vec<Finding> {
    REQUIRED
        .iter()
        .filter(|(path, _)| tree.text_of(path).is_none_or(|text| text.trim().is_empty()))
        .map(|(path, purpose)| Finding {
            path: (*path).to_owned(),
            line: 1,
            problem: format!("this document is missing: readers look in it for {purpose}"),
            remedy: "write it".to_owned(),
        })
        .collect()
}

/// ARCHITECTURE.md names every crate.
pub(super) fn architecture_names_every_crate(tree: &Tree) -> Vec<Finding> {
    let text = tree.text_of("ARCHITECTURE.md").unwrap_or_default();
    tree.crates()
        .filter(|(_, name)| word_positions(text, name).is_empty())
        .map(|(_, name)| Finding {
            path: "ARCHITECTURE.md".to_owned(),
            line: 1,
            problem: format!("the crate `{name}` is not mentioned: the map must be complete"),
            remedy: "say in one sentence what it is for and what it must not know".to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::places;

    #[test]
    fn a_missing_or_empty_document_is_found() {
        let files = [
            ("README.md", "# loadlab\n"),
            ("ARCHITECTURE.md", "text"),
            ("CHANGELOG.md", " \n"),
            ("docs/glossary.md", "text"),
        ];
        assert_eq!(
            places(exist, &files),
            ["CONTRIBUTING.md:1", "CHANGELOG.md:1"]
        );
    }

    #[test]
    fn a_crate_that_the_architecture_leaves_out_is_found() {
        let files = [
            ("ARCHITECTURE.md", "`store` keeps, minatrace is no crate"),
            ("crates/store/Cargo.toml", ""),
            ("crates/mina/Cargo.toml", ""),
        ];
        assert_eq!(
            places(architecture_names_every_crate, &files),
            ["ARCHITECTURE.md:1"]
        );
    }
}

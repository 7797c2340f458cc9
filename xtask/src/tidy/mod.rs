//! The rules of this project that no other tool checks.
//!
//! Each check is a pure function from the files of the project to findings; this file lists them.
//! A rule is here only if breaking it has happened or is easy, and every finding states its reason.
//! CONTRIBUTING.md explains the rules to people.

use anyhow::{Result, bail};

use crate::workspace::Workspace;

mod circles;
mod documents;
mod files;
mod finding;
mod migrations;
mod phrases;
mod source;

use finding::Finding;
use source::File;

type Check = fn(&[File]) -> Vec<Finding>;

const CHECKS: [Check; 11] = [
    circles::none,
    documents::architecture_names_every_crate,
    documents::architecture_has_reasons,
    documents::architecture_names_what_is_there,
    documents::tables_name_tests,
    files::workspace_lints,
    files::length,
    files::header,
    migrations::long_locks_are_explained,
    phrases::examples_in_comments_are_no_rust,
    phrases::stand_where_they_may,
];

/// Checks all rules and shows every finding.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let findings = check(&source::files(workspace.files()?));
    for finding in &findings {
        eprintln!("{finding}");
    }
    if !findings.is_empty() {
        bail!(
            "{} finding(s); CONTRIBUTING.md explains the rules",
            findings.len()
        );
    }
    eprintln!("tidy: no findings");
    Ok(())
}

fn check(files: &[File]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(files)).collect();
    findings.sort();
    findings
}

#[cfg(test)]
mod testing {
    //! Small trees of bad and good examples.

    use super::{Check, source};

    /// `path:line` of each finding of `check` in a tree of these files.
    pub(super) fn places(check: Check, files: &[(&str, &str)]) -> Vec<String> {
        let owned = files
            .iter()
            .map(|&(path, text)| (path.to_owned(), text.to_owned()));
        let files = source::files(owned.collect());
        let found = check(&files);
        found
            .iter()
            .map(|finding| format!("{}:{}", finding.path, finding.line))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_project_follows_its_own_rules() {
        let workspace = Workspace::find().unwrap();
        let files = source::files(workspace.files().unwrap());
        let findings: Vec<String> = check(&files).iter().map(Finding::to_string).collect();
        assert!(findings.is_empty(), "\n{}", findings.join("\n"));
    }
}

//! The rules of this project that no other tool checks.
//!
//! Each check is a pure function from the files of the project to findings; this file lists them.
//! A rule is here only if breaking it has happened or is easy, and its reason is told with every
//! finding. CONTRIBUTING.md explains the rules to people.

use std::fmt;

use anyhow::{Result, bail};

use crate::workspace::Workspace;

mod calls;
mod circles;
mod documents;
mod files;
mod leftovers;
mod lexer;
mod migrations;
mod purity;
mod rust_file;
mod tree;
mod words;

use tree::Tree;

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    /// Counted from 1.
    line: usize,
    /// What is wrong and why that matters.
    problem: String,
    /// What to do instead.
    remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}:{}: {}; {}",
            self.path, self.line, self.problem, self.remedy
        )
    }
}

type Check = fn(&Tree) -> Vec<Finding>;

const CHECKS: [Check; 16] = [
    calls::stay_at_home,
    circles::none,
    documents::exist,
    documents::architecture_names_every_crate,
    documents::requirements_are_held,
    documents::dashboard_checks_are_held,
    files::workspace_lints,
    files::length,
    files::header,
    leftovers::ignored_tests,
    leftovers::code_in_comments,
    leftovers::unfinished_comments,
    migrations::long_locks_are_explained,
    purity::no_input_or_output,
    words::forbidden,
    words::plain,
];

/// Checks all rules and shows every finding.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let tree = Tree::new(workspace.files()?);
    let findings = check(&tree);
    for finding in &findings {
        eprintln!("{finding}");
    }
    if !findings.is_empty() {
        bail!(
            "{} finding(s); CONTRIBUTING.md explains the rules",
            findings.len()
        );
    }
    eprintln!("tidy: {} rules, no findings", CHECKS.len());
    Ok(())
}

fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(tree)).collect();
    findings.sort();
    findings
}

#[cfg(test)]
mod testing {
    //! Small trees of bad and good examples.

    use super::{Check, Tree};

    /// `path:line` of each finding of `check` in a tree of these files.
    pub(super) fn places(check: Check, files: &[(&str, &str)]) -> Vec<String> {
        let owned = files
            .iter()
            .map(|&(path, text)| (path.to_owned(), text.to_owned()));
        let tree = Tree::new(owned.collect());
        check(&tree)
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
        let tree = Tree::new(workspace.files().unwrap());
        let findings: Vec<String> = check(&tree).iter().map(Finding::to_string).collect();
        assert!(findings.is_empty(), "\n{}", findings.join("\n"));
    }
}

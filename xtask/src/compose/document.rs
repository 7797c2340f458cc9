//! What documents say to do: the blocks with lines for a shell and for the database.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::stack::Stack;
use crate::workspace::Workspace;

/// The document of the stack. Every block for a shell in it is run by this test, or says why not.
const STACK: &str = "docs/compose.md";

/// The document of the step from the original stack, and back.
const MIGRATION: &str = "docs/migration.md";

/// How a block of it is marked that this test runs.
const RUN_HERE: &str = "sh no-run: `cargo xtask test-compose` runs it";

/// The guide, whose questions in SQL have to be answered.
const GUIDE: &str = "docs/guide.md";

/// The sections of [`STACK`] that have lines for a shell.
#[derive(Debug, Clone, Copy)]
pub(super) enum Section {
    /// Starts a stack beside a simulated network.
    Simulated,
    /// Prepares the folder of a real one.
    Real,
    /// Runs an experiment.
    Cycle,
    /// What an operator does at other times.
    Daily,
}

impl Section {
    /// All of them, in the order of the document.
    #[cfg(test)]
    const ALL: [Self; 4] = [Self::Simulated, Self::Real, Self::Cycle, Self::Daily];

    fn heading(self) -> &'static str {
        match self {
            Self::Simulated => "## Without a real network",
            Self::Real => "## With a real network",
            Self::Cycle => "## A full cycle",
            Self::Daily => "## Day by day",
        }
    }
}

/// Runs the lines of one section in the folder of a stack.
pub(super) fn follow(section: Section, stack: &Stack<'_>, workspace: &Workspace) -> Result<()> {
    let heading = section.heading();
    let mut has_run = false;
    for block in blocks(&read(workspace, STACK)?, "sh") {
        if block.section == heading {
            eprintln!("$ {}", block.text);
            eprintln!("{}", stack.shell(&block.text)?.trim_end());
            has_run = true;
        }
    }
    ensure!(
        has_run,
        "{STACK} has no lines for a shell below `{heading}`"
    );
    Ok(())
}

/// Runs the lines of one section of the step from the original stack, in the folder of a stack.
pub(super) fn migrate(heading: &str, stack: &Stack<'_>, workspace: &Workspace) -> Result<()> {
    let all = blocks(&read(workspace, MIGRATION)?, RUN_HERE);
    let block = all.iter().find(|block| block.section == heading);
    let block = block.with_context(|| format!("{MIGRATION} has nothing to run at `{heading}`"))?;
    eprintln!("$ {}", block.text);
    stack.shell(&block.text)?;
    Ok(())
}

/// Asks the database what the guide asks; each question has rows for an answer.
pub(super) fn ask(stack: &Stack<'_>, workspace: &Workspace) -> Result<()> {
    let questions = blocks(&read(workspace, GUIDE)?, "sql");
    ensure!(!questions.is_empty(), "{GUIDE} has no SQL");
    for Block { text, .. } in questions {
        let answer = stack.shell(&format!(
            "docker compose exec -T postgres psql -U postgres -d logs -v ON_ERROR_STOP=1 -At <<'SQL'\n\
             {text}\nSQL"
        ))?;
        let rows = answer.lines().count();
        ensure!(rows > 0, "no row answers this SQL of {GUIDE}:\n{text}");
        eprintln!("{rows} rows answer the SQL of {GUIDE}");
    }
    Ok(())
}

fn read(workspace: &Workspace, document: &str) -> Result<String> {
    fs::read_to_string(workspace.root().join(document))
        .with_context(|| format!("cannot read {document}"))
}

#[derive(Debug, PartialEq, Eq)]
struct Block {
    /// The heading above it.
    section: String,
    text: String,
}

/// The blocks with this fence, without their indentation. A language alone can be run: a fence with
/// more words says why not.
fn blocks(document: &str, fence: &str) -> Vec<Block> {
    let fence = format!("```{fence}");
    let mut blocks = Vec::new();
    let mut section = "";
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("## ") {
            section = line;
        } else if line.trim_start().starts_with("```") {
            let indentation = line.len() - line.trim_start().len();
            let lines = lines
                .by_ref()
                .map(|line| line.get(indentation..).unwrap_or(""));
            let text: Vec<&str> = lines.take_while(|line| *line != "```").collect();
            if line.trim_start() == fence {
                blocks.push(Block {
                    section: section.to_owned(),
                    text: text.join("\n"),
                });
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_one_language_are_found_as_they_stand_below_their_heading() {
        let document = "## A\n```sh\none \\\n  two\n```\n```sql\n## no\n```\n## B\n\
                        ```sh no-run: why\nno\n```\n```sh\nthree\n```\n";
        let block = |section: &str, text: &str| Block {
            section: section.to_owned(),
            text: text.to_owned(),
        };
        assert_eq!(
            blocks(document, "sh"),
            [block("## A", "one \\\n  two"), block("## B", "three")]
        );
        assert_eq!(blocks(document, "sql"), [block("## A", "## no")]);
        assert!(blocks(document, "toml").is_empty());
        let listed = "## A\n1. Do this:\n\n   ```sh\n   one \\\n     two\n   ```\n";
        assert_eq!(blocks(listed, "sh"), [block("## A", "one \\\n  two")]);
    }

    #[test]
    fn every_block_of_the_document_is_run() {
        let document = read(&Workspace::find().unwrap(), STACK).unwrap();
        let mut found: Vec<String> = blocks(&document, "sh")
            .into_iter()
            .map(|block| block.section)
            .collect();
        found.dedup();
        assert_eq!(found, Section::ALL.map(Section::heading));
    }
}

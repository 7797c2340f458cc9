//! What users do with the stack: the lines of docs/compose.md, as they stand there, while every
//! service is killed once; and whether everything has arrived.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::stack::{SERVICES, Stack};
use crate::workspace::Workspace;

const DOCUMENT: &str = "docs/compose.md";
const EXPERIMENT: &str = "test-experiment-1";

/// Rounds and pauses of the experiment last three minutes at the network's time scale.
const EXPERIMENT_LIMIT: Duration = Duration::from_mins(10);

/// Time for the last log entries to be fetched and for the last transactions to be included.
const SETTLING: Duration = Duration::from_secs(15);

pub(super) fn run(stack: &Stack<'_>, workspace: &Workspace) -> Result<()> {
    let document = fs::read_to_string(workspace.root().join(DOCUMENT))
        .with_context(|| format!("cannot read {DOCUMENT}"))?;
    for section in ["## A full cycle", "## Day by day"] {
        let blocks = shell_blocks(&document, section);
        ensure!(
            !blocks.is_empty(),
            "{DOCUMENT} has no lines for a shell below `{section}`"
        );
        for block in blocks {
            eprintln!("$ {block}");
            eprintln!("{}", stack.shell(&block)?.trim_end());
        }
    }
    for service in SERVICES {
        stack.kill(service)?;
    }
    let begin = Instant::now();
    loop {
        let status = stack.script(include_str!("status.sh"), EXPERIMENT)?;
        match status.trim() {
            "success" => break,
            "running" if begin.elapsed() < EXPERIMENT_LIMIT => {
                thread::sleep(Duration::from_secs(2));
            }
            other => bail!(
                "the experiment is {other} after {} s",
                begin.elapsed().as_secs()
            ),
        }
    }
    thread::sleep(SETTLING);
    check_delivery(stack)
}

/// Whether the load that was asked for has arrived: nothing is refused, all that was accepted was
/// sent or has a reason, all that was included was applied, and no log entry is lost.
fn check_delivery(stack: &Stack<'_>) -> Result<()> {
    let answer = stack.script(include_str!("delivery.sh"), EXPERIMENT)?;
    eprintln!(
        "intended|accepted|seen or not sent|included|applied|lost: {}",
        answer.trim()
    );
    let counts: Vec<u64> = answer
        .trim()
        .split('|')
        .map(|count| {
            count
                .parse()
                .with_context(|| format!("`{count}` in {answer}"))
        })
        .collect::<Result<_>>()?;
    let &[intended, accepted, explained, included, applied, lost] = counts.as_slice() else {
        bail!("{answer}");
    };
    ensure!(
        intended > 0 && accepted == intended,
        "{accepted} of {intended} were accepted"
    );
    ensure!(
        explained == accepted,
        "{explained} of {accepted} were seen or have a reason"
    );
    ensure!(
        applied > 0 && applied == included,
        "{applied} of {included} were applied"
    );
    if lost > 0 {
        eprintln!("{}", stack.script(include_str!("losses.sh"), EXPERIMENT)?);
        bail!("{lost} log entries were lost");
    }
    Ok(())
}

/// The lines for a shell in one section of a document.
fn shell_blocks(document: &str, section: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut is_in_section = false;
    let mut block: Option<Vec<&str>> = None;
    for line in document.lines() {
        match (&mut block, line) {
            (Some(lines), "```") => {
                blocks.push(lines.join("\n"));
                block = None;
            }
            (Some(lines), line) => lines.push(line),
            (None, "```sh") if is_in_section => block = Some(Vec::new()),
            (None, line) if line.starts_with("## ") => is_in_section = line == section,
            (None, _) => {}
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_one_section_are_found_as_they_stand() {
        let document = "## A\n```sh\nno\n```\n## B\ntext\n```sh\none \\\n  two\n```\n```sql\nno\n```\n```sh\nthree\n```\n## C\n```sh\nno\n```\n";
        assert_eq!(shell_blocks(document, "## B"), ["one \\\n  two", "three"]);
        assert!(shell_blocks(document, "## D").is_empty());
    }
}

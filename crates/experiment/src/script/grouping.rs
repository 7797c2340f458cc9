//! In which groups steps run, and when comments are logged.

use super::{Command, Item, Script};
use crate::action::Kind;

/// What comes next when a script runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Group<'a> {
    /// Comments, to be told now.
    Comments(Vec<&'a str>),
    /// One step.
    Step {
        /// Its number.
        number: u32,
        /// What to do.
        command: &'a Command,
    },
    /// Consecutive steps of a batch action, which run together. Comments between them are logged
    /// after the batch.
    Batch {
        /// Number of the first step; the others follow on.
        first: u32,
        /// What to do.
        commands: Vec<&'a Command>,
    },
}

impl Script {
    /// The groups in order. Every step is in exactly one of them.
    #[must_use]
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups = Vec::new();
        let mut comments: Vec<&str> = Vec::new();
        let mut batch: Vec<&Command> = Vec::new();
        let mut number = 0;
        let mut first = 0;
        for item in &self.items {
            match item {
                Item::Comment(comment) => comments.push(comment.as_deref().unwrap_or_default()),
                Item::Command(command) => {
                    let is_batch = Kind::of(&command.action).is_some_and(Kind::is_batch);
                    let continues = batch
                        .first()
                        .is_some_and(|before| before.action == command.action);
                    if !continues {
                        flush(&mut groups, first, &mut batch);
                        flush_comments(&mut groups, &mut comments);
                    }
                    if is_batch {
                        if batch.is_empty() {
                            first = number;
                        }
                        batch.push(command);
                    } else {
                        groups.push(Group::Step { number, command });
                    }
                    number += 1;
                }
            }
        }
        flush(&mut groups, first, &mut batch);
        flush_comments(&mut groups, &mut comments);
        groups
    }
}

fn flush<'a>(groups: &mut Vec<Group<'a>>, first: u32, batch: &mut Vec<&'a Command>) {
    if !batch.is_empty() {
        groups.push(Group::Batch {
            first,
            commands: std::mem::take(batch),
        });
    }
}

fn flush_comments<'a>(groups: &mut Vec<Group<'a>>, comments: &mut Vec<&'a str>) {
    if !comments.is_empty() {
        groups.push(Group::Comments(std::mem::take(comments)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_within_a_batch_are_told_after_it() {
        let script = Script::parse(
            r#""before" {"action":"fund-keys"} "within" {"action":"fund-keys"} "after"
               {"action":"wait"} {"action":"fund-keys"} null"#,
        )
        .unwrap();
        let shape: Vec<String> = script
            .groups()
            .iter()
            .map(|group| match group {
                Group::Comments(comments) => comments.join("+"),
                Group::Step { number, .. } => format!("step {number}"),
                Group::Batch { first, commands } => {
                    format!("batch {first} of {}", commands.len())
                }
            })
            .collect();
        assert_eq!(
            shape,
            [
                "before",
                "batch 0 of 2",
                "within+after",
                "step 2",
                "batch 3 of 1",
                ""
            ]
        );
    }
}

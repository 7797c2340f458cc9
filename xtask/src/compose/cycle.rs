//! The first pass, beside a simulated network: what users do with the stack, by the lines of
//! docs/compose.md as they stand there, while every service is killed once; and whether everything
//! has arrived.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::document::{self, Section};
use super::hardening;
use super::stack::{SERVICES, Stack};
use crate::workspace::Workspace;

const EXPERIMENT: &str = "test-experiment-1";

/// Rounds and pauses of the experiment last three minutes at the network's time scale.
const EXPERIMENT_LIMIT: Duration = Duration::from_mins(10);

/// Time for the last log entries to be fetched and for the last transactions to be included. A round
/// may send 0.9 tps, where blocks hold 0.53: 128 transactions in three of four slots. So some
/// 700 may wait when the last round ends, for half a minute at the network's time scale; a full pool
/// of 3,000 would take a minute and a half.
const SETTLING_LIMIT: Duration = Duration::from_mins(3);
const LOOK: Duration = Duration::from_secs(3);

pub(super) fn run(stack: &Stack<'_>, workspace: &Workspace) -> Result<()> {
    document::follow(Section::Simulated, stack, workspace)?;
    stack.wait_until_all_healthy()?;
    check_commit(stack)?;
    hardening::check(stack)?;
    document::follow(Section::Cycle, stack, workspace)?;
    document::follow(Section::Daily, stack, workspace)?;
    for service in SERVICES {
        stack.kill(service)?;
    }
    // Otherwise the kills would show nothing about an experiment.
    let status = status(stack)?;
    ensure!(
        status == "running",
        "the experiment was {status} already when the last service was killed"
    );
    wait_for_end(stack)?;
    wait_for_blocks(stack)?;
    document::ask(stack, workspace)
}

/// A commit in the environment gets into the image that Compose builds.
fn check_commit(stack: &Stack<'_>) -> Result<()> {
    let text = stack.shell("LOADLAB_COMMIT=abcdef012345 docker compose config")?;
    ensure!(
        text.contains("LOADLAB_COMMIT: abcdef012345"),
        "compose.yaml hands no commit to the Dockerfile:\n{text}"
    );
    Ok(())
}

fn status(stack: &Stack<'_>) -> Result<String> {
    let status = stack.script(include_str!("status.sh"), EXPERIMENT)?;
    Ok(status.trim().to_owned())
}

fn wait_for_end(stack: &Stack<'_>) -> Result<()> {
    let begin = Instant::now();
    loop {
        match status(stack)?.as_str() {
            "success" => return Ok(()),
            "running" if begin.elapsed() < EXPERIMENT_LIMIT => {
                thread::sleep(Duration::from_secs(2));
            }
            other => bail!(
                "the experiment is {other} after {} s",
                begin.elapsed().as_secs()
            ),
        }
    }
}

/// Waits until all that was seen is in blocks.
fn wait_for_blocks(stack: &Stack<'_>) -> Result<()> {
    let begin = Instant::now();
    loop {
        let delivery = Delivery::of(stack)?;
        let seconds = begin.elapsed().as_secs();
        eprintln!("{seconds} s after the experiment: {delivery:?}");
        let problem = delivery.problem();
        if problem.is_none() {
            return Ok(());
        }
        if begin.elapsed() > SETTLING_LIMIT {
            if delivery.lost > 0 {
                eprintln!("{}", stack.script(include_str!("losses.sh"), EXPERIMENT)?);
            }
            bail!("{} after {seconds} s", problem.unwrap_or_default());
        }
        thread::sleep(LOOK);
    }
}

/// What has become of the load, in transactions; and log entries that were lost.
#[derive(Debug, Clone, Copy)]
struct Delivery {
    intended: u64,
    accepted: u64,
    seen: u64,
    unsent: u64,
    included: u64,
    applied: u64,
    lost: u64,
}

impl Delivery {
    fn of(stack: &Stack<'_>) -> Result<Self> {
        Self::parse(&stack.script(include_str!("delivery.sh"), EXPERIMENT)?)
    }

    fn parse(answer: &str) -> Result<Self> {
        let counts: Vec<u64> = answer
            .trim()
            .split('|')
            .map(|count| {
                count
                    .parse()
                    .with_context(|| format!("`{count}` in {answer}"))
            })
            .collect::<Result<_>>()?;
        let &[intended, accepted, seen, unsent, included, applied, lost] = counts.as_slice() else {
            bail!("{answer}");
        };
        Ok(Self {
            intended,
            accepted,
            seen,
            unsent,
            included,
            applied,
            lost,
        })
    }

    /// What has not arrived of the load that was asked for: nothing is refused, all that was
    /// accepted was sent or has a reason, all that was sent is in a block and was applied there, and
    /// no log entry is lost.
    fn problem(self) -> Option<String> {
        let Self {
            intended,
            accepted,
            seen,
            unsent,
            included,
            applied,
            lost,
        } = self;
        if intended == 0 || accepted != intended {
            Some(format!("{accepted} of {intended} were accepted"))
        } else if seen == 0 || seen + unsent != accepted {
            Some(format!(
                "{seen} of {accepted} were seen, {unsent} have a reason"
            ))
        } else if included != seen {
            Some(format!("{included} of {seen} are in blocks"))
        } else if applied != included {
            Some(format!("{applied} of {included} were applied"))
        } else if lost > 0 {
            Some(format!("{lost} log entries were lost"))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_has_not_arrived_is_a_problem() {
        let problem = |answer: &str| Delivery::parse(answer).unwrap().problem();
        assert_eq!(problem("10|10|9|1|9|9|0\n"), None);
        for (answer, said) in [
            ("0|0|0|0|0|0|0", "0 of 0 were accepted"),
            ("10|9|9|0|9|9|0", "9 of 10 were accepted"),
            ("10|10|8|1|8|8|0", "8 of 10 were seen, 1 have a reason"),
            ("10|10|0|10|0|0|0", "0 of 10 were seen, 10 have a reason"),
            ("10|10|9|1|8|8|0", "8 of 9 are in blocks"),
            ("10|10|9|1|9|8|0", "8 of 9 were applied"),
            ("10|10|9|1|9|9|2", "2 log entries were lost"),
        ] {
            assert_eq!(problem(answer).as_deref(), Some(said));
        }
        assert!(Delivery::parse("10|10").is_err());
        assert!(Delivery::parse("10|10|||||").is_err());
    }
}

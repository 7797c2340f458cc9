//! The words of `cargo xtask help` and of `cargo xtask <task> --help`.

use anyhow::{Result, bail};

const OVERVIEW: &str = "\
The project's own tasks. Each one first gets what it needs, so any of them works on a fresh clone.

Usage: cargo xtask <task> [arguments]

  demo    build loadlab and show it at work, with its own database
  test    everything a change must pass: style, rules, lints, docs, licences, tests
  tidy    only the rules of this project that no other tool checks (a second or two)
  bench   build and run a benchmark
  test-compose  the compose stack with a real engine
  dist    a tarball and a Debian package of a release
  setup   install what is missing for all of the above
  help    this text

`cargo xtask <task> --help` explains a task.

While working on one crate, these are faster than `cargo xtask test`:

  cargo clippy -p <crate> --all-targets
  cargo nextest run -p <crate>
";

const SETUP: &str = "\
Usage: cargo xtask setup

Looks for what the other tasks need and installs what is missing, saying what it runs:

  C compiler        looked for only; zstd's C sources are compiled in
  PostgreSQL        the programs initdb and postgres, any version from 14; no running server is
                    needed, none is touched. Debian and Ubuntu: apt-get, as root or through sudo;
                    elsewhere it names the command to run
  clippy, rustfmt   through rustup
  cargo-nextest     through cargo install (a few minutes)
  cargo-deny        through cargo install (a few minutes)
  cargo-machete     through cargo install (a minute)
  typos             from the Python package index, below the target directory (seconds)

When everything is there it takes less than a second. `demo` and `bench` need only the first two.
";

const TEST: &str = "\
Usage: cargo xtask test

Runs what continuous integration runs, stops at the first failure, and ends with a table of the
steps and their durations:

  format            cargo fmt --check; mend with `cargo fmt --all`
  tidy              see `cargo xtask tidy --help`
  spelling          typos; words that it does not know stand in typos.toml
  unused dependencies
                    cargo-machete
  lints             clippy on all targets; a warning is a failure
  documentation     cargo doc with private items; a broken link is a failure
  licences          cargo-deny: licences, banned packages, sources (deny.toml)
  advisories        cargo-deny: known vulnerabilities. Without a network the database of advisories
                    cannot be fetched: the step is then SKIPPED, and says so
  web               types, lints, unit and browser tests of the page, and that the page that is
                    checked in is what web/ builds. Without Node.js 20.19 it is SKIPPED, and its
                    browser tests are without /usr/bin/chromium
  tests' build, database server, tests
                    the tests run in parallel against one PostgreSQL server that is started for
                    them below the target directory and removed afterwards; to use another one with
                    `cargo nextest run`, set LOADLAB_TEST_DATABASE_URL yourself. A test that passes
                    only when it is repeated is listed as flaky, and fails the run. The ten slowest
                    tests are named at the end, and those that were SKIPPED because this machine
                    lacks something. Where LOADLAB_REQUIRE_SHARED_DATA is set, tests fail that lack
                    captured data
  pages over a real lab
                    the browser looks at the pages of `loadlab demo`, and stops nodes of it
  compose stack     `cargo xtask test-compose`, where an engine is: it builds a release, which takes
                    a quarter of an hour
";

const TIDY: &str = "\
Usage: cargo xtask tidy

Checks the rules of this project that compiler, clippy and cargo-deny cannot know: circles between
files, calls that have one home, locks of migrations, plain English, the length and header of each
file, and so on. Each finding names file and line, the rule's reason and what to do. The rules are
listed, with their reasons, in CONTRIBUTING.md; their code is in xtask/src/tidy.
";

const DEMO: &str = "\
Usage: cargo xtask demo [arguments]

Builds loadlab in a way that is quick to compile (profile `demo`) and runs `loadlab demo` in the
foreground; Ctrl-C ends it. All arguments go to `loadlab demo`; to see which it knows:

  cargo run --profile demo -p loadlab -- demo --help
";

const BENCH: &str = "\
Usage: cargo xtask bench <name> [--format json] [arguments]

Builds the benchmarks with optimisation and runs the named one. All arguments go to it, standard
output is its report; to see the names and arguments:

  cargo run --release -p bench -- --help

`dashboard` measures the page in Chromium, against made-up services, and needs Node.js instead.

Compare figures of one run with each other, not with those of another day or machine.
";

const TEST_COMPOSE: &str = "\
Usage: cargo xtask test-compose

Builds the image of the services, starts compose.yaml with the simulated network, runs the lines of
docs/compose.md as they stand there, kills every service once during the experiment, and checks that
everything has arrived and that containers are closed. Then it starts compose.yaml in the folder of an
operator of the original, whose database has to keep every row. Needs, or says SKIPPED:

  Docker's engine   one that answers, or, for root, `dockerd` to start one below the target directory
  Docker Compose    2, or 1.29
  images            from a registry, or debootstrap to make stand-ins from Debian's packages
  ports             the usual ones of the services, free

It is the last step of `cargo xtask test`.
";

const DIST: &str = "\
Usage: cargo xtask dist [--binary FILE] [--out FOLDER]

Builds loadlab for this machine, linked statically, and packs it with completions, manual pages,
systemd units, an example of the settings file, the Grafana dashboard, the alert rules and the
documents: loadlab-<version>-<architecture>.tar.gz and, where dpkg-deb is, a Debian package. The same
commit gives the same archives.

  --binary FILE  pack this program instead of building one
  --out FOLDER   where they go; target/dist unless given
";

/// Whether the arguments ask for help instead of a task.
pub(crate) fn is_wanted(task: &str, rest: &[String]) -> bool {
    is_help(task) || rest.first().is_some_and(|first| is_help(first))
}

/// The help asked for: about one task, or the overview.
pub(crate) fn text(task: &str, rest: &[String]) -> Result<&'static str> {
    let topic = if is_help(task) {
        rest.first().map(String::as_str)
    } else {
        Some(task)
    };
    Ok(match topic {
        None => OVERVIEW,
        Some(word) if is_help(word) => OVERVIEW,
        Some("setup") => SETUP,
        Some("test") => TEST,
        Some("tidy") => TIDY,
        Some("demo") => DEMO,
        Some("bench") => BENCH,
        Some("test-compose") => TEST_COMPOSE,
        Some("dist") => DIST,
        Some(unknown) => {
            bail!("unknown task `{unknown}`; `cargo xtask help` lists the tasks")
        }
    })
}

fn is_help(word: &str) -> bool {
    matches!(word, "help" | "--help" | "-h")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(words: &[&str]) -> &'static str {
        let rest: Vec<String> = words[1..].iter().map(|&word| word.to_owned()).collect();
        assert!(is_wanted(words[0], &rest), "{words:?}");
        text(words[0], &rest).unwrap()
    }

    #[test]
    fn every_task_explains_itself_and_is_in_the_overview() {
        for task in [
            "setup",
            "test",
            "tidy",
            "demo",
            "bench",
            "test-compose",
            "dist",
        ] {
            let own = shown(&[task, "--help"]);
            assert!(own.contains(&format!("Usage: cargo xtask {task}")), "{own}");
            assert_eq!(own, shown(&["help", task]));
            assert!(OVERVIEW.contains(&format!("\n  {task} ")), "{task}");
        }
        assert_eq!(shown(&["--help"]), OVERVIEW);
    }

    #[test]
    fn arguments_of_the_program_that_is_run_are_not_taken_for_help() {
        assert!(!is_wanted(
            "bench",
            &["ingest".to_owned(), "--help".to_owned()]
        ));
    }
}

//! `loadlab script generate`: the flags, the output and the exit codes of the original's generator,
//! and a seed.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use experiment::setup::flags::{self, FlagError, Mode};
use experiment::setup::validate;
use experiment::{Plan, SeededRng, Setup, seeded_rng};

use crate::output::Talk;

/// Exit code for arguments that cannot be read.
const BAD_ARGUMENTS: u8 = 2;
/// Exit code for an unknown mode, or a setup that cannot be planned.
const FAILED: u8 = 1;
/// Exit code for output that cannot be written.
const NOT_WRITTEN: u8 = 3;
/// How many values the modes that show distributions print.
const SAMPLES: u32 = 10_000;

pub(super) fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    let code = generate(arguments, random_seed, exists, &mut stdout, &mut Talk)
        .context("cannot write to standard error")?;
    Ok(ExitCode::from(code))
}

/// A seed for those who give none.
pub(crate) fn random_seed() -> u64 {
    rand::random::<u64>() & seeded_rng::SEED_MAX
}

/// Whether there is a file at a path.
pub(crate) fn exists(path: &str) -> bool {
    Path::new(path).is_file()
}

/// Runs the generator. Gives its exit code; fails only when nothing can be told any more.
fn generate(
    arguments: &[String],
    random_seed: impl Fn() -> u64,
    key_file_exists: impl Fn(&str) -> bool,
    stdout: &mut impl Write,
    stderr: &mut impl Write,
) -> io::Result<u8> {
    let read = match flags::from_arguments(arguments) {
        Ok(read) => read,
        Err(FlagError::Help) => {
            return Ok(written(stdout.write_all(flags::usage().as_bytes()), stdout));
        }
        Err(error) => {
            writeln!(stderr, "{error}\nTry `loadlab script generate -help`.")?;
            return Ok(BAD_ARGUMENTS);
        }
    };
    let problems = validate::problems(&read.setup, key_file_exists);
    for problem in &problems {
        writeln!(stderr, "{}", problem.message)?;
    }
    if let Some(problem) = problems.first() {
        return Ok(problem.exit_code);
    }
    let seed = if let Some(seed) = read.setup.seed {
        seed
    } else {
        let seed = random_seed();
        writeln!(
            stderr,
            "Seed {seed}: with -seed {seed} the output is the same again."
        )?;
        seed
    };
    let result = match read.mode {
        Mode::Default => match Plan::new(&read.setup, seed) {
            Ok(plan) => {
                let header = header(arguments, &read.setup, seed);
                write!(stdout, "{}", plan.script(&header))
            }
            Err(error) => {
                writeln!(stderr, "{error}")?;
                return Ok(FAILED);
            }
        },
        Mode::TpsDistribution => write_rates(&read.setup, seed, stdout),
        Mode::StopRatioDistribution => write_stop_ratios(&read.setup, seed, stdout),
        Mode::Unknown => {
            writeln!(
                stderr,
                "unknown -mode: one of default, tps-distribution, stop-ratio-distribution"
            )?;
            return Ok(FAILED);
        }
    };
    let code = written(result, stdout);
    if code == NOT_WRITTEN {
        writeln!(stderr, "cannot write to standard output")?;
    }
    Ok(code)
}

/// The exit code when all is written, or is not. A reader that has seen enough is no failure.
fn written(result: io::Result<()>, stdout: &mut impl Write) -> u8 {
    match result.and_then(|()| stdout.flush()) {
        Ok(()) => 0,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => 0,
        Err(_) => NOT_WRITTEN,
    }
}

/// How the script can be made again.
fn header(arguments: &[String], setup: &Setup, seed: u64) -> String {
    let mut words = vec!["loadlab script generate".to_owned()];
    if setup.seed.is_none() {
        words.push(format!("-seed {seed}"));
    }
    words.extend_from_slice(arguments);
    format!("Generated with: {}", words.join(" "))
}

fn write_rates(setup: &Setup, seed: u64, stdout: &mut impl Write) -> io::Result<()> {
    for round in 0..SAMPLES {
        let mut chance = SeededRng::new(seed, seeded_rng::Purpose::Round(round));
        let rate = experiment::plan::draw_rate(setup, round, &mut chance);
        writeln!(stdout, "{rate}")?;
    }
    Ok(())
}

fn write_stop_ratios(setup: &Setup, seed: u64, stdout: &mut impl Write) -> io::Result<()> {
    for round in 0..SAMPLES {
        let mut chance = SeededRng::new(seed, seeded_rng::Purpose::Round(round));
        let ratio = experiment::plan::draw_stop_ratio(setup, &mut chance);
        writeln!(stdout, "Sampled stop ratio: {ratio:.6}\n{ratio}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Run {
        code: u8,
        stdout: String,
        stderr: String,
    }

    fn run(arguments: &str) -> Run {
        let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let exists = |path: &str| path.starts_with("/keys/");
        let code = generate(&arguments, || 99, exists, &mut stdout, &mut stderr).unwrap();
        Run {
            code,
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    const RECEIVER: &str = "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i";

    #[test]
    fn a_script_names_what_makes_it_again() {
        let arguments = format!("-rounds 1 -payment-receiver {RECEIVER} /keys/a");
        let first = run(&arguments);
        assert_eq!(first.code, 0, "{}", first.stderr);
        assert_eq!(
            first.stderr,
            "Seed 99: with -seed 99 the output is the same again.\n"
        );
        let header = first.stdout.lines().next().unwrap();
        assert_eq!(
            header,
            format!("\"Generated with: loadlab script generate -seed 99 {arguments}\"")
        );
        let again = run(&format!("-seed 99 {arguments}"));
        assert_eq!(again.stdout, first.stdout);
        assert_eq!(again.stderr, "");
        assert!(
            experiment::Script::parse(&first.stdout)
                .unwrap()
                .steps()
                .count()
                > 10
        );
    }

    #[track_caller]
    fn check_refused(arguments: &str, code: u8, message: &str) {
        let run = run(arguments);
        assert_eq!(run.code, code, "{}", run.stderr);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.starts_with(message), "{}", run.stderr);
    }

    #[test]
    fn exit_codes_tell_what_is_wrong() {
        check_refused(
            "-rotate /keys/a",
            2,
            "flag provided but not defined: -rotate; did you mean",
        );
        check_refused("-zkapp-ratio 7 /keys/a", 2, "Invalid zkapp ratio\n");
        check_refused(
            "-zkapp-ratio 1",
            4,
            "Specify funding private key files after all flags",
        );
        check_refused(
            "-zkapp-ratio 1 -rotate-keys x /keys/a",
            5,
            "wrong rotation configuration\n",
        );
        check_refused(
            "-zkapp-ratio 1 -round-duration 2 /keys/a",
            9,
            "increase round duration",
        );
        check_refused(
            "-zkapp-ratio 1 /nowhere",
            2,
            "File not found or missing permissions",
        );
        check_refused("-zkapp-ratio 1 -mode x -seed 1 /keys/a", 1, "unknown -mode");
        // the mode is looked at after the rules
        check_refused("-mode x", 4, "Specify funding private key files");
        check_refused(
            "-zkapp-ratio 1 -seed 1 -min-tps 0.0000001 /keys/a",
            1,
            "the experiment needs ",
        );
    }

    #[test]
    fn distributions_are_printed_one_value_a_line() {
        let rates = run("-zkapp-ratio 1 -mode tps-distribution /keys/a");
        let values: Vec<f64> = rates
            .stdout
            .lines()
            .map(|line| line.parse().unwrap())
            .collect();
        assert_eq!(values.len(), 10_000);
        assert!(values.iter().all(|rate| *rate >= 0.3));
        let ratios = run("-zkapp-ratio 1 -mode stop-ratio-distribution /keys/a");
        assert_eq!(ratios.stdout.lines().count(), 20_000);
        assert!(ratios.stdout.starts_with("Sampled stop ratio: 0."));
    }

    #[test]
    fn the_help_is_data() {
        let help = run("-h");
        assert_eq!(help.code, 0);
        assert!(help.stdout.starts_with("Usage: loadlab script generate"));
    }

    #[test]
    fn a_full_output_is_told_and_a_closed_one_is_the_end() {
        struct Broken(ErrorKind);
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let code = |kind| {
            let arguments = ["-zkapp-ratio", "1", "/keys/a"].map(str::to_owned);
            let mut stdout = Broken(kind);
            generate(&arguments, || 1, |_| true, &mut stdout, &mut Vec::new()).unwrap()
        };
        assert_eq!(code(ErrorKind::StorageFull), 3);
        assert_eq!(code(ErrorKind::BrokenPipe), 0);
    }
}

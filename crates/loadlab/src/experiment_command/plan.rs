//! `loadlab experiment plan`: what a setup file and a seed amount to, without doing any of it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, ValueEnum};
use experiment::Plan;
use experiment::setup::body::{self, BYTES_MAX, BodyError};
use experiment::setup::decode::Strictness;
use experiment::setup::validate;

use super::plan_table::table;
use crate::output;
use crate::script_command::{exists, random_seed};

/// Arguments of `experiment plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    /// The setup, as JSON: the body of a request to run an experiment. `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What all random values come from. Default: the seed of the file, or a random one, which
    /// is shown.
    #[arg(long, value_name = "SEED", value_parser = clap::value_parser!(u64).range(..=experiment::seeded_rng::SEED_MAX))]
    seed: Option<u64>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: PlanFormat,
}

/// How a plan is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    /// A table of rounds.
    #[default]
    Text,
    /// The plan as one JSON object.
    Json,
    /// The script that would run.
    Script,
}

pub(super) fn run(arguments: &PlanArguments) -> anyhow::Result<ExitCode> {
    let text = read(&arguments.file)?;
    let plan = plan(&text, arguments.seed)?;
    for file in &plan.setup.priv_keys {
        if !exists(file) {
            tracing::warn!("there is no key file {file} on this machine");
        }
    }
    let shown = match arguments.format {
        PlanFormat::Text => table(&plan)?,
        PlanFormat::Json => format!("{}\n", serde_json::to_string_pretty(&plan)?),
        PlanFormat::Script => plan.script(&plan.service_header()).to_string(),
    };
    output::print(&shown)?;
    Ok(ExitCode::SUCCESS)
}

/// The bytes of a setup.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let limit = BYTES_MAX as u64;
    let text = if file == Path::new("-") {
        text_file::read_from(io::stdin().lock(), limit)
    } else {
        text_file::read(file, limit)
    }
    .with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.as_bytes().to_vec())
}

/// The plan of a setup; every problem of it is reported.
fn plan(text: &[u8], seed: Option<u64>) -> anyhow::Result<Plan> {
    let read = body::from_body(text, Strictness::Strict).map_err(|error| match error {
        BodyError::Malformed(problems) => anyhow!("this is no setup: {problems}"),
        other => other.into(),
    })?;
    let setup = read.decoded.setup;
    let problems = validate::problems(&setup, |_| true);
    if !problems.is_empty() {
        let messages: Vec<String> = problems
            .into_iter()
            .map(|problem| format!("\n  {}", problem.message))
            .collect();
        bail!("the setup cannot be run:{}", messages.concat());
    }
    let seed = seed.or(setup.seed).unwrap_or_else(random_seed);
    Ok(Plan::new(&setup, seed)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETUP: &str = r#"{"experiment_name":"demo","priv_keys":["/keys/a"],"rounds":3,
        "rate_shape":"ramp","stops_per_round":1,"large_pause_every_n_rounds":2,
        "large_pause_min":60,"max_cost_mixed_tps_ratio":0.5}"#;

    #[test]
    fn the_table_tells_what_would_be_run() {
        let plan = plan(SETUP.as_bytes(), Some(7)).unwrap();
        insta::assert_snapshot!(table(&plan).unwrap());
    }

    #[test]
    fn a_plan_says_where_and_why_it_asks_for_more_than_the_original() {
        const STARVING: &str = r#"{"experiment_name":"demo","priv_keys":["/keys/a"],"rounds":1,
            "base_tps":10.5,"rate_shape":"fixed","zkapp_ratio":0.999,"new_account_ratio":2.99,
            "gap":60,"round_duration_min":16}"#;
        let plan = plan(STARVING.as_bytes(), Some(7)).unwrap();
        let text = table(&plan).unwrap();
        let formula = plan.formula_estimate().unwrap();
        assert!(text.contains(&format!(
            "asks for {formula} MINA, with which fee payers run dry"
        )));
        let why = "round 0, zkapps: 1039147.";
        assert!(
            text.contains(why) && text.contains("nodes shared the load"),
            "{text}"
        );
        let json = serde_json::to_value(&plan).unwrap();
        assert!(json["rounds"][0]["zkapps"]["raised_funding"]["worst_case"]["nodes"].is_u64());
        assert!(
            json["rounds"][0]["payments"]
                .get("raised_funding")
                .is_none()
        );
        assert_eq!(serde_json::from_value::<Plan>(json).unwrap(), plan);
    }

    #[test]
    fn an_empty_setup_says_that_it_is_empty() {
        for text in ["", " \n"] {
            let error = plan(text.as_bytes(), Some(1)).unwrap_err();
            assert_eq!(error.to_string(), "this is no setup: it is empty");
        }
    }

    #[test]
    fn the_seed_of_the_command_line_goes_before_that_of_the_file() {
        let text = SETUP.replace("\"rounds\"", "\"seed\":5,\"rounds\"");
        assert_eq!(plan(text.as_bytes(), None).unwrap().seed, 5);
        assert_eq!(plan(text.as_bytes(), Some(6)).unwrap().seed, 6);
        assert_eq!(plan(SETUP.as_bytes(), Some(6)).unwrap().setup.seed, Some(6));
    }

    #[test]
    fn every_problem_of_a_setup_is_told() {
        let refused = |text: &str| plan(text.as_bytes(), Some(1)).unwrap_err().to_string();
        assert_eq!(
            refused(r#"{"experiment_name":"e","priv_key":["/a"]}"#),
            "this is no setup: unknown key `priv_key`; did you mean `priv_keys`?"
        );
        assert_eq!(
            refused(r#"{"experiment_name":"a b","priv_keys":["/a"],"gap":0}"#),
            "the setup cannot be run:\n  wrong gap: should be from 1 to 31536000\n  Experiment name \
             must not contain spaces"
        );
        let long = vec![b' '; BYTES_MAX + 1];
        assert!(
            plan(&long, None)
                .unwrap_err()
                .to_string()
                .starts_with("request body too large")
        );
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("setup.json");
        std::fs::write(&path, vec![b' '; BYTES_MAX]).unwrap();
        assert_eq!(read(&path).unwrap().len(), BYTES_MAX);
        std::fs::write(&path, vec![b' '; BYTES_MAX + 1]).unwrap();
        let error = format!("{:#}", read(&path).unwrap_err());
        assert!(error.contains("it has more than 1048576 bytes"), "{error}");
        assert!(read(&folder.path().join("nowhere")).is_err());
    }
}

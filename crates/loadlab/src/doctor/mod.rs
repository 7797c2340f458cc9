//! `loadlab doctor`: looks for what is wrong with a lab, and says what to do.
//!
//! It changes nothing: it makes no data folder, no table and no deployment. Every check has a limit
//! of time, and what takes longer is a finding, too. It reads the same flags, variables and settings
//! file as the services do, so it finds what they would find.

mod database;
mod finding;
mod http;
mod nodes;
mod retention;
mod services;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use self::finding::{Check, Finding, Level};
use crate::choice::Connection;
use crate::output::{OutputFormat, print, print_json};
use crate::settings::Settings;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Seconds for everything together.
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Nodes that are asked at most.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    nodes_max: usize,
    /// A further service to ask whether it is ready, such as the log fetcher of another
    /// machine: <http://10.0.0.2:4000>. May be given several times.
    #[arg(long = "service", value_name = "URL", value_parser = http::parse_url)]
    services: Vec<url::Url>,
}

/// Time for what asks one thing.
const CHECK_MAX: Duration = Duration::from_secs(15);

/// Exit code 0 unless something does not work.
pub(crate) async fn run(
    arguments: &DoctorArguments,
    connection: &Connection,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    let limits = Limits::new(Duration::from_secs(arguments.timeout));
    let mut findings = Vec::new();

    let opening = database::open(connection);
    let opened = match limits.within(Check::Database, opening).await {
        Ok((opened, found)) => {
            findings.extend(found);
            opened
        }
        Err(late) => {
            findings.push(late);
            None
        }
    };
    let database = opened.as_ref().map(|opened| &opened.database);
    if let Some(database) = database {
        limits
            .run(&mut findings, Check::Database, database::look(database))
            .await;
        limits
            .run(&mut findings, Check::Clock, database::clocks(database))
            .await;
    }

    let configured = services::configured(settings, &mut findings);
    limits
        .run(&mut findings, Check::Ports, services::ports(&configured))
        .await;
    limits
        .run(
            &mut findings,
            Check::Services,
            services::others(&arguments.services),
        )
        .await;
    findings.extend(services::keys(&configured));
    let fetcher = services::fetcher(configured, &mut findings);

    if let Some(database) = database {
        let submissions = nodes::last_submission(database);
        limits
            .run(&mut findings, Check::Discovery, submissions)
            .await;
    }
    if let Some(config) = &fetcher {
        let found = match limits
            .within(Check::Discovery, nodes::discover(config))
            .await
        {
            Ok((nodes, found)) => {
                findings.push(found);
                nodes
            }
            Err(late) => {
                findings.push(late);
                Vec::new()
            }
        };
        findings.extend(nodes::reach(config, found, arguments.nodes_max, limits.end).await);
    } else {
        findings.push(Finding::ok(
            Check::Discovery,
            "not looked at: the log fetcher is not configured here",
        ));
    }
    if let Some(database) = database {
        let policy = fetcher.map(|config| config.drop_deployments);
        let space = retention::look(database, policy.unwrap_or_default());
        limits.run(&mut findings, Check::Disk, space).await;
    }
    if let Some(opened) = opened {
        // A server that does not stop must not hold up the report.
        let _late = limits.within(Check::Database, opened.close()).await;
    }

    if arguments.json || arguments.format == OutputFormat::Json {
        print_json(&json!({"level": finding::worst(&findings), "findings": findings}))?;
    } else {
        print(&finding::text(&findings))?;
    }
    Ok(match finding::worst(&findings) {
        Level::Ok | Level::Warning => ExitCode::SUCCESS,
        Level::Error => ExitCode::FAILURE,
    })
}

/// How long checks may take.
struct Limits {
    /// When everything has to be done.
    end: Instant,
}

impl Limits {
    fn new(all: Duration) -> Self {
        Self {
            end: Instant::now() + all,
        }
    }

    /// A check, or the finding that it takes too long.
    async fn within<T>(&self, check: Check, work: impl Future<Output = T>) -> Result<T, Finding> {
        let end = self.end.min(Instant::now() + CHECK_MAX);
        timeout_at(end, work).await.map_err(|_| {
            Finding::error(
                check,
                "no answer in time",
                "look whether it hangs or is overloaded; --timeout gives it more time",
            )
        })
    }

    async fn run(
        &self,
        findings: &mut Vec<Finding>,
        check: Check,
        work: impl Future<Output = Vec<Finding>>,
    ) {
        match self.within(check, work).await {
            Ok(found) => findings.extend(found),
            Err(late) => findings.push(late),
        }
    }
}

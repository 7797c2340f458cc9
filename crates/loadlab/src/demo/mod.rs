//! `loadlab demo`: what the product does, in one command.

mod arguments;
mod cycle;
mod progress;
mod report;
mod services;
mod slowest;
mod tour;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use store::embedded::default_data_dir;
use store::{ConnectOptions, Database};
use tokio_util::sync::CancellationToken;

pub(crate) use self::arguments::DemoArguments;
use self::progress::Progress;
use self::report::Report;
use self::slowest::slowest;
use crate::choice::Connection;
use crate::connection::Opened;
use crate::output::inform;
use crate::services::Addresses;
use crate::serving;
use crate::settings::Settings;
use crate::up::{Lab, Plan, SimulatedNetwork, table_text};

/// The report of the newest demo, in its folder.
const PAGE: &str = "demo-report.html";

/// The demo keeps away from the data of real work.
fn own(connection: &Connection) -> anyhow::Result<Connection> {
    let mut connection = connection.clone();
    if connection.names_nothing() {
        connection.data_dir = Some(default_data_dir()?.join("demo"));
    }
    Ok(connection)
}

/// Where the log lines of the demo go.
fn log_path(connection: &Connection) -> anyhow::Result<PathBuf> {
    Ok(own(connection)?.folder()?.join("demo.log"))
}

/// A new file for log lines. The one before is gone.
pub(crate) fn log_file(connection: &Connection) -> anyhow::Result<File> {
    let path = log_path(connection)?;
    let shown = path.display();
    if let Some(folder) = path.parent() {
        // As the embedded server has it: its user must be able to enter.
        durable::make_folder(folder, 0o711)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    File::create(&path).with_context(|| format!("cannot write the log {shown}"))
}

pub(crate) async fn run(
    arguments: DemoArguments,
    connection: &Connection,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    let log = log_path(connection)?;
    inform(&format!("log: {}", log.display()));
    let connection = own(connection)?;
    let code = if arguments.files.is_empty() {
        run_cycle(arguments, &connection, settings).await
    } else {
        tour::run(arguments, &connection).await
    };
    inform(&format!("log: {}", log.display()));
    code
}

async fn run_cycle(
    arguments: DemoArguments,
    connection: &Connection,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    let progress = Progress::new();
    progress.step(
        1,
        "starting the database, the services and a simulated network",
    );
    let network = SimulatedNetwork {
        nodes: usize::from(arguments.nodes),
        time_scale: arguments.network.time_scale,
        seed: arguments.network.seed,
        slow: arguments.network.slow,
        folder: connection.folder()?.join("simnet"),
        trace_ports: None,
    };
    let plan = Plan::new(&[], Some(network), arguments.ports.free_ports, settings).await?;
    let (addresses, options) = (plan.listening(), ConnectOptions::for_queries());
    let page = std::path::absolute(connection.folder()?.join(PAGE))
        .context("the working directory is gone")?;
    serving::on_database(
        connection,
        &options,
        &addresses,
        serving::WhenAway::Fail,
        async |opened, shutdown| {
            run_lab(&arguments, plan, progress, (opened, &page), &shutdown).await
        },
    )
    .await
}

async fn run_lab(
    arguments: &DemoArguments,
    plan: Plan,
    progress: Progress,
    (opened, page): (&Opened, &Path),
    shutdown: &CancellationToken,
) -> anyhow::Result<ExitCode> {
    let starting = Lab::start(plan, opened);
    let mut lab = tokio::select! {
        lab = starting => lab?,
        () = shutdown.cancelled() => return Ok(ExitCode::from(130)),
    };
    let addresses = lab.addresses;
    let result = tokio::select! {
        result = report(arguments, addresses, &progress, &opened.database, page) => {
            result.map(Some)
        }
        error = lab.service_ended() => Err(error),
        () = shutdown.cancelled() => Ok(None),
    };
    // Its line makes room for what follows.
    drop(progress);
    let mut result = result;
    if let Ok(Some(report)) = &mut result {
        let database_url = store::redacted_url(opened.url());
        report.add_urls(urls(&lab, &database_url));
        report.print(arguments.format)?;
        if !arguments.exit {
            inform("");
            inform(&table_text(&lab, &database_url));
            tokio::select! {
                error = lab.service_ended() => result = Err(error),
                () = shutdown.cancelled() => {}
            }
        }
    }
    lab.stop().await?;
    match result? {
        Some(report) => Ok(ExitCode::from(report.verdict().exit_code())),
        None => Ok(ExitCode::from(130)),
    }
}

/// Runs the cycle, writes its report, and looks where its time went.
async fn report(
    arguments: &DemoArguments,
    addresses: Addresses,
    progress: &Progress,
    database: &Database,
    page: &Path,
) -> anyhow::Result<Report> {
    let nodes = usize::from(arguments.nodes);
    let mut report = cycle::run(addresses, nodes, arguments.network, progress).await?;
    report.add_slowest(slowest(database, report.deployment_id()).await?);
    let whole = database.run_report(report.experiment()).await?;
    let whole = whole.context("nothing is known of the experiment that has just run")?;
    durable::write(page, 0o644, whole.html().as_bytes())
        .with_context(|| format!("cannot write the report {}", page.display()))?;
    report.add_page(page.to_owned());
    Ok(report)
}

/// Where everything can be reached, by the names of services.
fn urls(lab: &Lab, database_url: &str) -> BTreeMap<String, String> {
    let services = lab.running.iter();
    let services = services.map(|one| (one.command().to_owned(), lab.addresses.url(*one)));
    let simnet = lab.simnet.iter().map(|simnet| {
        let status = simnet.description().status;
        ("simnet".to_owned(), format!("http://{status}"))
    });
    let database = ("postgresql".to_owned(), database_url.to_owned());
    services.chain(simnet).chain([database]).collect()
}

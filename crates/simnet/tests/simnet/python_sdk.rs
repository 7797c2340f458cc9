//! All public operations of the protocol makers' Python SDK, unchanged, against a simulated
//! network. Skipped where it cannot be installed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use simnet::{Config, NODE_KEY_PASSWORD};
use tokio::process::Command;

use crate::shared::start;

/// Versions of the package `mina-sdk`: the stable one, and the one with the API of all SDKs.
const VERSIONS: [&str; 2] = ["0.1.1", "0.4.0rc2"];
/// For an installation.
const INSTALL_MAX: Duration = Duration::from_mins(2);
/// For all operations.
const OPERATIONS_MAX: Duration = Duration::from_mins(2);

/// Runs a program; what it wrote if it failed.
async fn run(program: &Path, arguments: &[&str], time_max: Duration) -> Result<(), String> {
    let running = Command::new(program)
        .args(arguments)
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(time_max, running).await;
    let output = output
        .map_err(|_| "it takes too long".to_owned())?
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let texts = [output.stdout, output.stderr];
    Err(texts
        .map(|text| String::from_utf8_lossy(&text).into_owned())
        .concat())
}

/// An interpreter that has the SDK, outside of the repository.
async fn interpreter(folder: &Path, version: &str) -> Result<PathBuf, String> {
    let environment = folder.join("environment");
    let path = environment.to_string_lossy().into_owned();
    run(Path::new("python3"), &["-m", "venv", &path], INSTALL_MAX).await?;
    let python = environment.join("bin/python");
    let package = format!("mina-sdk=={version}");
    let install = ["-m", "pip", "install", "--quiet", &package];
    run(&python, &install, INSTALL_MAX).await?;
    Ok(python)
}

#[tokio::test]
async fn all_operations_work() {
    let mut config = Config::nodes(2);
    config.time_scale = 200;
    let simnet = start(config).await;
    for version in VERSIONS {
        let folder = tempfile::tempdir().unwrap();
        let python = match interpreter(folder.path(), version).await {
            Ok(python) => python,
            Err(error) => {
                eprintln!("SKIPPED: mina-sdk {version} cannot be installed: {error}");
                continue;
            }
        };
        let script = folder.path().join("operations.py");
        std::fs::write(&script, include_str!("python_sdk.py")).unwrap();
        let nodes = simnet.nodes();
        let url = format!("http://{}/graphql", nodes[0].public_graphql);
        let arguments = [
            &*script.to_string_lossy(),
            &url,
            &nodes[0].submitter,
            &nodes[1].submitter,
            NODE_KEY_PASSWORD,
        ];
        if let Err(output) = run(&python, &arguments, OPERATIONS_MAX).await {
            panic!("mina-sdk {version}: {output}");
        }
    }
    simnet.stop().await;
}

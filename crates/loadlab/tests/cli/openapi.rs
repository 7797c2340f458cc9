//! What services say of their routes is what they do.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use store::testing::TestDatabase;

use crate::calls::Service;

/// Every service with REST routes: the name of its test below, its command, its crate, and the files
/// with its routes.
macro_rules! services {
    ($($test:ident: $command:literal, $package:literal, $file:literal;)*) => {
        /// The command of each service, its crate, and the file with its routes.
        pub(crate) const SERVICES: &[(&str, &str, &str)] = &[$(($command, $package, $file)),*];

        $(
            #[tokio::test]
            async fn $test() {
                calls_match_the_description($command, $package).await;
            }
        )*
    };
}

services! {
    uptime_backend_does_what_its_description_says: "uptime-backend", "uptime-backend", "src/http.rs";
    log_fetcher_does_what_its_description_says: "log-fetcher", "log-fetcher", "src/http.rs";
    experiments_api_does_what_its_description_says: "experiments-api", "experiments-api", "src/http.rs src/v1/mod.rs src/access_routes.rs";
    log_api_does_what_its_description_says: "log-api", "log-api", "src/v1/mod.rs src/export.rs";
    orchestrator_does_what_its_description_says: "orchestrator", "orchestrator", "src/http/mod.rs";
    simnet_does_what_its_description_says: "simnet", "simnet", "src/status/mod.rs";
}

/// Its answers are those of the other services; its own tests have stand-ins for them.
pub(crate) const DASHBOARD: (&str, &str, &str) = ("dashboard", "dashboard", "src/routes.rs");

/// Crates whose only routes are those of every service.
const WITHOUT_REST: [&str; 1] = ["service"];

/// What is installed where it is not there. Everything that it needs comes with it.
const SCHEMATHESIS: &str = "4.32.5";

pub(crate) fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document(package: &str) -> Value {
    let text =
        fs::read_to_string(crates().join("../openapi").join(format!("{package}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_route_is_described_and_nothing_else() {
    for (_, package, files) in SERVICES.iter().chain([&DASHBOARD]) {
        let mut routes = BTreeSet::new();
        for file in files.split(' ') {
            let source = fs::read_to_string(crates().join(package).join(file)).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap();
            let calls = source.split(".route(").skip(1);
            routes.extend(calls.map(|call| call.split('"').nth(1).unwrap().to_owned()));
        }
        let document = document(package);
        let paths = document["paths"].as_object().unwrap();
        let described: BTreeSet<String> = paths.keys().cloned().collect();
        assert_eq!(routes, described, "{package}");
    }
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    for (_, package, _) in SERVICES.iter().chain([&DASHBOARD]) {
        let document = document(package);
        let mut names = BTreeSet::new();
        for operations in document["paths"].as_object().unwrap().values() {
            for operation in operations.as_object().unwrap().values() {
                if let Some(name) = operation["operationId"].as_str() {
                    assert!(names.insert(name), "{package} has two operations {name}");
                }
            }
        }
    }
}

/// Services without a guard: what nodes send is signed, and what they are told is public.
const WITHOUT_GUARD: [&str; 1] = ["uptime-backend"];

#[test]
fn every_route_says_that_it_may_need_a_token_and_may_take_too_long() {
    for (_, package, _) in SERVICES.iter().chain([&DASHBOARD]) {
        let document = document(package);
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let responses = &operation["responses"];
                // Streams of events last, but there can be too many of them.
                assert!(
                    responses["503"].is_object(),
                    "{package} {method} {path}: 503"
                );
                if WITHOUT_GUARD.contains(package) {
                    continue;
                }
                for status in ["401", "403"] {
                    let response = &responses[status];
                    assert!(response.is_object(), "{package} {method} {path}: {status}");
                }
            }
        }
    }
}

#[test]
fn no_service_is_forgotten() {
    for entry in fs::read_dir(crates()).unwrap() {
        let package = entry.unwrap().file_name().into_string().unwrap();
        let has_routes = sources(&crates().join(&package).join("src"))
            .iter()
            .any(|file| {
                fs::read_to_string(file)
                    .unwrap()
                    .contains("layers::standard(")
            });
        let is_listed = SERVICES
            .iter()
            .chain([&DASHBOARD])
            .any(|(_, listed, _)| *listed == package)
            || WITHOUT_REST.contains(&package.as_str());
        assert!(!has_routes || is_listed, "{package} has routes");
    }
}

pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return files;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Calls every route in ways that its description permits and in ways that it does not, and compares
/// what comes with the description.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
async fn calls_match_the_description(command: &str, package: &str) {
    let Some(schemathesis) = schemathesis() else {
        eprintln!("SKIPPED: schemathesis {SCHEMATHESIS} is not there and cannot be installed");
        return;
    };
    let test = TestDatabase::create().await.unwrap();
    test.execute("INSERT INTO deployment (metadata_json) VALUES ('{}')")
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(command, folder.path(), &test);
    let address = &service.address;
    let served = service::proxy::direct()
        .build()
        .unwrap()
        .get(format!("{address}/api/v1/openapi.json"))
        .send()
        .await;
    let served: Value = served.unwrap().json().await.unwrap();
    assert_eq!(served, document(package));
    let mut checks = "status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance"
        .to_owned();
    // Nodes of a simnet that were stopped answer with 503.
    if command != "simnet" {
        checks.push_str(",not_a_server_error");
    }
    let output = Command::new(&schemathesis)
        .args(["run", &format!("{address}/api/v1/openapi.json")])
        .args(["--url", address, "--checks", &checks])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            "50",
        ])
        // The first token would close all other routes.
        .args(["--exclude-path", "/api/v1/tokens"])
        .args(["--request-timeout", "15", "--seed", "1"])
        .args(["--generation-database", "none", "--no-color"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        fs::read_to_string(folder.path().join("log")).unwrap()
    );
}

/// The program: what `LOADLAB_SCHEMATHESIS` names, or one in a folder of its own outside of the
/// repository, installed there by the first who needs it.
fn schemathesis() -> Option<PathBuf> {
    if let Some(program) = std::env::var_os("LOADLAB_SCHEMATHESIS") {
        return Some(program.into());
    }
    let folder = std::env::temp_dir().join(format!("loadlab-schemathesis-{SCHEMATHESIS}"));
    let program = folder.join("bin/schemathesis");
    fs::create_dir_all(&folder).ok()?;
    let lock = File::create(folder.join("lock")).ok()?;
    lock.lock().ok()?;
    if !program.exists() {
        let succeeds = |command: &mut Command| {
            let output = command.stdin(Stdio::null()).output();
            output.is_ok_and(|output| output.status.success())
        };
        let installed = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            && succeeds(
                Command::new(folder.join("bin/pip"))
                    .args(["--quiet", "install", "--timeout", "20"])
                    .arg(format!("schemathesis=={SCHEMATHESIS}")),
            );
        if !installed {
            return None;
        }
    }
    program.exists().then_some(program)
}

//! Services whose database is not there yet: an embedded server that recovers for long, or a server
//! that is started later. Readiness says so, and they can be stopped.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use store::testing::TestDatabase;

use crate::calls::{Serves, call};
use crate::program::{Said, loadlab};

/// Longer than the test takes unless something is broken.
const PATIENCE: Duration = Duration::from_mins(1);

/// The real server program, none if it lies where the embedded server would not look.
fn real_postgres() -> Option<PathBuf> {
    let named = env::var_os("LOADLAB_POSTGRES_BIN").map(PathBuf::from);
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let debian = debian.flatten().map(|version| version.path().join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = named
        .into_iter()
        .chain(debian)
        .chain(env::split_paths(&path))
        .filter(|folder| folder.join("initdb").is_file())
        .collect();
    folders.sort();
    folders.pop()?.join("postgres").canonicalize().ok()
}

/// Programs whose server says that it is starting as long as the file `slow` is there.
fn programs(folder: &Path, real: &Path) -> PathBuf {
    let programs = folder.join("programs");
    fs::create_dir(&programs).unwrap();
    let initdb = real.with_file_name("initdb");
    std::os::unix::fs::symlink(initdb, programs.join("initdb")).unwrap();
    let slow = folder.join("slow");
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = -D ] && [ -e '{slow}' ]; then\n\
         printf '%s\\n%s\\n0\\n0\\n/run\\n127.0.0.1\\n 1 2\\nstarting\\n' $$ \"$2\" > \
         \"$2/postmaster.pid\"\nwhile [ -e '{slow}' ]; do sleep 0.1; done\nfi\n\
         exec '{real}' \"$@\"\n",
        slow = slow.display(),
        real = real.display(),
    );
    let postgres = programs.join("postgres");
    fs::write(&postgres, script).unwrap();
    fs::set_permissions(&postgres, fs::Permissions::from_mode(0o755)).unwrap();
    programs
}

fn terminate(mut process: Child) {
    kill(
        Pid::from_raw(i32::try_from(process.id()).unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    let begun = Instant::now();
    while process.try_wait().unwrap().is_none() {
        assert!(
            begun.elapsed() < Duration::from_secs(8),
            "the service does not end"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

async fn readiness(port: u16) -> Option<(u16, String)> {
    let answer = service::proxy::direct()
        .build()
        .unwrap()
        .get(format!("http://127.0.0.1:{port}/readyz"))
        .send()
        .await
        .ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.text().await.ok()?))
}

async fn wait_for(port: u16, what: impl Fn(u16, &str) -> bool) {
    let begun = Instant::now();
    loop {
        let answer = readiness(port).await;
        if let Some((status, text)) = &answer
            && what(*status, text)
        {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{answer:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn readiness_tells_that_the_database_starts_before_a_service_has_it() {
    let folder = tempfile::tempdir().unwrap();
    // The unprivileged user that runs the server must be able to enter.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let real = real_postgres().expect("PostgreSQL is installed");
    let programs = programs(folder.path(), &real);
    let data = folder.path().join("data");
    let run = |arguments: &[&str]| -> Command {
        let mut command = loadlab(["--postgres-port", "0", "--data-dir"]);
        command
            .arg(&data)
            .arg("--postgres-bin")
            .arg(&programs)
            .args(arguments);
        command
    };
    Said::of(&mut run(&["db", "migrate"])).success();
    let slow = folder.path().join("slow");
    fs::write(&slow, "").unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    let port_text = port.to_string();

    let service = run(&["log-api", "--port", &port_text]).spawn().unwrap();
    wait_for(port, |status, text| {
        status == 503 && text.contains("the embedded PostgreSQL is starting")
    })
    .await;
    terminate(service);

    let service = run(&["log-api", "--port", &port_text]).spawn().unwrap();
    wait_for(port, |status, _| status == 503).await;
    fs::remove_file(&slow).unwrap();
    wait_for(port, |status, _| status == 200).await;
    terminate(service);
}

/// Runs the embedded server of a folder until its standard input is closed; gives its URL.
async fn server(data: &Path, url_file: &Path) -> (Child, String) {
    let _ = fs::remove_file(url_file);
    let mut command = loadlab(["--postgres-port", "0", "--data-dir"]);
    command.arg(data);
    command.args(["db", "run", "--until-stdin-closes", "--url-file"]);
    command.arg(url_file).stdin(Stdio::piped());
    let process = command.spawn().unwrap();
    let begun = Instant::now();
    while !url_file.exists() {
        assert!(begun.elapsed() < PATIENCE, "the server does not start");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (process, fs::read_to_string(url_file).unwrap())
}

#[tokio::test]
async fn every_service_waits_for_a_database_server_that_is_started_later() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (data, url_file) = (folder.path().join("data"), folder.path().join("url"));
    let (mut process, url) = server(&data, &url_file).await;
    drop(process.stdin.take());
    process.wait().unwrap();
    let test = TestDatabase::create().await.unwrap();
    let mut services = Vec::new();
    for name in [
        "uptime-backend",
        "log-fetcher",
        "log-api",
        "experiments-api",
        "orchestrator",
    ] {
        let folder = folder.path().join(name);
        fs::create_dir(&folder).unwrap();
        let mut call = call(name, &folder, &test);
        let Some(Serves::Port(port)) = call.serves else {
            panic!("{name} has no port");
        };
        let service = call.command.env("DATABASE_URL", &url).spawn().unwrap();
        services.push((service, port));
    }
    for (_, port) in &services {
        wait_for(*port, |status, text| {
            status == 503 && text.contains("cannot reach the database server")
        })
        .await;
    }
    let (mut process, _) = server(&data, &url_file).await;
    for (_, port) in &services {
        wait_for(*port, |status, _| status == 200).await;
    }
    for (service, _) in services {
        terminate(service);
    }
    drop(process.stdin.take());
    process.wait().unwrap();
}

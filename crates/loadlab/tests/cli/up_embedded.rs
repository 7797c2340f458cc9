//! `loadlab up` with the embedded database: nothing but a folder is given.

use std::fs::{self, File};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::program::loadlab;
use crate::up::{Up, get};

/// From the start of the program to the table of addresses, in a folder with a database.
const WARM_MAX: Duration = Duration::from_secs(5);
/// Others may use the machine at the same time.
const TRIES: u32 = 3;
/// What runs without any configuration.
const SERVICES: [&str; 3] = ["log API", "experiments API", "dashboard"];

fn up(data: &Path, log: &Path) -> Command {
    let mut command = loadlab(["up", "--free-ports", "--postgres-port", "0", "--data-dir"]);
    command.arg(data).stderr(File::create(log).unwrap());
    command.env("LOADLAB_LOG", "warn,loadlab=debug,service=info");
    command
}

async fn all_are_ready(up: &Up) {
    for service in SERVICES {
        let (status, text) = get(&format!("{}/readyz", up.address(service))).await;
        assert_eq!((status, text.as_str()), (200, "ready"), "{service}");
    }
}

/// Processes whose command line names a folder.
fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().unwrap();
    let all = fs::read_dir("/proc").unwrap().flatten();
    let lines = all.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(folder)).collect()
}

#[tokio::test]
async fn up_in_a_folder_is_soon_there_again_and_ends_in_order() {
    let folder = tempfile::tempdir().unwrap();
    // The unprivileged user that runs the server must be able to enter.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder.path(), open).unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let first = Up::of(&mut up(&data, &log));
    all_are_ready(&first).await;
    first.end();

    let mut took = Vec::new();
    for _ in 0..TRIES {
        let begun = Instant::now();
        let again = Up::of(&mut up(&data, &log));
        took.push(begun.elapsed());
        all_are_ready(&again).await;
        again.end();
        if took.last().is_some_and(|took| *took < WARM_MAX) {
            break;
        }
    }
    eprintln!("a warm start takes {took:?}");
    assert!(took.iter().any(|took| *took < WARM_MAX), "{took:?}");

    let mut command = up(&data, &log);
    let all = Up::of(command.args(["--simnet", "1", "--time-scale", "600"]));
    all_are_ready(&all).await;
    assert!(!processes_of(&data).is_empty());
    let database: url::Url = {
        let line = all.said("PostgreSQL").unwrap();
        line.split_whitespace().last().unwrap().parse().unwrap()
    };
    let mut ports = vec![database.port().unwrap()];
    for service in SERVICES
        .into_iter()
        .chain(["log fetcher", "orchestrator", "simnet"])
    {
        let address: url::Url = all.address(service).parse().unwrap();
        ports.push(address.port().unwrap());
    }
    all.end();
    assert_eq!(processes_of(&data), Vec::<String>::new());
    for port in ports {
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "{port}");
    }
    let said = fs::read_to_string(&log).unwrap();
    let at = |what: &str| said.find(what).unwrap_or_else(|| panic!("{what}: {said}"));
    let order = [
        at("stopping; a second signal ends at once"),
        at("the services have ended"),
        at("the simulated network has ended"),
        at("the embedded PostgreSQL is no longer used here"),
    ];
    assert!(order.is_sorted(), "{said}");
    assert!(!said.contains("ERROR") && !said.contains("WARN"), "{said}");
}

//! The orchestrator is killed while the mina executable funds accounts: it is not called again.

use std::process::Command;
use std::time::Duration;

use store::experiment_runs::RunView;

use crate::funding::{calls, fund, lab};
use crate::lab::{Lab, PATIENCE};
use crate::postgres_proxy::Side;
use crate::process::{Process, ended, expire_lease};

/// Makes the keys when it may go on.
const FUND: &str = r#"
here=$(dirname "$0")
echo $$ > "$here/pid"
while [ ! -e "$here/go" ]; do sleep 0.02; done
for number in 0 1 2 3; do cp "$here/plain1" "$prefix-$number"; done
"#;

async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or_else(|_| panic!("never: {what}"));
}

/// Fails when it may go on; whatever it has paid, it has paid.
const FAIL: &str = r#"
here=$(dirname "$0")
echo $$ > "$here/pid"
while [ ! -e "$here/go" ]; do sleep 0.02; done
exit 1
"#;

/// A lab where an orchestrator has called the executable, and it.
async fn at_work(executable: &str) -> (Lab, Process) {
    let lab = lab("[]", executable).await;
    lab.admit("x", &fund(&lab, "a")).await;
    let mut config = lab.config();
    config.lease_ttl = PATIENCE;
    let process = Process::start(&lab.database, config).await;
    // It says so after it was called.
    // The file may be there before its text.
    eventually("the executable runs", || !pid(&lab).is_empty()).await;
    (lab, process)
}

/// A lab where the orchestrator was killed while the executable is at work.
async fn killed() -> Lab {
    let (lab, process) = at_work(FUND).await;
    process.kill();
    expire_lease(&lab.database).await;
    lab
}

/// The process id of the executable.
fn pid(lab: &Lab) -> String {
    let text = std::fs::read_to_string(lab.path("pid")).unwrap_or_default();
    text.trim().to_owned()
}

/// Takes the run up and does something when that has happened.
async fn taken_up(lab: &Lab, then: impl FnOnce()) -> RunView {
    let process = Process::start(&lab.database, lab.config()).await;
    lab.until("x", |run| {
        let text = "The run is taken up again after an interruption";
        run.logs.iter().any(|line| line == text)
    })
    .await;
    then();
    let run = ended(lab.db(), "x").await;
    process.kill();
    run
}

fn go(lab: &Lab) {
    std::fs::write(lab.path("go"), "").unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executable_that_still_runs_is_waited_for() {
    let lab = killed().await;
    let run = taken_up(&lab, || {
        assert_eq!(calls(&lab).len(), 1);
        go(&lab);
    })
    .await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    assert_eq!(calls(&lab).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executable_that_has_ended_meanwhile_is_not_called_again() {
    let lab = killed().await;
    go(&lab);
    eventually("all keys", || lab.path("new/a-0-3").is_file()).await;
    let run = taken_up(&lab, || {}).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    assert_eq!(calls(&lab).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executable_that_was_killed_too_is_not_called_again_and_the_run_says_why() {
    let lab = killed().await;
    assert!(kill(&lab, "-9"));
    check_lost(&lab).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executable_whose_failure_was_not_written_down_is_not_called_again() {
    let (lab, process) = at_work(FAIL).await;
    process.proxy.cut();
    go(&lab);
    // The orchestrator has noticed.
    eventually("it is gone", || !kill(&lab, "-0")).await;
    process.kill();
    expire_lease(&lab.database).await;
    check_lost(&lab).await;
}

/// Sends a signal to the executable; whether there is one.
fn kill(lab: &Lab, signal: &str) -> bool {
    let killing = Command::new("kill").args([signal, &pid(lab)]).output();
    killing.unwrap().status.success()
}

/// What the executable has paid is lost, and not paid again: neither by the process that finds out,
/// nor by those after it, each of which is killed one write later than the one before.
async fn check_lost(lab: &Lab) {
    let mut config = lab.config();
    config.lease_ttl = PATIENCE;
    for at in 1.. {
        let stop = Some((at, Side::AfterWrite));
        let has_stopped = Process::killed_at(&lab.database, config.clone(), "x", stop).await;
        if !has_stopped {
            assert!(at > 2, "the process that found out was killed");
            break;
        }
        expire_lease(&lab.database).await;
    }
    let run = lab.db().experiment_run("x").await.unwrap().unwrap();
    assert_eq!(run.summary.status.as_str(), "error");
    let cause = "was ended before it had written its keys: what it has paid is lost, and it is not paid again";
    assert!(run.errors[0].contains(cause), "{:?}", run.errors);
    assert_eq!(calls(lab).len(), 1);
}

//! Funding by executables that fail, the pauses between attempts, and funding by nodes alone.

use std::time::Duration;

use serde_json::json;

use crate::lab::{Lab, PATIENCE, mina_executable, post};
use crate::network::Behaviour;

/// A lab of older nodes with an executable that notes its daemon and the prefix of its keys, and
/// then does this.
pub(crate) async fn lab(daemons: &str, then: &str) -> Lab {
    let mut lab = Lab::new(1, false).await;
    let (executable, calls) = (lab.text("mina"), lab.text("calls"));
    let text = mina_executable(&format!(
        r#"echo "$daemon ${{prefix##*/}}" >> '{calls}'
{then}"#
    ));
    lab.write_executable("mina", &text);
    lab.set_more(format!(
        r#","minaExec":"{executable}","allowUnverifiedMinaExec":true,"fundDaemonPorts":{daemons}"#
    ));
    lab
}

pub(crate) fn fund(lab: &Lab, name: &str) -> String {
    let (prefix, key) = (lab.text("new"), lab.text("plain1"));
    format!(
        r#"{{"action":"fund-keys","params":{{"amount":4000000000,"fee":1,"prefix":"{prefix}/{name}","num":4,"privkeys":["{key}"]}}}}"#
    )
}

pub(crate) fn calls(lab: &Lab) -> Vec<String> {
    let calls = std::fs::read_to_string(lab.path("calls")).unwrap_or_default();
    calls.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_tried_again_at_the_next_daemon_and_the_next_begins_at_its_own() {
    let lab = lab(r#"["d0","d1","d2"]"#, r#"[ "$daemon" != d0 ]"#).await;
    // Of one key, so one after the other.
    let script = format!("{} {}", fund(&lab, "a"), fund(&lab, "b"));
    let run = lab.run_to_end("x", &script).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    assert_eq!(calls(&lab), ["d0 a-0", "d1 a-0", "d1 b-0"]);
    let warned = "Failed to run fund command, retrying in ";
    let warnings: Vec<&String> = run
        .warnings
        .iter()
        .filter(|text| text.starts_with(warned))
        .collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("retrying in 1 minutes: "),
        "{warnings:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_fails_five_times_ends_the_run_and_nothing_after_it_begins() {
    let lab = lab(r#"["d0","d1","d2"]"#, "exit 3").await;
    let (first, second) = (fund(&lab, "a"), fund(&lab, "b"));
    let script = format!(r#""one" {first} "two" {second} "three" {{"action":"discovery"}}"#);
    let run = lab.run_to_end("x", &script).await;
    assert_eq!(run.summary.status.as_str(), "error");
    assert_eq!(
        calls(&lab),
        ["d0 a-0", "d1 a-0", "d2 a-0", "d0 a-0", "d1 a-0"]
    );
    assert!(
        run.errors[1].starts_with("Error running steps 0-1: "),
        "{:?}",
        run.errors
    );
    for minutes in [1, 2, 4, 8] {
        let warned = format!("Failed to run fund command, retrying in {minutes} minutes: ");
        let count = run.warnings.iter().filter(|text| text.starts_with(&warned));
        assert_eq!(count.count(), 1, "{:?}", run.warnings);
    }
    // A batch is reported by its first step.
    assert_eq!(
        (run.summary.step, run.summary.step_name.as_str()),
        (0, "fund-keys")
    );
    let has = |line: &str| run.logs.iter().any(|log| log == line);
    assert!(has("one") && has("Performing steps fund-keys (0-1)"));
    assert!(!has("Performing step discovery (2)"), "{:?}", run.logs);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_between_attempts_ends_at_cancel_and_nothing_is_tried_again() {
    let lab = lab("[]", "exit 3").await;
    lab.admit("x", &fund(&lab, "a")).await;
    let mut config = lab.config();
    // The pause is a minute.
    config.time_scale = 1.0;
    let service = lab.start_with(config).await;
    lab.until("x", |run| {
        let warned = "Failed to run fund command, retrying in 1 minutes: ";
        run.warnings.iter().any(|text| text.starts_with(warned))
    })
    .await;
    let begin = std::time::Instant::now();
    let (status, _) = post(&service.url("/api/v0/experiment/cancel"), &json!({})).await;
    assert_eq!(status, 200);
    let run = lab.ended("x").await;
    assert!(begin.elapsed() < PATIENCE / 2 + Duration::from_secs(10));
    assert_eq!(run.summary.status.as_str(), "cancelled");
    assert!(run.errors.is_empty(), "{:?}", run.errors);
    assert_eq!(calls(&lab), [" a-0"], "without daemons none is named");
    service.stop().await;
}

/// Waits until the process whose id is in the file `pid` is gone.
async fn gone(lab: &Lab) {
    let pid = std::fs::read_to_string(lab.path("pid")).unwrap();
    let process = std::path::Path::new("/proc").join(pid.trim());
    let gone = async {
        while process.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE / 3, gone).await.unwrap();
}

/// An executable that takes ten minutes for the keys that begin with `b`, and fails for others.
async fn slow_lab() -> Lab {
    let lab = lab("[]", "").await;
    let executable = std::fs::read_to_string(lab.path("mina")).unwrap();
    let (ready, pid) = (lab.text("pid.new"), lab.text("pid"));
    let then = format!(
        "case \"${{prefix##*/}}\" in b*) ;; *) exit 3;; esac\n\
         echo $$ > {ready} && mv {ready} {pid}\nexec sleep 600\n"
    );
    std::fs::write(lab.path("mina"), executable + &then).unwrap();
    lab
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_failure_of_a_group_ends_what_the_others_still_do() {
    let lab = slow_lab().await;
    lab.write_key("plain2", 2);
    // Of other keys, so at the same time.
    let second = fund(&lab, "b").replace("plain1", "plain2");
    let script = format!("{} {second}", fund(&lab, "a"));
    let run = lab.run_to_end("x", &script).await;
    assert_eq!(run.summary.status.as_str(), "error");
    assert!(run.errors[1].contains("exit status: 3"), "{:?}", run.errors);
    gone(&lab).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executable_ends_with_the_run_that_is_cancelled() {
    let lab = slow_lab().await;
    lab.admit("x", &fund(&lab, "b")).await;
    let service = lab.start().await;
    let started = async {
        while !lab.path("pid").exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, started).await.unwrap();
    post(&service.url("/api/v0/experiment/cancel"), &json!({})).await;
    let run = lab.ended("x").await;
    assert_eq!(run.summary.status.as_str(), "cancelled", "{:?}", run.errors);
    gone(&lab).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_makes_other_accounts_than_were_asked_for_is_an_error_and_paid_once() {
    let lab = Lab::new(1, true).await;
    lab.network.behave(0, Behaviour::KeepsAnAccount);
    let run = lab.run_to_end("x", &fund(&lab, "a")).await;
    assert_eq!(run.summary.status.as_str(), "error");
    let told = |text: &String| text.contains("the node made 3 accounts instead of 4");
    assert!(
        run.errors.iter().chain(&run.warnings).any(told),
        "{:?} {:?}",
        run.errors,
        run.warnings
    );
    assert_eq!(lab.network.effects()[0].accounts, 4, "paid once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_whose_shares_do_not_pay_the_fee_asks_nobody() {
    let lab = lab("[]", "exit 0").await;
    let script = fund(&lab, "a").replace("\"fee\":1,", "\"fee\":1000000001,");
    let run = lab.run_to_end("x", &script).await;
    assert_eq!(run.summary.status.as_str(), "error");
    let text = "Error validating action 'fund-keys' for step 0: insufficient funds per account: \
                each account would get 1000000000 nanomina but fee is 1000000001 nanomina";
    assert!(run.errors[1].starts_with(text), "{:?}", run.errors);
    assert!(calls(&lab).is_empty());
    assert!(!lab.path("new").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn funding_by_nodes_touches_no_executable() {
    let mut lab = Lab::new(1, true).await;
    let executable = lab.mina_executable();
    std::fs::write(
        &executable,
        format!("#!/bin/sh\ntouch {}\n", lab.text("calls")),
    )
    .unwrap();
    let node = lab.network.nodes[0].address;
    // Its build is unknown, so that it would be refused.
    lab.set_more(format!(
        r#","minaExec":"{executable}","fundItnNodes":["{node}"]"#
    ));
    let run = lab.run_to_end("x", &fund(&lab, "a")).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    assert!(!lab.path("calls").exists());
    let created = lab.network.nodes[0].executed("CreateAccounts");
    assert_eq!(created.len(), 1);
    let input = &created[0]["input"];
    assert_eq!(
        (&input["numAccounts"], &input["amount"], &input["fee"]),
        (&json!(4), &json!("4000000000"), &json!("1"))
    );
    for number in 0..4 {
        assert!(lab.path(&format!("new/a-0-{number}")).is_file());
        assert!(lab.path(&format!("new/a-0-{number}.pub")).is_file());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_cannot_make_accounts_is_told_by_name() {
    let mut lab = Lab::new(1, false).await;
    let node = lab.network.nodes[0].address;
    lab.set_more(format!(r#","fundItnNodes":["{node}"]"#));
    let run = lab.run_to_end("x", &fund(&lab, "a")).await;
    assert_eq!(run.summary.status.as_str(), "error");
    let text = format!(
        "Error running step 0: fund node {node} has no ITN harness support (needs \
         MinaProtocol/mina#19616)"
    );
    assert_eq!(run.errors[1], text);
}

//! Scripts from the command line: output lines, failures, interruption.

use std::sync::{Arc, Mutex};

use experiment::script::outputs::OutputLine;
use orchestrator::{ScriptRunError, run_script};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::lab::{Lab, PATIENCE, write_executable};

async fn run(lab: &Lab, script: &str) -> (Vec<OutputLine>, Result<(), ScriptRunError>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let output = move |line: &OutputLine| {
        sink.lock().unwrap().push(line.clone());
        Ok(())
    };
    let config = lab.config();
    let running = run_script(&config, script, output, CancellationToken::new());
    let result = tokio::time::timeout(PATIENCE, running).await.unwrap();
    let lines = lines.lock().unwrap().clone();
    (lines, result)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outputs_are_lines_and_secrets_are_none() {
    let lab = Lab::new(2, true).await;
    lab.write_key("load/key-0-0", 3);
    let script = format!(
        r#""a comment" null
        {{"action":"discovery","params":{{"onlyBPs":true}}}}
        {{"action":"load-keys","params":{{"dir":"{}"}}}}
        {{"action":"slots-won","params":{{"nodes":{{"type":"output","step":0,"name":"participant"}}}}}}
        {{"action":"preflight","params":{{"expectCommit":"83b"}}}}
        {{"action":"set-zkapp-soft-limit","params":{{"nodes":{{"type":"output","step":0,"name":"participant"}},"limit":null}}}}
        {{"action":"slots-covered-check","params":{{"threshold":0.9,"slotsWon":{{"type":"output","step":2,"name":"slotsWon"}}}}}}"#,
        lab.text("load")
    );
    let (lines, result) = run(&lab, &script).await;
    result.unwrap();
    let names: Vec<(u32, &str)> = lines.iter().map(|l| (l.step, l.name.as_str())).collect();
    assert_eq!(
        names,
        [
            (0, "participant"),
            (2, "slotsWon"),
            (3, "commit"),
            (4, "participant")
        ]
    );
    assert_eq!(lines[1].value.to_value()["slots"], json!([1, 2, 3]));
    assert!(lines[0].multi && !lines[2].multi);
    assert_eq!(lines[2].value.to_value(), "83b4654");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_that_cannot_run_start_nothing() {
    let lab = Lab::new(1, true).await;
    let folder = lab.text("new");
    let start = format!(
        r#"{{"action":"fund-keys","params":{{"amount":4000000000,"fee":1,"prefix":"{folder}/key","num":4,"privkeys":["{}"]}}}}
        {{"action":"isolate","params":{{"nodes":["{}"]}}}}"#,
        lab.text("plain1"),
        lab.network.nodes[0].address
    );
    for (rest, error) in [
        (r#"{"action":"discover"}"#, "Unknown action name: discover"),
        (r#"{"action":"wait","params":{"sec":"x"}}"#, "sec"),
        (
            r#"{"action":"wait","params":{"sec":{"type":"output","step":-1,"name":"x"}}}"#,
            "step 1 (isolate) puts out no x",
        ),
        (
            r#"{"action":"wait","params":{"sec":{"type":"output","step":7,"name":"x"}}}"#,
            "couldn't find output x (step 7, file \"\") needed for step 2",
        ),
        (
            r#"{"action":"wait","params":{"sec":{"type":"output","step":2,"name":"x"}}}"#,
            "steps refer to each other in a circle: 2 -> 2",
        ),
        (
            r#"{"action":"join","params":{"group1":{"type":"output","step":3,"name":"group"}}}
            {"action":"join","params":{"group1":{"type":"output","step":2,"name":"group"}}}"#,
            "steps refer to each other in a circle: 2 -> 3 -> 2",
        ),
        (
            r#"{"action":"wait","params":{"sec":{"type":"output","step":0,"name":"x","file":"/nonexistent.out"}}}"#,
            "failed to read output file /nonexistent.out",
        ),
        (r#"{"action":"wait""#, "Error decoding command for step 2"),
        ("7", "Error decoding command for step 2"),
    ] {
        let (lines, result) = run(&lab, &format!("{start} {rest}")).await;
        let text = result.unwrap_err().to_string();
        assert!(text.contains(error), "{rest}: {text}");
        assert_eq!(text.lines().count(), 1, "one error: {text}");
        assert!(lines.is_empty());
    }
    let node = &lab.network.nodes[0];
    assert!(node.executed.lock().unwrap().is_empty(), "nobody was asked");
    assert!(!lab.path("new").exists(), "nothing was written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_script_stops_what_it_started() {
    let lab = Lab::new(2, true).await;
    lab.write_key("load/key-0-0", 3);
    lab.write_key("load/key-0-1", 4);
    let script = format!(
        r#"{{"action":"discovery"}} {{"action":"load-keys","params":{{"dir":"{}"}}}}
        {{"action":"payments","params":{{"experimentName":"x-0","tps":0.2,"minTps":0.1,"durationMin":600,"maxFee":2,"minFee":1,"amount":1,"receiver":"B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg","feePayers":{{"type":"output","step":-1,"name":"key"}},"nodes":{{"type":"output","step":-2,"name":"participant"}}}}}}
        {{"action":"wait","params":{{"min":60000}}}}"#,
        lab.text("load")
    );
    let cancel = CancellationToken::new();
    let config = lab.config();
    let running = run_script(&config, &script, |_| Ok(()), cancel.clone());
    let interrupting = async {
        while lab.network.running() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        cancel.cancel();
    };
    let both = Box::pin(async { tokio::join!(running, interrupting).0 });
    let result = tokio::time::timeout(PATIENCE, both).await.unwrap();
    assert!(
        matches!(&result, Err(ScriptRunError::Interrupted { left }) if left.is_empty()),
        "{result:?}"
    );
    assert_eq!(lab.network.running(), 0);
}

/// What one script has started another one stops, by the lines that the first has put out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_of_an_earlier_run_can_be_imported() {
    let lab = Lab::new(2, true).await;
    lab.write_key("load/key-0-0", 3);
    lab.write_key("load/key-0-1", 4);
    let script = format!(
        r#"{{"action":"discovery"}} {{"action":"load-keys","params":{{"dir":"{}"}}}}
        {{"action":"payments","params":{{"experimentName":"x-0","tps":0.2,"minTps":0.1,"durationMin":600,"maxFee":2,"minFee":1,"amount":1,"receiver":"B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg","feePayers":{{"type":"output","step":-1,"name":"key"}},"nodes":{{"type":"output","step":-2,"name":"participant"}}}}}}"#,
        lab.text("load")
    );
    let (lines, result) = run(&lab, &script).await;
    result.unwrap();
    assert_eq!(lab.network.running(), 2);
    let text: String = lines
        .iter()
        .map(|line| line.to_text().unwrap() + "\n")
        .collect();
    std::fs::write(lab.path("start.out"), text).unwrap();
    let stop = |file: &str, name: &str| {
        let file = lab.text(file);
        format!(
            r#"{{"action":"stop","params":{{"receipts":{{"type":"output","file":"{file}","step":2,"name":"{name}"}}}}}}"#
        )
    };
    let (_, result) = run(&lab, &stop("start.out", "receipt")).await;
    result.unwrap();
    assert_eq!(lab.network.running(), 0);
    // Keys are never put out, and what is no output file is told.
    let (_, result) = run(&lab, &stop("start.out", "key")).await;
    let text = result.unwrap_err().to_string();
    assert!(
        text.contains("couldn't find output key (step 2, file "),
        "{text}"
    );
    std::fs::write(lab.path("bad.out"), "{\"step\":").unwrap();
    let (_, result) = run(&lab, &stop("bad.out", "receipt")).await;
    let text = result.unwrap_err().to_string();
    let file = lab.text("bad.out");
    let expected = format!(
        "Error resolving params for step 0: failed to read output file {file} needed for step 0: \
         error decoding output from {file}: "
    );
    assert!(text.starts_with(&expected), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_mina_executable_gets_the_known_arguments_and_environment() {
    let mut lab = Lab::new(1, false).await;
    let log = lab.text("calls");
    let executable = lab.path("mina");
    let text = format!(
        "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'Mina 1 (commit {0})'; exit 0; fi\n\
         echo \"$@\" >> {log}\nenv | sort | grep -v -e ^PWD= -e ^SHLVL= -e ^_= >> {log}\n",
        "83b4654000000000000000000000000000000000"
    );
    write_executable(&executable, &text);
    lab.set_more(format!(
        r#","minaExec":"{}","fundDaemonPorts":["1.2.3.4:8301"]"#,
        executable.display()
    ));
    let script = format!(
        r#"{{"action":"fund-keys","params":{{"amount":115000000007,"fee":1000000000,"prefix":"{0}/new/key","num":115,"privkeys":["{0}/plain1","{0}/plain2"]}}}}"#,
        lab.folder.path().display()
    );
    let (_, result) = run(&lab, &script).await;
    result.unwrap();
    let calls = std::fs::read_to_string(log).unwrap();
    let folder = lab.folder.path().display();
    for (index, number, amount) in [(0, 58, 58_000_000_000_u64), (1, 57, 57_000_000_000)] {
        let key = index + 1;
        let line = format!(
            "advanced itn-create-accounts --amount {amount} --fee 1000000000 --key-prefix \
             {folder}/new/key-{index} --num-accounts {number} --privkey-path {folder}/plain{key} \
             --daemon-port 1.2.3.4:8301\n"
        );
        assert!(calls.contains(&line), "{calls}");
    }
    let environment: Vec<&str> = calls
        .lines()
        .filter(|line| !line.starts_with("advanced"))
        .collect();
    let mut names: Vec<&str> = environment
        .iter()
        .map(|l| l.split('=').next().unwrap())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["ITN_FEATURES", "MINA_PRIVKEY_PASS"]);
    // The directory is there now: the same script is refused.
    let (_, again) = run(&lab, &script).await;
    assert!(
        again
            .unwrap_err()
            .to_string()
            .contains("already exists. Please re-generate")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn allocating_slots_logs_the_groups_their_spread_and_what_they_win() {
    let lab = Lab::new(1, true).await;
    let script = r#"{"action":"allocate-slots","params":{"groups":[1,1],"minSlots":1,"maxSlots":9,
        "slotsWon":[{"address":"a:1","slots":[1,2,4,6]},{"address":"b:1","slots":[2,5,7]}]}}"#;
    let run = lab.run_to_end("x", script).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    let has = |line: &str| run.logs.iter().any(|log| log == line);
    assert!(
        has("Split to 2 groups: 0 difference, last slot 5"),
        "{:?}",
        run.logs
    );
    let one = has("Slots for group 0: [4]") && has("Slots for group 1: [5]");
    let other = has("Slots for group 0: [5]") && has("Slots for group 1: [4]");
    assert!(one || other, "{:?}", run.logs);
}

//! The orchestrator is killed at any write of a run that a refusal ends, before it and after it: the
//! run ends as without an interruption.

use std::collections::BTreeSet;

use crate::lab::{Lab, PATIENCE};
use crate::network::Behaviour;
use crate::postgres_proxy::Side;
use crate::process::Process;

/// Why the run failed, and of how many nodes or by how many calls something was asked, when its
/// process is killed at this write; and whether it came to that.
async fn killed_at(
    lab: &Lab,
    script: &str,
    asked: impl Fn(&Lab) -> usize,
    stop: Option<(usize, Side)>,
) -> (String, usize, bool) {
    let name = stop.map_or_else(|| "x".to_owned(), |(at, side)| format!("x-{at}-{side:?}"));
    lab.admit(&name, script).await;
    let mut config = lab.config();
    config.lease_ttl = PATIENCE;
    let has_stopped = Process::killed_at_and_followed(&lab.database, config, &name, stop).await;
    let run = lab.db().experiment_run(&name).await.unwrap().unwrap();
    assert_eq!(run.summary.status.as_str(), "error", "{stop:?}");
    (run.errors.join("\n"), asked(lab), has_stopped)
}

/// Kills at each write.
async fn check(lab: &Lab, script: &str, asked: impl Fn(&Lab) -> usize, expected: (&str, usize)) {
    let (cause, asked_at_once) = expected;
    let (error, first, _) = killed_at(lab, script, &asked, None).await;
    assert!(error.contains(cause), "{error}");
    assert_eq!(first, asked_at_once);
    for at in 1.. {
        let mut is_over = false;
        for side in [Side::BeforeWrite, Side::AfterWrite] {
            let stop = Some((at, side));
            let (error, asked, has_stopped) = killed_at(lab, script, &asked, stop).await;
            assert!(error.contains(cause), "{stop:?}: {error}");
            assert_eq!(asked, asked_at_once, "{stop:?}");
            is_over |= !has_stopped;
        }
        if is_over {
            assert!(at > 6, "{at}");
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permanent_refusal_ends_the_run_whenever_it_is_interrupted() {
    let lab = Lab::new(3, true).await;
    for node in 0..3 {
        lab.network.behave(node, Behaviour::RejectsLoad(400));
    }
    for number in 1..=3 {
        lab.write_key(&format!("load/key-0-{number}"), number);
    }
    let (folder, nodes) = (lab.text("load"), &lab.network.nodes);
    let nodes: Vec<String> = nodes.iter().map(|node| node.address.to_string()).collect();
    // In the order that the script names them, so that all runs ask the same one first.
    let script = format!(
        r#"{{"action":"load-keys","params":{{"dir":"{folder}"}}}}
        {{"action":"payments","params":{{"experimentName":"x-0","tps":0.3,"minTps":0.1,"durationMin":600,"maxFee":2,"minFee":1,"amount":1,"receiver":"B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg","feePayers":{{"type":"output","step":-1,"name":"key"}},"nodes":{}}}}}"#,
        serde_json::json!(nodes)
    );
    // A node whose answer was lost is asked once more, but no other is.
    let asked = |lab: &Lab| {
        let effects = lab.network.effects();
        effects.iter().filter(|one| one.load_requests > 0).count()
    };
    let cause = "and the cause is permanent: ";
    check(&lab, &script, asked, (cause, 1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_restart_ends_the_run_whenever_it_is_interrupted() {
    let mut lab = Lab::new(1, true).await;
    let (executable, calls) = (lab.text("control"), lab.text("calls"));
    let text = format!("#!/bin/sh\necho \"$2\" >> '{calls}'\n[ \"$2\" != b ]\n");
    lab.write_executable("control", &text);
    lab.set_more(format!(r#","controlExec":"{executable}""#));
    let script = r#"{"action":"restart","params":{"nodes":["a:1","b:1","c:1"]}}"#;
    // One that was interrupted is restarted again, but none after the failure.
    let asked = |lab: &Lab| {
        let calls = std::fs::read_to_string(lab.path("calls")).unwrap();
        calls.lines().collect::<BTreeSet<_>>().len()
    };
    check(&lab, script, asked, ("restart of b:1 failed: ", 2)).await;
}

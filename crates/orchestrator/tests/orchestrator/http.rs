//! The HTTP interface: every answer that clients know, and every refusal.

use serde_json::{Value, json};

use crate::lab::{Lab, Service, get, post};

const RUN: &str = "/api/v0/experiment/run";
const TEST: &str = "/api/v0/experiment/test";

/// Posts a text as it is.
async fn post_text(url: &str, body: impl Into<reqwest::Body>) -> (u16, String) {
    let request = service::proxy::direct()
        .build()
        .unwrap()
        .post(url)
        .body(body);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_are_no_setup_are_refused_with_the_known_words() {
    let lab = Lab::new(1, true).await;
    let service = lab.start().await;
    for path in [RUN, TEST] {
        let url = service.url(path);
        for (body, error) in [
            ("{", "failed to decode request body: "),
            ("[]", "failed to decode request body: "),
            ("", "failed to decode request body: "),
            (
                r#"{"experiment_name":7}"#,
                "failed to decode request body: ",
            ),
            (
                r#"{"experiment_name":"a","rounds":1e9}"#,
                "failed to decode request body: ",
            ),
            ("{}", "experiment_name is required"),
            (r#"{"experiment_name":""}"#, "experiment_name is required"),
            (
                r#"{"experiment_setup":{},"experiment_name":"a"}"#,
                "experiment_name is required",
            ),
        ] {
            let (status, answer) = post_text(&url, body).await;
            assert_eq!(status, 400, "{body}: {answer}");
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(answer["result"], "error", "{body}");
            let text = answer["errors"][0].as_str().unwrap();
            assert!(text.starts_with(error), "{body}: {text}");
        }
    }
    assert_eq!(get(&service.url(RUN)).await.0, 405);
    assert_eq!(get(&service.url("/api/v0/other")).await.0, 404);
    let (status, answer) = get(&service.url("/api/v0/experiment/status")).await;
    assert_eq!(status, 404);
    assert_eq!(
        answer,
        r#"{"errors":["no experiment running"],"result":"error"}"#
    );
    assert!(lab.runs().await.is_empty());
    service.stop().await;
}

/// Sends a body in chunks, without its length.
async fn post_chunks(service: &Service, path: &str, chunks: usize) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut connection = tokio::net::TcpStream::connect(service.address)
        .await
        .unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..chunks {
        connection.write_all(chunk.as_bytes()).await.unwrap();
    }
    connection.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_over_a_mebibyte_are_refused_whether_they_say_so_or_not() {
    let lab = Lab::new(1, true).await;
    let service = lab.start().await;
    let large = json!({"experiment_name": "a", "x": "y".repeat(1_048_576)});
    for path in [RUN, TEST, "/api/v1/experiments", "/api/v1/experiments/plan"] {
        let (status, answer) = post(&service.url(path), &large).await;
        assert_eq!(status, 400, "{path}");
        let expected = "request body too large: 1048606 bytes (max 1048576)";
        assert!(answer.contains(expected), "{path}: {answer}");
        let answer = post_chunks(&service, path, 17).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{path}: {answer}");
        let expected = "failed to read request body: it has more than 1048576 bytes";
        assert!(answer.contains(expected), "{path}: {answer}");
        // As large as may be: only what is in it is wrong.
        let answer = post_chunks(&service, path, 16).await;
        assert!(
            answer.contains("failed to decode request body: "),
            "{path}: {answer}"
        );
    }
    let (_, old) = post(&service.url(RUN), &large).await;
    assert_eq!(
        old,
        r#"{"errors":["request body too large: 1048606 bytes (max 1048576)"],"result":"error"}"#
    );
    assert!(lab.runs().await.is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_run_has_the_slot_others_are_told_which_and_may_be_tested() {
    let lab = Lab::new(1, true).await;
    let wait = r#"{"action":"wait","params":{"min":60000}}"#;
    lab.admit("long", wait).await;
    let service = lab.start().await;
    lab.until("long", |run| run.summary.step_name == "wait")
        .await;
    let setup = lab.setup("other", json!({}));
    let wrapped = json!({ "experiment_setup": setup });
    let (status, body) = post(&service.url(RUN), &setup).await;
    assert_eq!(status, 409);
    let beginning = r#"{"errors":["an experiment is already running: \"long\", started "#;
    let age = body.strip_prefix(beginning).expect(&body);
    let age = age.strip_suffix(r#"s ago, at step 0 (wait)"],"result":"error"}"#);
    assert!(
        age.expect(&body)
            .ends_with(|last: char| last.is_ascii_digit())
    );
    assert_eq!(
        post(&service.url(RUN), &wrapped).await,
        (409, "an experiment is already running\n".to_owned())
    );
    assert_eq!(post(&service.url(TEST), &setup).await.0, 200);
    let (_, state) = get(&service.url("/api/v0/experiment/status")).await;
    let state: Value = serde_json::from_str(&state).unwrap();
    let members = |state: &Value| {
        let members = state["result"].as_object().unwrap().keys();
        members.cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        members(&state),
        "name description created_at updated_at status step step_name setup_json logs"
    );
    assert_eq!(state["result"]["status"], "running");
    post(&service.url("/api/v0/experiment/cancel"), &json!({})).await;
    lab.ended("long").await;
    let (_, state) = get(&service.url("/api/v0/experiment/status")).await;
    let state: Value = serde_json::from_str(&state).unwrap();
    assert_eq!(
        members(&state),
        "name description created_at updated_at ended_at status step step_name setup_json logs"
    );
    assert_eq!(state["result"]["status"], "cancelled");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_the_original_left_behind_are_ended() {
    let lab = Lab::new(1, true).await;
    lab.database
        .execute(
            "INSERT INTO experiment_state (name, description, status, setup_json)
             VALUES ('left', '', 'running', '{}')",
        )
        .await
        .unwrap();
    let service = lab.start().await;
    let run = lab.ended("left").await;
    assert_eq!(run.summary.status.as_str(), "error");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_forms_get_the_answers_of_their_version() {
    let lab = Lab::new(1, true).await;
    let service = lab.start().await;
    let bad = lab.setup("a", json!({"zkapp_ratio": 2.0, "rotation_ratio": 2.0}));
    let wrapped = |setup: &Value| json!({ "experiment_setup": setup, "orchestrator_config": {} });

    let (status, flat) = post(&service.url(RUN), &bad).await;
    assert_eq!(status, 400);
    assert_eq!(
        flat,
        r#"{"errors":["Invalid zkapp ratio","Invalid rotation ratio"],"result":"invalid"}"#
    );
    let (_, flat) = post(&service.url(TEST), &bad).await;
    assert_eq!(
        flat,
        r#"{"errors":["[Invalid zkapp ratio Invalid rotation ratio]"],"result":"invalid"}"#
    );
    let (status, old) = post(&service.url(RUN), &wrapped(&bad)).await;
    assert_eq!(status, 400);
    assert_eq!(
        old,
        r#"{"validation_errors":["Invalid zkapp ratio","Invalid rotation ratio"],"result":"validation_failed"}"#
    );

    let good = lab.setup("good", json!({"seed": 1}));
    let (status, old) = post(&service.url(TEST), &wrapped(&good)).await;
    assert_eq!(status, 200);
    let old: Value = serde_json::from_str(&old).unwrap();
    assert_eq!(old["rounds"][0]["No"], 0);
    assert_eq!(old["setup"]["MinTps"], 0.01);
    let (_, new) = post(&service.url(TEST), &good).await;
    let new: Value = serde_json::from_str(&new).unwrap();
    assert_eq!(new["result"]["setup"], old["setup"]);
    let script = new["result"]["script"].as_str().unwrap();
    assert!(script.starts_with("\"Generated by orchestrator service with setup: "));
    assert!(
        !script.lines().next().unwrap().contains("plain1"),
        "no paths of keys in the header"
    );

    let (status, old) = post(&service.url(RUN), &wrapped(&good)).await;
    assert_eq!((status, old.as_str()), (200, r#"{"result":"success"}"#));
    let other = lab.setup("other", json!({"seed": 1}));
    let (status, busy) = post(&service.url(RUN), &wrapped(&other)).await;
    if status != 200 {
        assert_eq!(
            (status, busy.as_str()),
            (409, "an experiment is already running\n")
        );
        let (status, busy) = post(&service.url(RUN), &other).await;
        assert_eq!(status, 409);
        assert!(
            busy.contains(r#"an experiment is already running: \"good\", started "#),
            "{busy}"
        );
    }
    let (status, taken) = post(&service.url(RUN), &wrapped(&good)).await;
    assert_eq!(status, 400);
    assert!(taken.contains("Experiment with the same name already exists"));
    let (_, taken) = post(&service.url(RUN), &good).await;
    assert!(taken.contains("experiment with the same name already exists"));
    let (_, taken) = post(&service.url(TEST), &good).await;
    assert!(taken.contains("experiment with name good already exists"));

    let (status, state) = get(&service.url("/api/v0/experiment/status")).await;
    assert_eq!(status, 200);
    let state: Value = serde_json::from_str(&state).unwrap();
    let members: Vec<&String> = state["result"].as_object().unwrap().keys().collect();
    assert_eq!(
        members[..4],
        ["name", "description", "created_at", "updated_at"]
    );
    lab.ended("good").await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_to_places_inside_are_refused_before_anything_is_stored() {
    let lab = Lab::new(1, true).await;
    let service = lab.start().await;
    let url = "http://169.254.169.254/latest";
    let setup = lab.setup("hook", json!({ "webhook_url": url }));
    let (status, answer) = post(&service.url(RUN), &setup).await;
    assert_eq!(status, 400);
    assert!(answer.contains("invalid webhook_url: host "), "{answer}");
    assert!(answer.contains("a link-local address"), "{answer}");
    assert!(!lab.db().experiment_exists("hook").await.unwrap());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_means_to_fund_nothing_starts() {
    let mut lab = Lab::new(1, false).await;
    lab.set_more(r#","minaExec":"/nonexistent/mina""#.to_owned());
    let service = lab.start().await;
    let (status, answer) = post(&service.url(RUN), &lab.setup("a", json!({}))).await;
    assert_eq!(status, 400);
    assert!(answer.contains("accounts cannot be funded"), "{answer}");
    assert!(!lab.db().experiment_exists("a").await.unwrap());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_new_interface_is_strict_and_complete() {
    let lab = Lab::new(2, true).await;
    let service = lab.start().await;
    let url = service.url("/api/v1/experiments");
    let (status, answer) = post(&url, &lab.setup("a", json!({"round": 3}))).await;
    assert_eq!(status, 400);
    assert!(
        answer.contains("rounds"),
        "the nearest key is suggested: {answer}"
    );
    for queue in ["", r#","queue":true"#] {
        let twice = format!(r#"{{"experiment_name":"a","rounds":1,"rounds":2{queue}}}"#);
        let (status, answer) = post_text(&url, twice).await;
        assert_eq!(status, 400);
        assert!(answer.contains("Rounds is given twice"), "{answer}");
    }
    let (status, answer) = post(&url, &lab.setup("a", json!({"queue": 1}))).await;
    assert_eq!((status, answer.contains("queue")), (400, true));
    let (status, plan) = post(&format!("{url}/plan"), &lab.setup("a", json!({}))).await;
    assert_eq!(status, 200, "{plan}");
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let seeded = lab.setup("a", json!({"seed": plan["seed"]}));
    let (_, again) = post(&format!("{url}/plan"), &seeded).await;
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["script"], plan["script"]);
    assert_eq!(post(&url, &seeded).await.0, 201);
    assert_eq!(post(&url, &seeded).await.0, 409);
    lab.ended("a").await;
    let stored = lab.db().read_journal("a").await.unwrap().unwrap().script;
    assert_eq!(stored, plan["script"].as_str().unwrap());

    let (_, list) = get(&url).await;
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list[0]["name"], "a");
    let (_, journal) = get(&format!("{url}/a/journal")).await;
    let journal: Value = serde_json::from_str(&journal).unwrap();
    assert!(journal["steps"].as_array().unwrap().len() > 5);
    let (_, events) = get(&format!("{url}/a/events")).await;
    assert!(events.contains("event: step"), "{events}");
    assert!(events.contains(r#""message":"success""#), "{events}");
    let lines = events
        .lines()
        .filter(|line| line.starts_with("id:"))
        .count();
    let (_, rest) = get(&format!("{url}/a/events?after=5")).await;
    let fewer = rest.lines().filter(|line| line.starts_with("id:")).count();
    assert_eq!(fewer, lines - 5, "replay begins after the given event");
    for path in ["none", "none/journal", "none/events"] {
        assert_eq!(get(&format!("{url}/{path}")).await.0, 404, "{path}");
    }
    assert_eq!(post(&format!("{url}/none/cancel"), &json!({})).await.0, 404);
    assert_eq!(post(&format!("{url}/a/cancel"), &json!({})).await.0, 409);
    assert_eq!(get(&service.url("/healthz")).await.0, 200);
    assert_eq!(get(&service.url("/readyz")).await.0, 200);
    service.stop().await;
}

#[test]
fn the_description_that_is_checked_in_is_current() {
    let current = orchestrator::openapi();
    service::testing::assert_references_exist(&current);
    service::testing::assert_checked_in("openapi/orchestrator.json", &current);
}

/// Forms are made of this answer; the tests of the dashboard's form have a copy of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_gets_every_parameter_and_a_plan_its_totals() {
    let lab = Lab::new(1, true).await;
    let service = lab.start().await;
    // A misspelt parameter must not be as none; the original's routes take what they took.
    for (path, expected, part) in [
        ("/api/v1/experiments?limits=3", 400, "did you mean limit?"),
        ("/api/v1/parameters?group=load", 400, "it has none"),
        (
            "/api/v1/experiments/x/events?aftr=3",
            400,
            "did you mean after?",
        ),
        (
            "/api/v0/experiment/status?_=17",
            404,
            "no experiment running",
        ),
    ] {
        let (status, answer) = get(&service.url(path)).await;
        assert_eq!(status, expected, "{path}: {answer}");
        assert!(answer.contains(part), "{path}: {answer}");
    }
    let (status, answer) = get(&service.url("/api/v1/parameters")).await;
    assert_eq!(status, 200);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let parameters = answer["parameters"].as_array().unwrap();
    assert_eq!(
        parameters.len(),
        experiment::setup::parameter::PARAMETERS.len()
    );
    let current = format!("{}\n", serde_json::to_string_pretty(&answer).unwrap());
    service::testing::assert_checked_in("web/tests/fixtures/parameters.json", &current);
    // The names of `setup` objects are names of requests, too, as the form sends them.
    let mut setup = lab.setup("a", json!({}));
    setup["Rounds"] = json!(3);
    setup.as_object_mut().unwrap().remove("rounds");
    let (status, plan) = post(&service.url("/api/v1/experiments/plan"), &setup).await;
    assert_eq!(status, 200, "{plan}");
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let rounds = plan["plan"]["rounds"].as_array().unwrap();
    assert_eq!(rounds.len(), 3);
    let intended: u64 = rounds
        .iter()
        .flat_map(|round| [&round["payments"], &round["zkapps"]])
        .filter_map(|load| load["transactions"].as_u64())
        .sum();
    assert!(intended > 0);
    assert_eq!(plan["totals"]["transactions"], json!(intended));
    assert!(plan["totals"]["duration_s"].as_u64().unwrap() > 0);
    assert!(plan["totals"]["funding"].is_string(), "{}", plan["totals"]);
    service.stop().await;
}

//! Runs of experiments: one at a time, and a journal that only the holder of the lease writes.

use std::time::Duration;

use serde_json::{Value, json};
use store::experiment_runs::{
    Admission, Answer, CancelRequest, JournalWrites, LEASE, LogLine, NewRequest, NewRun, OutputRow,
    RequestStatus, RunChoice, RunStatus, StepEnd, StepStart,
};
use store::lease::{Holder, Lease};
use store::testing::TestDatabase;
use store::{Database, StoreError};

const TTL: Duration = Duration::from_mins(5);

async fn admit(database: &Database, name: &str, queue: bool) -> Admission {
    let run = NewRun {
        name,
        setup: &json!({"Rounds": 1}),
        script: "{\"action\":\"wait\",\"params\":{}}\n",
        seed: Some(7),
        rounds: &json!([]),
        sealed_webhook: None,
        queue,
    };
    database.admit_experiment(&run).await.unwrap()
}

async fn lease(database: &Database) -> Lease {
    let holder = Holder::new("orchestrator");
    let lease = database.acquire_lease(LEASE, &holder, TTL).await.unwrap();
    lease.unwrap()
}

async fn status(database: &Database, name: &str) -> String {
    let run = database.experiment_run(name).await.unwrap().unwrap();
    run.summary.status.to_string()
}

async fn names(database: &Database, choice: RunChoice) -> Vec<String> {
    let runs = database.experiment_runs(&choice, 10).await.unwrap();
    runs.into_iter().map(|run| run.name).collect()
}

#[tokio::test]
async fn one_run_has_the_slot_and_others_wait_or_are_refused() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    assert_eq!(admit(database, "a", false).await, Admission::Started);
    assert_eq!(admit(database, "a", true).await, Admission::NameTaken);
    let Admission::Busy(busy) = admit(database, "b", false).await else {
        panic!("the slot is taken");
    };
    assert_eq!((busy.name.as_str(), busy.status.as_str()), ("a", "running"));
    assert!(!database.experiment_exists("b").await.unwrap());
    assert_eq!(
        admit(database, "b", true).await,
        Admission::Queued { ahead: 1 }
    );
    assert_eq!(
        admit(database, "c", true).await,
        Admission::Queued { ahead: 2 }
    );

    let lease = lease(database).await;
    let slot = database.slot_run(&lease).await.unwrap().unwrap();
    assert_eq!(slot.name, "a");
    let end = JournalWrites {
        end: Some((RunStatus::Success, None)),
        ..JournalWrites::default()
    };
    database.write_journal(&lease, "a", &end).await.unwrap();
    assert_eq!(status(database, "a").await, "success");
    assert_eq!(
        database.request_cancel(Some("b")).await.unwrap(),
        CancelRequest::Withdrawn
    );
    assert_eq!(status(database, "b").await, "cancelled");
    let slot = database.slot_run(&lease).await.unwrap().unwrap();
    assert_eq!(slot.name, "c");
    assert_eq!(status(database, "c").await, "running");
    assert_eq!(names(database, RunChoice::default()).await, ["c", "b", "a"]);
}

#[tokio::test]
async fn runs_are_chosen_by_a_part_of_their_name_and_by_their_status() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    for name in ["Ramp-1", "ramp-2", "soak_%"] {
        admit(database, name, true).await;
    }
    database.request_cancel(Some("ramp-2")).await.unwrap();
    let chosen = async |text: Option<&str>, status: Option<&str>, before| {
        let choice = RunChoice {
            before,
            text: text.map(str::to_owned),
            status: status.map(|status| RunStatus::from(status.to_owned())),
        };
        names(database, choice).await
    };
    assert_eq!(chosen(Some("RAMP"), None, None).await, ["ramp-2", "Ramp-1"]);
    // What is typed is no pattern.
    assert_eq!(chosen(Some("_%"), None, None).await, ["soak_%"]);
    assert_eq!(chosen(None, Some("cancelled"), None).await, ["ramp-2"]);
    assert!(
        chosen(Some("soak"), Some("cancelled"), None)
            .await
            .is_empty()
    );
    let second = database.experiment_run("ramp-2").await.unwrap().unwrap();
    let before = Some(second.summary.number);
    assert_eq!(chosen(Some("ramp"), None, before).await, ["Ramp-1"]);
}

#[tokio::test]
async fn an_error_among_the_lines_neither_ends_the_run_nor_frees_the_slot() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    assert_eq!(admit(database, "a", false).await, Admission::Started);
    let lease = lease(database).await;
    let error = JournalWrites {
        lines: vec![LogLine {
            level: "error",
            step: Some(1),
            message: "a node does not answer".to_owned(),
        }],
        ..JournalWrites::default()
    };
    database.write_journal(&lease, "a", &error).await.unwrap();
    let run = database.experiment_run("a").await.unwrap().unwrap();
    assert_eq!(run.errors, ["a node does not answer"]);
    assert_eq!(run.summary.status.as_str(), "running");
    assert!(run.summary.ended_at.is_none());
    assert!(matches!(
        admit(database, "b", false).await,
        Admission::Busy(_)
    ));
    let slot = database.slot_run(&lease).await.unwrap().unwrap();
    assert_eq!(slot.name, "a");
}

#[tokio::test]
async fn many_requests_at_once_start_one_run() {
    let test = TestDatabase::create().await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let database = test.database().clone();
        tasks.spawn(async move { admit(&database, &format!("run-{number}"), false).await });
    }
    let admissions = tasks.join_all().await;
    let started = |admission: &&Admission| **admission == Admission::Started;
    assert_eq!(
        admissions.iter().filter(started).count(),
        1,
        "{admissions:?}"
    );
}

#[tokio::test]
async fn cancelling_is_remembered_and_can_be_repeated() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let cancel = async || database.request_cancel(None).await.unwrap();
    assert_eq!(cancel().await, CancelRequest::NothingToCancel);
    admit(database, "a", false).await;
    assert_eq!(cancel().await, CancelRequest::Requested);
    assert_eq!(cancel().await, CancelRequest::Requested);
    assert_eq!(status(database, "a").await, "cancelling");
    assert!(
        database
            .slot_holder()
            .await
            .unwrap()
            .unwrap()
            .cancel_requested
    );
}

#[tokio::test]
async fn the_journal_gives_back_what_was_written() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    admit(database, "a", false).await;
    let lease = lease(database).await;
    let writes = JournalWrites {
        starts: vec![StepStart {
            step: 0,
            last_step: 0,
            action: "payments".into(),
        }],
        requests: (0..2)
            .map(|request| NewRequest {
                request,
                node: format!("10.0.0.{request}:3086"),
                kind: "payments".into(),
                round: Some(0),
                intended: Some(90),
                runs_seconds: Some(1800.0),
                ..NewRequest::default()
            })
            .collect(),
        ..JournalWrites::default()
    };
    database.write_journal(&lease, "a", &writes).await.unwrap();
    let writes = JournalWrites {
        decided: [(0, json!({"selected": 2}))].into(),
        answers: vec![Answer {
            step: 0,
            request: 1,
            outcome: RequestStatus::Accepted,
            handle: Some("h".into()),
            error: None,
            is_permanent: false,
        }],
        outputs: vec![OutputRow {
            step: 0,
            position: 0,
            output: "participant".into(),
            multi: true,
            value: json!("10.0.0.1:3086"),
        }],
        lines: vec![LogLine {
            level: "warning",
            step: Some(0),
            message: "one of two".into(),
        }],
        ends: vec![StepEnd {
            step: 0,
            error: None,
        }],
        publish: true,
        ..JournalWrites::default()
    };
    database.write_journal(&lease, "a", &writes).await.unwrap();

    let journal = database.read_journal("a").await.unwrap().unwrap();
    assert_eq!(journal.steps[0].decided, Some(json!({"selected": 2})));
    assert!(journal.steps[0].ended_at.is_some());
    assert_eq!(journal.outputs, writes.outputs);
    let outcomes: Vec<_> = journal.requests.iter().map(|r| r.outcome).collect();
    assert_eq!(outcomes, [None, Some(RequestStatus::Accepted)]);
    let events = database.experiment_events("a", 0).await.unwrap();
    let numbers: Vec<i64> = events.iter().map(|event| event.event).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert_eq!(database.experiment_events("a", 3).await.unwrap().len(), 1);
    assert_eq!(
        test.texts("SELECT warnings::text FROM experiment_state")
            .await
            .unwrap(),
        ["{\"one of two\"}"]
    );
    let delivery = database.experiment_delivery("a").await.unwrap();
    let accepted: Vec<i64> = delivery.iter().map(|row| row.delivery.accepted).collect();
    assert_eq!(accepted, [0, 90]);

    // A cancelled run has to be undone where the node accepted, or may have.
    let end = JournalWrites {
        end: Some((RunStatus::Cancelled, None)),
        ..JournalWrites::default()
    };
    database.write_journal(&lease, "a", &end).await.unwrap();
    assert_eq!(database.undo_rows(None).await.unwrap().len(), 2);
    database
        .record_undo("a", 0, 0, Some("no answer"))
        .await
        .unwrap();
    database.record_undo("a", 0, 1, None).await.unwrap();
    let left = database.undo_rows(Some("a")).await.unwrap();
    assert_eq!((left.len(), left[0].attempts, left[0].request), (1, 1, 0));
}

#[tokio::test]
async fn transactions_are_counted_by_round_batch_and_kind() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    admit(database, "a", false).await;
    let lease = lease(database).await;
    let request = |step: u32, request: u32, kind: &str, round: u32| NewRequest {
        step,
        request,
        kind: kind.into(),
        round: Some(round),
        intended: Some(10),
        ..NewRequest::default()
    };
    let writes = JournalWrites {
        requests: vec![
            request(0, 0, "payments", 0),
            request(1, 0, "zkapps", 0),
            request(2, 0, "payments", 1),
        ],
        ..JournalWrites::default()
    };
    database.write_journal(&lease, "a", &writes).await.unwrap();
    test.execute(
        "INSERT INTO deployment (metadata_json) VALUES ('{}');
         INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
         VALUES ('1', 1, 'payment', 'a-0-0-0', now()), ('2', 1, 'payment', 'a-0-0-1', now()),
                ('3', 1, 'zkapp:1:1', 'a-0-0-0', now()), ('4', 1, 'payment', 'a-b-0-0-0', now());
         INSERT INTO block_txs (hash, deployment_id, type, memo, block_received, result)
         VALUES ('2', 1, 'payment', 'a-0-0-1', now(), 'Applied');
         INSERT INTO block_txs
         VALUES ('1', 1, 'payment', 'a-0-0-0', now(), 'Failed', 'Overflow'),
                ('5', 1, 'zkapp:1:1', 'a-0-0-6', now(), 'Failed', NULL);",
    )
    .await
    .unwrap();
    let delivery = database.experiment_delivery("a").await.unwrap();
    let counts: Vec<_> = delivery
        .iter()
        .map(|row| {
            (
                row.round,
                row.kind.as_str(),
                row.delivery.seen,
                row.delivery.included,
                row.delivery.applied,
                row.delivery.failed,
            )
        })
        .collect();
    assert_eq!(
        counts,
        [
            (0, "payments", 2, 2, 1, 1),
            (0, "zkapps", 2, 1, 0, 1),
            (1, "payments", 0, 0, 0, 0)
        ]
    );
    assert_eq!(delivery[0].failures, [("Overflow".to_owned(), 1)].into());
    assert_eq!(
        delivery[1].failures,
        [("unknown reason".to_owned(), 1)].into()
    );
    // Nobody has answered yet, so nothing was accepted that could be unsent.
    assert!(delivery.iter().all(|row| row.delivery.unsent == 0));

    // Ten were accepted. The seventh zkApp command was made, the others were not; of the payments
    // two were. Nothing is missing before the time is over.
    test.execute("UPDATE loadlab.experiment_request SET outcome = 'accepted'")
        .await
        .unwrap();
    let unsent = async || -> Vec<i64> {
        let rows = database.experiment_delivery("a").await.unwrap();
        rows.iter().map(|row| row.delivery.unsent).collect()
    };
    assert_eq!(unsent().await, [0, 0, 0]);
    test.execute("UPDATE loadlab.experiment_request SET runs_until = now() - interval '1 s'")
        .await
        .unwrap();
    assert_eq!(unsent().await, [8, 3, 10]);

    let names = ["a".to_owned(), "b".to_owned()];
    let outcomes = database.experiment_outcomes(&names).await.unwrap();
    assert_eq!(outcomes.len(), 1);
    assert_eq!(
        outcomes["a"].delivery.failed, 1,
        "in blocks of the deployment"
    );
    assert!(outcomes["a"].warning().is_some());
}

#[tokio::test]
async fn transactions_of_other_deployments_are_not_counted() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    admit(database, "a", false).await;
    let lease = lease(database).await;
    let writes = JournalWrites {
        requests: vec![NewRequest {
            kind: "payments".into(),
            round: Some(0),
            intended: Some(10),
            ..NewRequest::default()
        }],
        ..JournalWrites::default()
    };
    database.write_journal(&lease, "a", &writes).await.unwrap();
    test.execute(
        "INSERT INTO deployment (metadata_json) VALUES ('{}'), ('{}');
         INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
         SELECT '1', deployment_id, 'payment', 'a-0-0-0', now() FROM deployment;
         INSERT INTO block_txs (hash, deployment_id, type, memo, block_received, result)
         SELECT hash, deployment_id, 'payment', 'a-0-0-' || hash, now(), 'Applied'
           FROM deployment, unnest(ARRAY['1', '2']) AS hash",
    )
    .await
    .unwrap();
    let names = ["a".to_owned()];
    let counted = async || {
        let rows = database.experiment_delivery("a").await.unwrap();
        let outcomes = database.experiment_outcomes(&names).await.unwrap();
        let row = &rows[0].delivery;
        (row.seen, row.applied, outcomes["a"].delivery.seen)
    };
    // Nobody knows the deployment of the run.
    assert_eq!(counted().await, (4, 4, 2));
    // The second transaction is in a block only.
    test.execute("UPDATE loadlab.experiment_run SET deployment_id = 1")
        .await
        .unwrap();
    assert_eq!(counted().await, (2, 2, 1));
}

#[tokio::test]
async fn whoever_lost_the_lease_writes_nothing() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    admit(database, "a", false).await;
    let before = lease(database).await;
    database
        .release_leases(std::slice::from_ref(&before))
        .await
        .unwrap();
    let _now = lease(database).await;
    let writes = JournalWrites {
        end: Some((RunStatus::Success, None)),
        ..JournalWrites::default()
    };
    let refused = database.write_journal(&before, "a", &writes).await;
    assert!(
        matches!(refused, Err(StoreError::LeaseLost { .. })),
        "{refused:?}"
    );
    assert_eq!(status(database, "a").await, "running");
}

#[tokio::test]
async fn a_run_of_the_original_is_shown_too() {
    let test = TestDatabase::create().await.unwrap();
    test.execute(
        "INSERT INTO experiment_state (name, description, status, setup_json, logs)
         VALUES ('old', '', 'success', '{}', '{one,two}')",
    )
    .await
    .unwrap();
    let run = test
        .database()
        .experiment_run("old")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(run.logs, ["one", "two"]);
    assert_eq!(run.rounds, Value::Null);
    assert_eq!(
        test.database()
            .experiment_runs(&RunChoice::default(), 10)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_for_the_end_of_a_run_and_writing_about_it_do_not_wait_for_each_other() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let lease = lease(database).await;
    for number in 0..40 {
        let name = format!("run{number}");
        assert_eq!(admit(database, &name, false).await, Admission::Started);
        let writing = async {
            for step in 0..4 {
                let writes = JournalWrites {
                    starts: vec![StepStart {
                        step,
                        last_step: step,
                        action: "wait".to_owned(),
                    }],
                    lines: vec![LogLine {
                        level: "info",
                        step: Some(step),
                        message: "a line".to_owned(),
                    }],
                    ..JournalWrites::default()
                };
                database
                    .write_journal(&lease, &name, &writes)
                    .await
                    .unwrap();
            }
        };
        let cancelling = async {
            let requested = database.request_cancel(Some(&name)).await.unwrap();
            assert_eq!(requested, CancelRequest::Requested);
            database.want_undo_of_slot(&name).await.unwrap();
        };
        tokio::join!(writing, cancelling);
        let writes = JournalWrites {
            end: Some((RunStatus::Success, None)),
            ..JournalWrites::default()
        };
        database
            .write_journal(&lease, &name, &writes)
            .await
            .unwrap();
        let run = database.experiment_run(&name).await.unwrap().unwrap();
        assert_eq!(
            run.summary.status.as_str(),
            "cancelled",
            "a late cancel is a cancel"
        );
    }
}

const NOTE: &str =
    "Experiment interrupted: the orchestrator restarted while this run was in progress";

#[tokio::test]
async fn runs_that_the_original_left_behind_are_ended_unless_it_still_lives() {
    use sqlx::Connection as _;
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    test.execute(
        "INSERT INTO experiment_state (name, description, status, setup_json, errors)
         VALUES ('left', '', 'running', '{}', '{first}'), ('half', '', 'cancelling', '{}', NULL),
                ('done', '', 'success', '{}', NULL)",
    )
    .await
    .unwrap();
    admit(database, "ours", false).await;
    admit(database, "next", true).await;
    let lease = lease(database).await;
    // An orchestrator of the original, as it holds its lock.
    let mut other = sqlx::PgConnection::connect(test.url()).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(-6700891077099319321)")
        .execute(&mut other)
        .await
        .unwrap();
    let close = async || database.close_orphaned_experiments(&lease).await.unwrap();
    assert_eq!(close().await, [""; 0]);
    assert_eq!(status(database, "left").await, "running");
    other.close().await.unwrap();
    // The server notices a moment later.
    let closing = async {
        loop {
            let mut names = close().await;
            if !names.is_empty() {
                names.sort();
                return names;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let names = tokio::time::timeout(Duration::from_secs(20), closing).await;
    assert_eq!(names.unwrap(), ["half", "left"]);
    for (name, errors) in [("left", vec!["first", NOTE]), ("half", vec![NOTE])] {
        let run = database.experiment_run(name).await.unwrap().unwrap();
        assert_eq!(run.summary.status.as_str(), "error");
        assert!(run.summary.ended_at.is_some() && run.summary.updated_at.is_some());
        assert_eq!(run.errors, errors, "{name}");
    }
    for (name, expected) in [("done", "success"), ("ours", "running"), ("next", "queued")] {
        assert_eq!(status(database, name).await, expected);
    }
    assert_eq!(close().await, [""; 0]);
    // A process that has lost the lease ends nothing.
    test.execute("UPDATE loadlab.lease SET expires_at = clock_timestamp()")
        .await
        .unwrap();
    assert!(database.close_orphaned_experiments(&lease).await.is_err());
}

#[tokio::test]
async fn what_is_asked_again_runs_from_then_on_but_was_asked_before() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    admit(database, "a", false).await;
    let lease = lease(database).await;
    for runs_seconds in [0.0, 1800.0] {
        let writes = JournalWrites {
            requests: vec![NewRequest {
                node: "10.0.0.1:3086".into(),
                kind: "payments".into(),
                runs_seconds: Some(runs_seconds),
                ..NewRequest::default()
            }],
            ..JournalWrites::default()
        };
        database.write_journal(&lease, "a", &writes).await.unwrap();
        let earlier =
            "UPDATE loadlab.experiment_request SET asked_at = asked_at - interval '1 hour'";
        test.execute(earlier).await.unwrap();
    }
    let journal = database.read_journal("a").await.unwrap().unwrap();
    let row = &journal.requests[0];
    assert!(!row.is_over);
    assert!(row.asked_seconds_ago >= 7200.0, "{row:?}");
    // So it is undone if the run is cancelled now.
    database.want_undo(&lease, "a").await.unwrap();
    assert_eq!(database.undo_rows(Some("a")).await.unwrap().len(), 1);
}

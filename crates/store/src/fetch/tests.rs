//! Sessions of nodes, leases, and completeness on a real server.

use std::time::Duration;

use serde_json::json;
use trace::{Process, Timestamp, Tracer, TracerOptions};

use super::*;
use crate::ingest::{Delivery, EndReason, Gap, LeftRun, Reading, ReadingCounts};
use crate::lease::{Holder, Lease};
use crate::testing::TestDatabase;
use crate::{Database, StoreError};

const LONG: Duration = Duration::from_mins(1);
const NODE: &str = "abcdefgh-10.0.0.1-3086";

async fn lease(test: &TestDatabase) -> Lease {
    let holder = Holder::new("test");
    let resource = node_resource(NODE);
    let lease = test.database().acquire_lease(&resource, &holder, LONG);
    lease.await.unwrap().unwrap()
}

async fn expire(test: &TestDatabase) {
    let sql = "UPDATE loadlab.lease SET expires_at = clock_timestamp()";
    test.execute(sql).await.unwrap();
}

/// How many sessions of nodes have not ended.
async fn open_node_sessions(database: &Database) -> i64 {
    let sql = "SELECT count(*) FROM loadlab.session WHERE kind = 'node' AND ended_at IS NULL";
    let count = sqlx::query_scalar(sql).fetch_one(database.pool());
    count.await.unwrap()
}

async fn opened(test: &TestDatabase, lease: &Lease) -> OpenedNodeSession {
    match test
        .database()
        .open_node_session(NODE, lease)
        .await
        .unwrap()
    {
        NodeSessionOpened::Opened(opened) => *opened,
        NodeSessionOpened::Frozen => panic!("frozen"),
    }
}

fn cursor(last_log_id: u64) -> NodeCursor {
    NodeCursor {
        run: Some("run".to_owned()),
        last_log_id,
        last_time_us: Some(1_700_000_000_000_000),
    }
}

/// A delivery of one checkpoint of block `block`.
async fn deliver(
    test: &TestDatabase,
    opened: &mut OpenedNodeSession,
    block: &str,
    reading: Reading,
    gaps: Vec<Gap>,
) -> Result<(), StoreError> {
    let mut tracer = Tracer::restore(TracerOptions::default(), opened.state.drain(..)).unwrap();
    for line in [
        format!(r#"{{"current_block":"{block}"}}"#),
        r#"["External_block_received",1700000000.25]"#.to_owned(),
    ] {
        let entry = trace::entry::parse(line.as_bytes()).unwrap();
        tracer.push(Process::Main, &entry, 1);
    }
    let mut deliveries = [Delivery {
        session: &mut opened.session,
        batch: tracer.take_batch(),
        cursor: cursor(2).to_value(),
        counts: ReadingCounts {
            lines: 2,
            lost: gaps.iter().filter_map(|gap| gap.missing).sum(),
            ..ReadingCounts::default()
        },
        gaps,
        reading,
    }];
    test.database().deliver(&mut deliveries).await.map(|_| ())
}

async fn plain(test: &TestDatabase, opened: &mut OpenedNodeSession) -> Result<(), StoreError> {
    deliver(test, opened, "3NA", Reading::default(), Vec::new()).await
}

fn is_fenced(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::SessionTaken { .. }))
}

#[tokio::test]
async fn a_session_is_taken_over_and_its_former_writer_writes_nothing() {
    let test = TestDatabase::create().await.unwrap();
    let first = lease(&test).await;
    let mut one = opened(&test, &first).await;
    assert_eq!(one.cursor, NodeCursor::default());
    plain(&test, &mut one).await.unwrap();
    expire(&test).await;
    assert!(
        is_fenced(&plain(&test, &mut one).await),
        "without its lease"
    );
    let second = lease(&test).await;
    let mut other = opened(&test, &second).await;
    assert_eq!(other.session.id(), one.session.id());
    assert_eq!(other.cursor, cursor(2));
    assert!(is_fenced(&plain(&test, &mut one).await));
    // With a valid lease, too, it does not know the version any more.
    one.session.set_lease(second);
    assert!(is_fenced(&plain(&test, &mut one).await));
    plain(&test, &mut other).await.unwrap();
    let rows = test.texts("SELECT name FROM block_trace_checkpoint").await;
    assert_eq!(rows.unwrap().len(), 2);
    let lost = test.database().open_node_session(NODE, &first).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost { .. })));
}

#[tokio::test]
async fn sessions_begin_anew_where_the_last_one_stopped() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let lease = lease(&test).await;
    let mut first = opened(&test, &lease).await;
    plain(&test, &mut first).await.unwrap();

    database.request_fetch_reset().await.unwrap();
    let mut second = opened(&test, &lease).await;
    assert_ne!(second.session.id(), first.session.id());
    assert_eq!(second.cursor, cursor(2));
    assert!(is_fenced(&plain(&test, &mut first).await), "it has ended");
    plain(&test, &mut second).await.unwrap();
    let traces = test.texts("SELECT block_id FROM block_trace").await;
    assert_eq!(traces.unwrap(), ["3NA"], "the trace continues");

    test.execute("INSERT INTO deployment (metadata_json) VALUES ('{}')")
        .await
        .unwrap();
    let mut third = opened(&test, &lease).await;
    assert_eq!(third.cursor, cursor(2));
    let keys: Vec<&str> = third.state.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["context"]);
    plain(&test, &mut third).await.unwrap();
    let traces = test
        .texts("SELECT deployment_id || ' ' || block_id FROM block_trace ORDER BY 1")
        .await;
    assert_eq!(traces.unwrap(), ["1 3NA", "2 3NA"]);
    let reasons = test
        .texts("SELECT coalesce(end_reason, 'open') FROM loadlab.session ORDER BY session_id")
        .await;
    assert_eq!(reasons.unwrap(), ["reset", "new deployment", "open"]);
}

#[tokio::test]
async fn nothing_begins_while_frozen_and_everything_ends() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let lease = lease(&test).await;
    let mut first = opened(&test, &lease).await;
    let freeze = database.freeze().await.unwrap();
    assert!(database.fetch_control().await.unwrap().frozen);
    let refused = database.open_node_session(NODE, &lease).await.unwrap();
    assert!(matches!(refused, NodeSessionOpened::Frozen));
    // The session that is open may still commit what it has and then end.
    let end = Reading {
        end: Some(EndReason::Freeze),
        ..Reading::default()
    };
    let progress = async |freeze| database.freeze_progress(freeze).await.unwrap();
    assert_eq!(progress(freeze).await, FreezeProgress::Open(1));
    deliver(&test, &mut first, "3NA", end, Vec::new())
        .await
        .unwrap();
    assert_eq!(progress(freeze).await, FreezeProgress::Open(0));
    assert!(is_fenced(&plain(&test, &mut first).await));

    database.unfreeze().await.unwrap();
    let second = opened(&test, &lease).await;
    assert_ne!(second.session.id(), first.session.id());
}

#[tokio::test]
async fn a_freeze_ends_by_force_what_began_before_it_and_nothing_else() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let lease = lease(&test).await;
    let mut session = opened(&test, &lease).await;
    let first = database.freeze().await.unwrap();
    assert_eq!(
        database.freeze().await.unwrap(),
        first,
        "two who freeze at the same time wait for the same"
    );
    database.unfreeze().await.unwrap();
    let forced = async |freeze| database.end_frozen_sessions(freeze).await.unwrap();
    assert_eq!(forced(first).await, FreezeProgress::Over);
    assert_eq!(
        database.freeze_progress(first).await.unwrap(),
        FreezeProgress::Over
    );
    plain(&test, &mut session).await.unwrap();
    let second = database.freeze().await.unwrap();
    assert_eq!(forced(first).await, FreezeProgress::Over);
    assert_eq!(open_node_sessions(database).await, 1);
    assert_eq!(forced(second).await, FreezeProgress::Open(1));
    assert!(is_fenced(&plain(&test, &mut session).await));
}

#[tokio::test]
async fn completeness_is_told_by_node_time_and_block() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let lease = lease(&test).await;
    let mut session = opened(&test, &lease).await;
    let at = |seconds: i64| Timestamp::from_nanoseconds(seconds * 1_000_000_000).unwrap();
    let gap = |missing| Gap {
        process: Process::Main,
        after_entry: 7,
        missing,
        reason: "overflow".to_owned(),
        from_time: Some(at(1_700_000_000)),
        until_time: Some(at(1_700_000_001)),
    };
    let reading = Reading {
        minutes: vec![(28_333_333, 2)],
        left_runs: vec![LeftRun {
            run: "old".to_owned(),
            last_log_id: 9,
            last_time: None,
        }],
        end: None,
    };
    let gaps = vec![gap(Some(6)), gap(None)];
    deliver(&test, &mut session, "3NA", reading, gaps)
        .await
        .unwrap();
    let of_node = database.completeness(1, Some(NODE)).await.unwrap();
    assert_eq!(of_node[0].stored_entries, 2);
    assert_eq!((of_node[0].lost_entries, of_node[0].unknown_gaps), (6, 1));
    assert!((of_node[0].completeness - 0.25).abs() < 1e-9);
    assert_eq!(
        (of_node[0].malformed_entries, of_node[0].sessions),
        (Some(0), Some(1))
    );
    let within = async |from, until| {
        let range = at(from)..at(until);
        let mut found = database.completeness_within(1, None, range).await.unwrap();
        found.pop().unwrap()
    };
    let during = within(1_700_000_000, 1_700_000_060).await;
    assert_eq!((during.stored_entries, during.lost_entries), (2, 6));
    // Malformed lines are counted by session, not by time.
    assert_eq!((during.malformed_entries, during.sessions), (None, None));
    let before = within(1_600_000_000, 1_600_000_060).await;
    assert_eq!((before.stored_entries, before.lost_entries), (0, 0));
    assert!((before.completeness - 1.0).abs() < 1e-9);
    let of_block = database.block_completeness(1, "3NA").await.unwrap();
    assert_eq!(
        (of_block[0].stored_entries, of_block[0].lost_entries),
        (1, 6)
    );
    let sessions = database.session_completeness(1, None, 10).await.unwrap();
    assert_eq!((sessions[0].lost_entries, sessions[0].gaps), (6, 2));
    assert!(sessions[0].ended_at.is_none());
}

#[tokio::test]
async fn a_loss_is_placed_by_the_clock_of_the_node() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let lease = lease(&test).await;
    let mut session = opened(&test, &lease).await;
    let at = |seconds: i64| Timestamp::from_nanoseconds(seconds * 1_000_000_000).unwrap();
    // Nothing followed it when it was noted, which is years later by the clock of the database.
    let gap = Gap {
        process: Process::Main,
        after_entry: 7,
        missing: Some(6),
        reason: "restart".to_owned(),
        from_time: Some(at(1_700_000_001)),
        until_time: None,
    };
    let reading = Reading {
        minutes: vec![(28_333_333, 2), (28_333_335, 2)],
        ..Reading::default()
    };
    deliver(&test, &mut session, "3NA", reading, vec![gap])
        .await
        .unwrap();
    let lost = async |from, until| {
        let range = at(from)..at(until);
        let found = database.completeness_within(1, None, range).await.unwrap();
        found[0].lost_entries
    };
    // The node's entries go on in the minute that ends at 1,700,000,160.
    assert_eq!(lost(1_700_000_000, 1_700_000_060).await, 6);
    assert_eq!(lost(1_700_000_150, 1_700_000_160).await, 6);
    assert_eq!(lost(1_700_000_161, 1_700_000_200).await, 0);
    assert_eq!(lost(1_699_999_000, 1_700_000_000).await, 0);
    // The block was over before the loss began.
    let of_block = database.block_completeness(1, "3NA").await.unwrap();
    assert_eq!(of_block[0].lost_entries, 0);
}

#[tokio::test]
async fn a_run_is_known_by_who_reads_it_and_who_has_read_it() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let lease = lease(&test).await;
    let mut session = opened(&test, &lease).await;
    let reading = Reading {
        left_runs: vec![LeftRun {
            run: "old".to_owned(),
            last_log_id: 9,
            last_time: Some(Timestamp::from_nanoseconds(5_000).unwrap()),
        }],
        ..Reading::default()
    };
    deliver(&test, &mut session, "3NA", reading, Vec::new())
        .await
        .unwrap();
    let other_node = "other";
    let holder = Holder::new("test");
    let other_lease = database
        .acquire_lease(&node_resource(other_node), &holder, LONG)
        .await
        .unwrap()
        .unwrap();
    let opened = database.open_node_session(other_node, &other_lease).await;
    let Ok(NodeSessionOpened::Opened(other)) = opened else {
        panic!("not opened");
    };
    let readers = async |run: &str| {
        database
            .readers_of_run(run, other.session.id())
            .await
            .unwrap()
    };
    let old = readers("old").await;
    assert_eq!((old[0].last_log_id, old[0].last_time_us), (9, Some(5)));
    assert!(!old[0].is_open);
    let present = readers("run").await;
    assert!(present[0].is_open);
    let claim = async |session: i64| database.claim_run("run", session, &[]).await.unwrap();
    assert_eq!(claim(session.session.id()).await, None);
    assert_eq!(claim(other.session.id()).await.as_deref(), Some(NODE));
    test.execute("UPDATE loadlab.run_claim SET claimed_at = claimed_at - interval '2 minutes'")
        .await
        .unwrap();
    assert_eq!(
        claim(other.session.id()).await,
        None,
        "nothing was fetched meanwhile"
    );
    assert!(database.leave_run(&present[0], "run").await.unwrap());
    assert!(!database.leave_run(&present[0], "run").await.unwrap());
    assert!(is_fenced(&plain(&test, &mut session).await));
    let left = readers("run").await;
    assert_eq!(
        (left.len(), left[0].is_open, left[0].last_log_id),
        (1, false, 2)
    );
    assert!(readers("none").await.is_empty());

    // A claim is kept as long as something of the run is on its way, and given up otherwise.
    let claim = async |run, session: i64, unsettled: &[&str]| {
        let unsettled: Vec<String> = unsettled.iter().map(ToString::to_string).collect();
        database.claim_run(run, session, &unsettled).await.unwrap()
    };
    let (one, two) = (session.session.id(), other.session.id());
    assert_eq!(claim("first", one, &[]).await, None);
    assert_eq!(claim("second", one, &["first"]).await, None);
    assert_eq!(claim("first", two, &[]).await.as_deref(), Some(NODE));
    assert_eq!(claim("second", one, &[]).await, None);
    assert_eq!(claim("first", two, &[]).await, None);
}

#[tokio::test]
async fn listed_nodes_have_trace_ports_of_the_range() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let node = |name: &str| NewNode {
        node_name: name.to_owned(),
        host: "10.0.0.1".to_owned(),
        graphql_port: 3086,
        submitter: None,
    };
    let record = async |names: &[&str], grace| {
        let nodes: Vec<NewNode> = names.iter().map(|name| node(name)).collect();
        let recorded = database.record_listed_nodes(&nodes, grace, &(11_000..=11_001));
        recorded.await.unwrap();
        let nodes = database.fetched_nodes().await.unwrap();
        let told = nodes
            .into_iter()
            .map(|node| (node.node_name, node.trace_port));
        told.collect::<Vec<_>>()
    };
    let told = |name: &str, port| (name.to_owned(), port);
    let both = [told("a", Some(11_000)), told("b", Some(11_001))];
    assert_eq!(record(&["a", "b"], LONG).await, both);
    let three = record(&["b", "c"], LONG).await;
    assert_eq!(three[2], told("c", None), "no port is left");
    test.execute("UPDATE loadlab.fetched_node SET listed_at = listed_at - interval '2 minutes'")
        .await
        .unwrap();
    let ports = [told("b", Some(11_001)), told("c", Some(11_000))];
    assert_eq!(
        record(&["b", "c"], LONG).await,
        ports,
        "that of the node that went away"
    );
    database
        .report_nodes(&[NodeReport {
            node_name: "b".to_owned(),
            state: "fetching",
            problem: None,
            is_block_producer: Some(true),
            fetched_seconds_ago: Some(0.5),
            poll_interval_seconds: Some(5.0),
        }])
        .await
        .unwrap();
    let nodes = database.fetched_nodes().await.unwrap();
    assert_eq!(nodes[0].state, "fetching");
    assert_eq!(nodes[0].is_block_producer, Some(true));
    assert!(nodes[0].fetched_ago.unwrap() >= Duration::from_millis(500));
    assert_eq!(json!(nodes[1].state), "waiting");
}

#[tokio::test]
async fn sessions_of_nodes_that_nobody_lists_or_reads_end() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let lease = lease(&test).await;
    opened(&test, &lease).await;
    assert_eq!(
        database.end_orphaned_node_sessions().await.unwrap(),
        0,
        "it is read"
    );
    expire(&test).await;
    assert_eq!(database.end_orphaned_node_sessions().await.unwrap(), 1);
    assert_eq!(open_node_sessions(database).await, 0);
}

#[tokio::test]
async fn nodes_of_this_machine_can_be_taken_for_gone() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let lease = lease(&test).await;
    opened(&test, &lease).await;
    let node = |name: &str, host: &str| NewNode {
        node_name: name.to_owned(),
        host: host.to_owned(),
        graphql_port: 3086,
        submitter: None,
    };
    let nodes = [
        node(NODE, "127.0.0.1"),
        node("a", "127.3.2.1"),
        node("b", "10.0.0.1"),
    ];
    let recorded = database.record_listed_nodes(&nodes, LONG, &(11_000..=11_009));
    recorded.await.unwrap();
    database.retire_loopback_nodes().await.unwrap();
    let left = database.fetched_nodes().await.unwrap();
    let names: Vec<_> = left.into_iter().map(|node| node.node_name).collect();
    assert_eq!(names, ["b"]);
    assert_eq!(open_node_sessions(database).await, 1, "it is read");
    expire(&test).await;
    database.retire_loopback_nodes().await.unwrap();
    assert_eq!(open_node_sessions(database).await, 0);
}

//! Processes that end and begin again.

use simulation::{LifecycleChange, Network, NodeId, Span, SyncStatus};

use crate::support::{network, node, pass};

fn changes(network: &mut Network) -> Vec<(usize, LifecycleChange)> {
    let events = network.take_lifecycle();
    events
        .into_iter()
        .map(|event| (event.node.index(), event.change))
        .collect()
}

/// Names of the checkpoints that a node wrote, with their runs.
fn messages(network: &mut Network, id: NodeId) -> Vec<(u32, &'static str)> {
    let mut messages = Vec::new();
    network.take_entries(|from, entry| {
        if from == id {
            messages.push((entry.run(), entry.message()));
        }
    });
    messages
}

#[test]
fn stop_daemon_waits_and_ends_the_process() {
    let mut network = network(2, 9);
    pass(&mut network, Span::from_seconds(60));
    let refused = network.stop_daemon(node(0), Some(4), false, "/root/.mina-config");
    assert_eq!(
        refused.unwrap_err().to_string(),
        "Delay of 4 seconds is less than minimum 5"
    );
    assert_eq!(
        network.stop_daemon(node(0), None, false, "/x").unwrap(),
        "Stopping daemon in 5 seconds"
    );
    assert_eq!(
        network.stop_daemon(node(1), Some(10), true, "/x").unwrap(),
        "Stopping daemon in 10 seconds, will clean configuration directory /x"
    );
    pass(&mut network, Span::from_millis(4_999));
    assert!(changes(&mut network).is_empty());
    pass(&mut network, Span::from_seconds(6));
    assert_eq!(
        changes(&mut network),
        [
            (0, LifecycleChange::Stopped { clean: false }),
            (1, LifecycleChange::Stopped { clean: true }),
        ]
    );
    assert_eq!(network.sync_status(node(0)), None);
    let before = network.truth(node(0)).entries_generated;
    pass(&mut network, Span::from_seconds(600));
    assert_eq!(network.truth(node(0)).entries_generated, before);
}

#[test]
fn a_restarted_node_reads_its_frontier_and_catches_up() {
    let mut network = network(3, 9);
    pass(&mut network, Span::from_seconds(600));
    network.stop(node(0));
    pass(&mut network, Span::from_seconds(300));
    let _ = messages(&mut network, node(0));
    network.start(node(0));
    assert_eq!(network.sync_status(node(0)), Some(SyncStatus::Connecting));
    pass(&mut network, Span::from_seconds(120));
    assert_eq!(
        changes(&mut network),
        [
            (0, LifecycleChange::Stopped { clean: false }),
            (0, LifecycleChange::Started { run: 1 }),
        ]
    );
    let messages = messages(&mut network, node(0));
    assert!(messages.iter().all(|(run, _)| *run == 1));
    let count = |name| {
        messages
            .iter()
            .filter(|(_, message)| *message == name)
            .count()
    };
    assert!(count("Loaded_transition_from_storage") > 5);
    assert!(
        count("To_download") >= 3,
        "{} blocks were missed",
        count("To_download")
    );
    assert_eq!(count("To_download"), count("Catchup_job_finished"));
    let snapshot = network.snapshot();
    assert!(snapshot.blockchain_length - snapshot.nodes[0].blockchain_length <= 1);
    assert_eq!(network.sync_status(node(0)), Some(SyncStatus::Synced));
}

#[test]
fn a_cleaned_node_bootstraps() {
    let mut network = network(3, 9);
    pass(&mut network, Span::from_seconds(600));
    network.restart(node(1), true);
    assert_eq!(network.sync_status(node(1)), Some(SyncStatus::Bootstrap));
    assert!(network.best_chain(node(1), 10).is_empty());
    let key = network.config().nodes[0].private_key.public_key();
    assert_eq!(network.account(node(1), &key), None);
    pass(&mut network, Span::from_seconds(200));
    assert_eq!(network.sync_status(node(1)), Some(SyncStatus::Synced));
    let snapshot = network.snapshot();
    assert!(snapshot.blockchain_length - snapshot.nodes[1].blockchain_length <= 1);
    // Starting what runs and stopping what does not change nothing.
    let _ = network.take_lifecycle();
    network.start(node(1));
    network.stop(node(2));
    network.stop(node(2));
    assert_eq!(network.take_lifecycle().len(), 1);
}

#[test]
fn a_network_whose_last_nodes_stop_goes_on_when_they_start() {
    let mut network = network(2, 9);
    pass(&mut network, Span::from_seconds(300));
    network.stop(node(0));
    network.stop(node(1));
    let length = network.snapshot().blockchain_length;
    pass(&mut network, Span::from_seconds(300));
    assert_eq!(network.snapshot().blockchain_length, length);
    network.start(node(0));
    network.start(node(1));
    pass(&mut network, Span::from_seconds(600));
    assert!(network.snapshot().blockchain_length > length + 5);
}

#[test]
fn a_skewed_clock_shows_in_the_entries_only() {
    let mut network = network(2, 9);
    network.set_clock_skew(node(0), Span::from_seconds(-100));
    pass(&mut network, Span::from_seconds(300));
    let genesis = network.config().genesis.unix_micros();
    let mut first = [None; 2];
    network.take_entries(|id, entry| {
        first[id.index()].get_or_insert(entry.unix_micros() - genesis);
    });
    assert_eq!(first, [Some(-100_000_000), Some(0)]);
}

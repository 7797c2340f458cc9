//! The conservation law against the ground truth of a simulated network: what
//! each node generated is what is stored and what is counted as lost.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use itn::SigningKey;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use simnet::{AnswerFault, Fault, Load, NodeTruth, Simnet};

use crate::bench_of_nodes::{Bench, eventually};

/// Nodes; the first two never restart.
const NODES: usize = 4;
const LASTING: usize = 2;
const STEPS: usize = 30;

/// Longest run of each name, as the fetcher has it: stored and lost entries
/// have the ids up to this one.
const RUNS: &str = "SELECT run || ' ' || max(last_log_id) FROM (
        SELECT cursor ->> 'run' AS run, (cursor ->> 'last_log_id')::bigint AS last_log_id
          FROM loadlab.session WHERE cursor ->> 'run' IS NOT NULL
        UNION ALL SELECT run, last_log_id FROM loadlab.left_run
    ) AS runs GROUP BY run";

struct Network {
    simnet: Simnet,
    bench: Bench,
}

impl Network {
    async fn start(mut config: simnet::Config) -> Self {
        config.seed += 1;
        let simnet = Simnet::start(config).await.unwrap();
        let bench = Bench::start(0, 500).await;
        let list: Vec<_> = simnet
            .nodes()
            .iter()
            .map(|node| {
                serde_json::json!({
                    "remote_addr": node.itn.ip().to_string(),
                    "submitter": node.submitter,
                    "graphql_control_port": node.itn.port(),
                })
            })
            .collect();
        *bench.online.lock().unwrap() = serde_json::to_string(&list).unwrap();
        Self { simnet, bench }
    }

    fn config(&self) -> log_fetcher::Config {
        let key = SigningKey::from_base64(&self.simnet.fetcher_key()).unwrap();
        log_fetcher::Config {
            key: key.into(),
            ..self.bench.config()
        }
    }

    fn truth(&self, node: usize) -> NodeTruth {
        self.simnet.truth().swap_remove(node)
    }

    async fn fault(&self, node: usize, fault: Fault) {
        let name = &self.simnet.nodes()[node].name;
        self.simnet.fault(name, fault).await.unwrap();
    }

    /// Something that may happen to a node within a run.
    fn any_fault(&self, node: usize, random: &mut StdRng) -> Fault {
        match random.random_range(0..16) {
            0..6 => Fault::Burst(random.random_range(1..200)),
            6 | 7 => Fault::Burst(random.random_range(500..3_000)),
            8 => Fault::LoseSequence,
            9 => Fault::SkewClock(random.random_range(-300.0..300.0)),
            10 => Fault::SwapAddress(self.truth((node + 1) % NODES).info.name),
            11 => {
                let delay = Duration::from_millis(random.random_range(10..300));
                Fault::Answers(AnswerFault::Slow(delay))
            }
            12 => Fault::Answers(AnswerFault::ServerError(503)),
            13 => Fault::Answers(AnswerFault::Truncated),
            14 => Fault::Answers(AnswerFault::WrongTypes),
            _ => Fault::Clear,
        }
    }

    /// Ends the run of a node and begins another, if wanted when everything of
    /// it was read.
    async fn restart(&self, node: usize, ended: &mut Ended, is_drained: bool) {
        let generated = |ended: &Ended| self.truth(node).log.generated - ended.entries;
        if is_drained {
            self.fault(node, Fault::Clear).await;
            self.fault(node, Fault::Burst(1)).await;
            self.wait_for_run(node, generated(ended)).await;
        }
        self.fault(node, Fault::Stop).await;
        let entries = generated(ended);
        ended.entries += entries;
        if is_drained {
            ended.drained.push(entries);
        }
        self.fault(node, Fault::Start).await;
    }

    /// Up to which id each run of each node was read, by peer id.
    async fn runs(&self) -> HashMap<String, Vec<u64>> {
        let mut runs: HashMap<String, Vec<u64>> = HashMap::new();
        for run in self.bench.test.texts(RUNS).await.unwrap() {
            let (_, run) = run.split_once('/').unwrap();
            let (peer, last) = run.split_once(' ').unwrap();
            let lasts = runs.entry(peer.to_owned()).or_default();
            lasts.push(last.parse().unwrap());
        }
        runs
    }

    /// Waits until the present run of a node, with this number of entries, is read to
    /// its end.
    async fn wait_for_run(&self, node: usize, entries: u64) {
        let peer = self.truth(node).info.peer_id;
        eventually(
            &format!("{entries} entries of node {node} are read"),
            async || {
                let runs = self.runs().await;
                runs.get(&peer).is_some_and(|runs| runs.contains(&entries))
            },
        )
        .await;
    }
}

/// What a node has generated in runs that have ended.
#[derive(Default)]
struct Ended {
    entries: u64,
    /// The sizes of those that were read to their end.
    drained: Vec<u64>,
}

#[expect(clippy::print_stderr, reason = "the seed makes a failure repeatable")]
async fn run(seed: u64) {
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    // Hardly any entries but those of bursts, so that the truth stands still.
    let network = Network::start(simnet::Config {
        seed,
        load: Some(Load {
            lines_per_second: 0.01,
            burst: None,
        }),
        ..simnet::Config::nodes(NODES)
    })
    .await;
    let mut ended: Vec<Ended> = (0..NODES).map(|_| Ended::default()).collect();
    let mut fetcher = Some(network.bench.fetch(network.config()).await);
    for _ in 0..STEPS {
        let node = random.random_range(0..NODES);
        match random.random_range(0..20) {
            0..2 if node >= LASTING => {
                let is_drained = fetcher.is_some() && random.random();
                network.restart(node, &mut ended[node], is_drained).await;
            }
            2 | 3 => {
                if let Some(fetcher) = fetcher.take() {
                    if random.random() {
                        fetcher.kill();
                    } else {
                        fetcher.stop().await;
                    }
                }
            }
            _ => {
                let fault = network.any_fault(node, &mut random);
                network.fault(node, fault).await;
            }
        }
        if fetcher.is_none() && random.random_bool(0.7) {
            fetcher = Some(network.bench.fetch(network.config()).await);
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(0..100))).await;
    }
    let fetcher = match fetcher {
        Some(fetcher) => fetcher,
        None => network.bench.fetch(network.config()).await,
    };
    for node in 0..NODES {
        network.fault(node, Fault::Clear).await;
        // So that the end of each log is read, and seen to be read.
        network.fault(node, Fault::Burst(1)).await;
    }
    for (node, ended) in ended.iter().enumerate() {
        let entries = network.truth(node).log.generated - ended.entries;
        network.wait_for_run(node, entries).await;
    }
    fetcher.stop().await;
    check(&network, &ended).await;
    network.simnet.stop().await;
}

async fn check(network: &Network, ended: &[Ended]) {
    let runs = network.runs().await;
    let (stored, lost) = network.bench.stored_and_lost().await;
    let read: u64 = runs.values().flatten().sum();
    assert_eq!(
        stored + lost,
        read,
        "nothing is counted twice or not at all"
    );
    let (mut flushed, mut dropped, mut tails) = (0, 0, 0);
    for (node, ended) in ended.iter().enumerate() {
        let truth = network.truth(node);
        let runs = &runs[&truth.info.peer_id];
        let read: u64 = runs.iter().sum();
        let generated = truth.log.generated;
        if node < LASTING {
            assert_eq!(read, generated, "{}", truth.info.name);
        }
        assert!(read <= generated, "{read} of {generated}");
        assert!(runs.contains(&(generated - ended.entries)), "{runs:?}");
        for entries in &ended.drained {
            assert!(runs.contains(entries), "{entries} of {runs:?}");
        }
        tails += generated - read;
        flushed += truth.log.flushed;
        dropped += truth.log.dropped;
    }
    // Nodes forget by order only what is stored, and nothing is called lost
    // that they have not dropped.
    assert!(stored >= flushed, "{stored} stored, {flushed} flushed");
    assert!(lost <= dropped, "{lost} lost, {dropped} dropped");
    let truth = network.simnet.truth();
    let generated: u64 = truth.iter().map(|node| node.log.generated).sum();
    assert_eq!(stored + lost + tails, generated);
    // Of a run that nobody ever saw nobody can tell.
    let ends: usize = runs.values().map(|runs| runs.len() - 1).sum();
    let gaps = "SELECT count(*)::text FROM loadlab.gap WHERE missing IS NULL";
    let gaps: usize = network.bench.text(gaps).await.parse().unwrap();
    assert!(
        gaps >= ends,
        "the end of each run is recorded: {gaps} of {ends}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_simulated_nodes_generate_is_stored_or_counted_as_lost() {
    // Each takes about ten connections of a server that has a hundred.
    for seeds in [0..3, 3..6] {
        futures_util::future::join_all(seeds.map(run)).await;
    }
}

/// Nodes change places while the first entries of a run are on their way to the
/// database: nobody else may begin with that run before they are there.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_handed_over_only_when_what_was_read_of_it_is_stored() {
    let network = Network::start(simnet::Config {
        load: Some(Load {
            lines_per_second: 0.01,
            burst: None,
        }),
        ..simnet::Config::nodes(2)
    })
    .await;
    let fetcher = network.bench.fetch(network.config()).await;
    let generated = |node: usize| network.truth(node).log.generated;
    for node in 0..2 {
        network.fault(node, Fault::Burst(5)).await;
        network.wait_for_run(node, generated(node)).await;
    }
    let mut ended = [Ended::default(), Ended::default()];
    let hold_up = "DO $$ BEGIN LOCK TABLE block_trace_checkpoint IN EXCLUSIVE MODE;
                   PERFORM pg_sleep(3); END $$";
    tokio::join!(
        async { network.bench.test.execute(hold_up).await.unwrap() },
        async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            network.restart(0, &mut ended[0], false).await;
            network.fault(0, Fault::Burst(20)).await;
            // Until they have been read.
            tokio::time::sleep(Duration::from_secs(1)).await;
            let other = network.truth(1).info.name;
            network.fault(0, Fault::SwapAddress(other)).await;
        }
    );
    for (node, ended) in ended.iter().enumerate() {
        network.fault(node, Fault::Burst(1)).await;
        let entries = generated(node) - ended.entries;
        network.wait_for_run(node, entries).await;
    }
    fetcher.stop().await;
    let (stored, lost) = network.bench.stored_and_lost().await;
    assert_eq!((stored, lost), (generated(0) + generated(1), 0));
    network.simnet.stop().await;
}

/// The log of a chain: blocks, snark work, prover and verifier, nothing made up
/// for the fetcher.
#[tokio::test(flavor = "multi_thread")]
async fn what_nodes_with_a_chain_generate_is_stored() {
    let network = Network::start(simnet::Config {
        time_scale: 60,
        itn_max_logs: 10_000,
        ..simnet::Config::nodes(3)
    })
    .await;
    let fetcher = network.bench.fetch(network.config()).await;
    let generated = || -> Vec<u64> {
        let truth = network.simnet.truth();
        truth.iter().map(|node| node.log.generated).collect()
    };
    eventually("some blocks are made", async || {
        generated().iter().all(|entries| *entries > 300)
    })
    .await;
    let begun = Instant::now();
    let generated = loop {
        // Between two blocks nothing is generated.
        let before = generated();
        assert_eq!(fetcher.get("/freeze").await.0, 200);
        if generated() == before {
            break before;
        }
        assert_eq!(fetcher.get("/unfreeze").await.0, 200);
        // Until all nodes have sessions again.
        network
            .bench
            .wait_for_entries(generated().iter().sum())
            .await;
        assert!(begun.elapsed() < Duration::from_secs(40));
    };
    let (stored, lost) = network.bench.stored_and_lost().await;
    assert_eq!((stored, lost), (generated.iter().sum(), 0));
    let runs = network.runs().await;
    for (node, generated) in network.simnet.nodes().iter().zip(generated) {
        assert_eq!(runs[&node.peer_id], [generated], "{}", node.name);
    }
    // The nodes know the same blocks, and nothing of their logs is missing.
    let block = "SELECT min(block_id) FROM (
                   SELECT block_id FROM block_trace WHERE block_id LIKE '3N%'
                    GROUP BY block_id HAVING count(DISTINCT node_name) = 3) AS blocks";
    let block = network.bench.text(block).await;
    let path = format!("/api/v1/completeness?block={block}");
    let (_, nodes) = fetcher.get(&path).await;
    let nodes: Vec<serde_json::Value> = serde_json::from_str(&nodes).unwrap();
    assert_eq!(nodes.len(), 3, "{nodes:?}");
    for node in &nodes {
        assert_eq!(node["completeness"], 1.0, "{node}");
        assert_eq!(node["lost_entries"], 0, "{node}");
        assert_ne!(node["stored_entries"], 0, "{node}");
    }
    fetcher.stop().await;
    network.simnet.stop().await;
}

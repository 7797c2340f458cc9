//! An experiment on a simulated network with faults, and what the laboratory would know of it.

use std::fmt::Write as _;

use mina::{Amount, PublicKey};
use simulation::{
    GenesisAccount, Network, NetworkConfig, NodeId, PaymentsDetails, ProofLevel, SimTime, Span,
    ZkappCommandsDetails, key_from_seed,
};

use crate::ingest::{Log, logs_of, sql_time};

const NODES: usize = 4;
/// The node that refuses everything.
const REFUSES: usize = 3;
/// Fee payers of each node's payments, and of the zkApp commands.
const PAYERS: usize = 4;
const ROUNDS: i32 = 3;
const ROUND_MIN: i32 = 5;
const SLOT: Span = Span::from_seconds(30);
const MINA: u64 = 1_000_000_000;

/// What a node was asked for.
pub(crate) struct Load {
    pub(crate) round: i32,
    request: usize,
    node: usize,
    pub(crate) is_zkapp: bool,
    pub(crate) intended: u64,
    pub(crate) is_refused: bool,
    asked: SimTime,
    stopped: Option<SimTime>,
    /// What the memos of its transactions begin with.
    pub(crate) memo_prefix: String,
}

/// What has happened.
pub(crate) struct Scene {
    pub(crate) name: String,
    pub(crate) network: Network,
    pub(crate) names: Vec<String>,
    pub(crate) loads: Vec<Load>,
    pub(crate) restarts: Vec<(usize, SimTime)>,
    pub(crate) logs: Vec<Log>,
}

impl Scene {
    /// Three rounds of payments and zkApp commands. One node refuses; one is stopped in the second
    /// round and starts again; the payments of another fail in the ledger then; in the third round
    /// one load is stopped, and for some seeds the network falls apart for a while. One node hears
    /// late of everything, so that there are forks.
    pub(crate) fn play(seed: u64) -> Self {
        let mut config = NetworkConfig::with_nodes(NODES, seed);
        config.slot = SLOT;
        config.proof_level = ProofLevel::None;
        config.nodes[0].snark_workers = 24;
        config.nodes[1].delay = Span::from_seconds(7);
        let keys: Vec<PublicKey> = (0..NODES * PAYERS)
            .map(|index| key_from_seed(seed, "payer", index as u64).public_key())
            .collect();
        config.accounts = keys
            .iter()
            .map(|key| GenesisAccount {
                public_key: *key,
                balance: Amount::from_nanomina(100_000 * MINA),
            })
            .collect();
        let names = config.nodes.iter().map(|node| node.name.clone()).collect();
        let mut scene = Self {
            name: format!("truth{seed}"),
            network: Network::new(config, seed).unwrap(),
            names,
            loads: Vec::new(),
            restarts: Vec::new(),
            logs: Vec::new(),
        };
        scene.pass(120);
        let turn = usize::try_from(seed % 3).unwrap();
        for round in 0..ROUNDS {
            for node in 0..NODES {
                let fails = round == 1 && node == (turn + 1) % 3;
                let stop = round == 2 && node == (turn + 2) % 3;
                scene.payments(round, node, &keys, fails, stop);
            }
            scene.zkapps(round, 2, &keys);
            scene.faults(round, turn, seed);
            scene.pass(120);
        }
        // Until what is in no block yet counts as missed.
        scene.pass(16 * 30);
        scene.logs = logs_of(&mut scene.network);
        scene
    }

    fn pass(&mut self, seconds: i64) {
        let until = self.network.now() + Span::from_seconds(seconds);
        self.network.advance_to(until);
    }

    /// The time of a round, with what goes wrong in it.
    fn faults(&mut self, round: i32, turn: usize, seed: u64) {
        let length = 60 * i64::from(ROUND_MIN);
        match round {
            1 => {
                self.pass(90);
                let node = NodeId::from_index(turn);
                self.network.stop(node);
                self.pass(60);
                self.network.start(node);
                self.restarts.push((turn, self.network.now()));
                self.pass(length - 150);
            }
            2 => {
                let groups: Vec<NodeId> = self.network.node_ids().collect();
                if seed % 2 == 1 {
                    let (one, other) = groups.split_at(2);
                    self.network.partition(&[one.to_vec(), other.to_vec()]);
                }
                self.pass(120);
                self.network.heal();
                let now = self.network.now();
                for load in &mut self.loads {
                    if load.stopped.is_some() {
                        load.stopped = Some(now);
                        let node = NodeId::from_index(load.node);
                        let handles = self.network.scheduled_transactions(node);
                        let runs = self.network.scheduler_runs(node);
                        for run in runs {
                            if run.memo_prefix == load.memo_prefix && handles.contains(&run.handle)
                            {
                                let handle = run.handle.to_string();
                                self.network
                                    .stop_scheduled_transactions(node, &handle)
                                    .unwrap();
                            }
                        }
                    }
                }
                self.pass(length - 120);
            }
            _ => self.pass(length),
        }
    }

    fn payments(&mut self, round: i32, node: usize, keys: &[PublicKey], fails: bool, stop: bool) {
        let load = self.load(round, node, false, 60, stop);
        let stranger = key_from_seed(1, "stranger", 0).public_key();
        let details = PaymentsDetails {
            senders: if node == REFUSES {
                Vec::new()
            } else {
                keys[node * PAYERS..(node + 1) * PAYERS].to_vec()
            },
            // An account costs a MINA.
            receiver: if fails { stranger } else { keys[0] },
            amount: Amount::from_nanomina(1_000),
            min_fee: Amount::from_nanomina(1_000_000),
            max_fee: Amount::from_nanomina(2_000_000),
            memo_prefix: load.memo_prefix.clone(),
            tps: 0.2,
            duration_min: ROUND_MIN,
        };
        let id = NodeId::from_index(node);
        let answer = self.network.schedule_payments(id, &details, None);
        self.loads.push(Load {
            is_refused: answer.is_err(),
            ..load
        });
    }

    fn zkapps(&mut self, round: i32, node: usize, keys: &[PublicKey]) {
        let load = self.load(round, node, true, 29, false);
        let amount = Amount::from_nanomina;
        let details = ZkappCommandsDetails {
            fee_payers: keys[REFUSES * PAYERS..].to_vec(),
            num_zkapps_to_deploy: 2,
            num_new_accounts: 0,
            tps: 0.1,
            duration_min: ROUND_MIN,
            memo_prefix: load.memo_prefix.clone(),
            min_balance_change: amount(0),
            max_balance_change: amount(1_000),
            min_new_zkapp_balance: amount(MINA),
            max_new_zkapp_balance: amount(2 * MINA),
            init_balance: amount(10 * MINA),
            min_fee: amount(1_000_000),
            max_fee: amount(2_000_000),
            deployment_fee: amount(1_000_000),
            account_queue_size: 1,
            max_cost: false,
            max_account_updates: None,
        };
        let id = NodeId::from_index(node);
        let answer = self.network.schedule_zkapp_commands(id, &details, None);
        self.loads.push(Load {
            is_refused: answer.is_err(),
            ..load
        });
    }

    fn load(&self, round: i32, node: usize, is_zkapp: bool, intended: u64, stop: bool) -> Load {
        let of_round = self.loads.iter().filter(|load| load.round == round);
        let request = of_round.count();
        Load {
            round,
            request,
            node,
            is_zkapp,
            intended,
            is_refused: false,
            asked: self.network.now(),
            stopped: stop.then(|| self.network.now()),
            memo_prefix: format!("{}-{round}-{request}", self.name),
        }
    }

    /// What the laboratory has written down of the run, and what it was told of restarts.
    pub(crate) fn sql(&self, deployment_id: i32) -> String {
        let name = &self.name;
        let mut sql = format!(
            "INSERT INTO experiment_state (name, description, status, setup_json)
             VALUES ('{name}', '', 'success', '{{}}');
             INSERT INTO loadlab.experiment_run (name, holds_slot, rounds, script, ended_at)
             VALUES ('{name}', false, '[{{}},{{}},{{}}]', '', now());"
        );
        for (port, node) in self.names.iter().enumerate() {
            write!(
                sql,
                "INSERT INTO loadlab.fetched_node (node_name, host, graphql_port, submitter, \
                 is_block_producer, state)
                 VALUES ('{node}', 'node', {port}, '', true, 'fetching') ON CONFLICT DO NOTHING;"
            )
            .unwrap();
        }
        for load in &self.loads {
            let until = load.asked + Span::from_seconds(60 * i64::from(ROUND_MIN));
            write!(
                sql,
                "INSERT INTO loadlab.experiment_request (name, step, request, node, kind, round, \
                 handle_is_ours, intended, asked_at, runs_until, outcome, undone_at)
                 VALUES ('{name}', {}, {}, 'node:{}', '{}', {}, true, {}, {}, {}, '{}', {});",
                load.round,
                load.request,
                load.node,
                if load.is_zkapp { "zkapps" } else { "payments" },
                load.round,
                load.intended,
                sql_time(load.asked),
                sql_time(until),
                if load.is_refused {
                    "refused"
                } else {
                    "accepted"
                },
                load.stopped.map_or_else(|| "null".to_owned(), sql_time),
            )
            .unwrap();
        }
        for (node, time) in &self.restarts {
            write!(
                sql,
                "INSERT INTO node_restarts (deployment_id, node_name, time)
                 VALUES ({deployment_id}, '{}', {});",
                self.names[*node],
                sql_time(*time)
            )
            .unwrap();
        }
        sql
    }
}

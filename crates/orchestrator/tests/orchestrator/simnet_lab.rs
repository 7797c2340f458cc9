//! A simulated network, a database, and an orchestrator between them.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use orchestrator::{CommandedNetwork, Config, ServeError};
use serde_json::{Value, json};
use simnet::{Addresses, Simnet, Topology};
use store::Database;
use store::experiment_runs::RunView;
use store::testing::TestDatabase;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::lab::{admit, cheap, outputs};
use crate::network::serve;
use crate::process::ended;

/// How fast network and orchestrator go unless told otherwise.
const SCALE: u32 = 600;

/// A simulated network with a folder, a database, and an orchestrator between them.
pub(crate) struct SimnetLab {
    pub(crate) simnet: Simnet,
    pub(crate) database: Arc<TestDatabase>,
    pub(crate) folder: TempDir,
    pub(crate) config: Value,
}

/// What a network is like.
pub(crate) struct Shape {
    pub(crate) topology: Topology,
    pub(crate) time_scale: u32,
    pub(crate) newest_schema: bool,
}

impl SimnetLab {
    pub(crate) async fn new(nodes: usize, newest_schema: bool) -> Self {
        let database = TestDatabase::create().await.unwrap();
        let shape = Shape {
            topology: Topology::nodes(nodes),
            time_scale: SCALE,
            newest_schema,
        };
        Self::with(Arc::new(database), shape).await
    }

    /// With a database where other runs may have been before.
    pub(crate) async fn with(database: Arc<TestDatabase>, shape: Shape) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let nodes = shape.topology.nodes.len();
        let simnet = Simnet::start(simnet::Config {
            topology: shape.topology,
            time_scale: shape.time_scale,
            newest_schema: shape.newest_schema,
            addresses: Addresses::Hosts {
                first: Ipv4Addr::new(127, 77, 0, 1),
                itn_port: 0,
                public_port: 0,
            },
            folder: Some(folder.path().join("net")),
            ..simnet::Config::nodes(nodes)
        })
        .await
        .unwrap();
        let list: Vec<Value> = simnet
            .nodes()
            .iter()
            .map(|node| {
                json!({
                    "remote_addr": node.itn.ip().to_string(),
                    "submitter": node.submitter,
                    "graphql_control_port": node.itn.port(),
                })
            })
            .collect();
        let online = axum::Router::new().route(
            "/v1/online",
            axum::routing::get(async move || axum::Json(list.clone())),
        );
        let address = serve(online).await;
        let text = std::fs::read_to_string(folder.path().join("net/orchestrator/config.json"));
        let mut config: Value = serde_json::from_str(&text.unwrap()).unwrap();
        config["onlineURL"] = format!("http://{address}/v1/online").into();
        Self {
            simnet,
            database,
            folder,
            config,
        }
    }

    pub(crate) fn db(&self) -> &Database {
        self.database.database()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub(crate) fn config(&self) -> Config {
        let network = CommandedNetwork::from_json(&self.config.to_string()).unwrap();
        let mut config = Config::new(network);
        config.time_scale = f64::from(self.simnet.clock().scale());
        config.key_file_cost = cheap();
        config.lease_ttl = Duration::from_secs(3);
        config.poll = Duration::from_millis(50);
        config.base_dir = Some(self.folder.path().to_owned());
        config
    }

    /// Funds by the first node.
    pub(crate) fn fund_by_node(&mut self) {
        let node = self.simnet.nodes()[0].itn.to_string();
        self.config["fundItnNodes"] = json!([node]);
    }

    pub(crate) async fn admit(&self, name: &str, script: &str) {
        admit(self.db(), name, script).await;
    }

    /// Runs a script to its end.
    pub(crate) async fn run(&self, name: &str, script: &str) -> RunView {
        self.admit(name, script).await;
        let (serving, shutdown) = self.start().await;
        let ended = ended(self.db(), name).await;
        shutdown.cancel();
        serving.await.unwrap().unwrap();
        ended
    }

    async fn start(&self) -> (JoinHandle<Result<(), ServeError>>, CancellationToken) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shutdown = CancellationToken::new();
        let serving =
            orchestrator::serve(self.config(), self.db().clone(), listener, shutdown.clone());
        (tokio::spawn(serving), shutdown)
    }

    pub(crate) async fn outputs(&self, name: &str, step: u32, output: &str) -> Vec<Value> {
        outputs(self.db(), name, step, output).await
    }

    /// The balance of the account of a key file, in nanomina.
    pub(crate) async fn balance(&self, key_file: &Path) -> Option<u64> {
        let mut public = key_file.as_os_str().to_owned();
        public.push(".pub");
        let key = std::fs::read_to_string(public).unwrap().trim().to_owned();
        let server = self.simnet.nodes()[0].public_graphql;
        let query = format!("{{ account(publicKey: \"{key}\") {{ balance {{ total }} }} }}");
        let answer: Value = service::proxy::direct()
            .build()
            .unwrap()
            .post(format!("http://{server}/graphql"))
            .json(&json!({ "query": query }))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let total = answer["data"]["account"]["balance"]["total"].as_str()?;
        total.parse().ok()
    }

    pub(crate) fn public_key(&self, name: &str) -> String {
        let path = self.folder.path().join(format!("net/keys/{name}.pub"));
        std::fs::read_to_string(path).unwrap().trim().to_owned()
    }
}

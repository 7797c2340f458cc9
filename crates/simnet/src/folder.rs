//! The folder of a network: the keys and the configuration files that other services need.
//!
//! ```text
//! fetcher_sk                   the log fetcher's key
//! uptime-backend/config.json   who may submit
//! orchestrator/config.json     how to command the nodes
//! names.json                   submitter → name of the node
//! keys/plain1 …                funded accounts, with an empty password
//! keys/nodes/<name>            the keys of the nodes, with the password `simnet`
//! mina                         a stand-in for the mina executable
//! network.json                 addresses of everything, as long as the network runs
//! ```
//!
//! All keys follow from the seed of the network: they are no secrets, but files that hold keys
//! are for the owner alone nevertheless, as the daemon insists. Key files are encrypted at the
//! lowest cost that is used anywhere, because there is nothing to protect.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mina::{KeyFile, KeyFileError, PasswordCost, PrivateKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::network::NodeInfo;
use crate::seeded_rng::derived_bytes;

/// The password of the nodes' key files.
pub const NODE_KEY_PASSWORD: &str = "simnet";

/// The file that marks a folder as a network's, and lists its addresses.
pub const NETWORK_FILE: &str = "network.json";

const LOCK_FILE: &str = ".lock";

/// Longest [`NETWORK_FILE`] that is read.
const NETWORK_FILE_BYTES_MAX: u64 = 64 << 20;

/// Why the folder of a network cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Another network runs there.
    #[error("another simnet uses the folder {}; choose another with --dir", .0.display())]
    InUse(PathBuf),
    /// The folder holds other files.
    #[error(
        "the folder {} holds other files; choose an empty one, or one of an earlier simnet, with --dir",
        .0.display()
    )]
    Foreign(PathBuf),
    /// A file cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A key cannot be encrypted.
    #[error("cannot encrypt a key")]
    Key(#[from] KeyFileError),
    /// The list of addresses is damaged.
    #[error("{} is no list of a simnet's addresses", path.display())]
    NetworkFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// A folder that this process may write to, until it drops this.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

/// What is written into the folder.
#[derive(Debug)]
pub(crate) struct Content<'a> {
    pub(crate) seed: u64,
    pub(crate) nodes: &'a [NodeInfo],
    pub(crate) node_keys: Vec<&'a PrivateKey>,
    pub(crate) funded_keys: &'a [PrivateKey],
    pub(crate) fetcher_key: &'a str,
    pub(crate) orchestrator_key: &'a str,
    /// Where the list of nodes can be read.
    pub(crate) online_url: &'a str,
    pub(crate) status: SocketAddr,
    pub(crate) slot: Duration,
    pub(crate) genesis_unix_micros: i64,
    pub(crate) time_scale: u32,
    /// The program that the stand-in for the mina executable starts.
    pub(crate) loadlab: Option<&'a Path>,
}

/// The addresses of a network, as its folder lists them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkFile {
    /// The status page and the control endpoint.
    pub status: SocketAddr,
    /// How much faster than real time the network runs.
    pub time_scale: u32,
    /// The nodes.
    pub nodes: Vec<NodeInfo>,
}

impl NetworkFile {
    /// Reads the list of a network's folder, or the list itself.
    pub fn read(path: &Path) -> Result<Self, FolderError> {
        let path = if path.is_dir() {
            path.join(NETWORK_FILE)
        } else {
            path.to_owned()
        };
        let text =
            text_file::read(&path, NETWORK_FILE_BYTES_MAX).map_err(|source| FolderError::File {
                path: path.clone(),
                source,
            })?;
        serde_json::from_str(&text).map_err(|source| FolderError::NetworkFile { path, source })
    }
}

impl Folder {
    /// Takes a folder, which is made if it is not there.
    pub(crate) fn take(path: &Path) -> Result<Self, FolderError> {
        let failed = |source| FolderError::File {
            path: path.to_owned(),
            source,
        };
        durable::make_folder(path, 0o700).map_err(failed)?;
        // The stand-in for the mina executable is started from anywhere.
        let path = path.canonicalize().map_err(failed)?;
        let mut entries = fs::read_dir(&path).map_err(failed)?;
        let is_empty = entries.next().is_none();
        let is_ours = [NETWORK_FILE, LOCK_FILE]
            .iter()
            .any(|name| path.join(name).exists());
        if !is_empty && !is_ours {
            return Err(FolderError::Foreign(path));
        }
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join(LOCK_FILE))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse(path)),
            Err(TryLockError::Error(source)) => Err(FolderError::File { path, source }),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all files; [`NETWORK_FILE`] last, so that a reader who waits for it finds the others.
    pub(crate) fn write(&self, content: &Content<'_>) -> Result<(), FolderError> {
        self.make_folder("keys/nodes")?;
        self.make_folder("uptime-backend")?;
        self.make_folder("orchestrator")?;
        self.write_file("fetcher_sk", &format!("{}\n", content.fetcher_key), 0o600)?;
        for (number, key) in (1..).zip(content.funded_keys) {
            self.write_key(&format!("keys/plain{number}"), key, "", content.seed)?;
        }
        for (node, key) in content.nodes.iter().zip(&content.node_keys) {
            let name = format!("keys/nodes/{}", node.name);
            self.write_key(&name, key, NODE_KEY_PASSWORD, content.seed)?;
        }
        let submitters: Vec<&str> = content
            .nodes
            .iter()
            .map(|node| node.submitter.as_str())
            .collect();
        self.write_json(
            "uptime-backend/config.json",
            &json!({"in_memory": true, "whitelist": submitters}),
            0o644,
        )?;
        let names: Map<String, Value> = content
            .nodes
            .iter()
            .map(|node| (node.submitter.clone(), Value::from(node.name.clone())))
            .collect();
        self.write_json("names.json", &Value::Object(names), 0o644)?;
        self.write_mina(content)?;
        self.write_json(
            "orchestrator/config.json",
            &self.orchestrator(content),
            0o600,
        )?;
        let network = NetworkFile {
            status: content.status,
            time_scale: content.time_scale,
            nodes: content.nodes.to_vec(),
        };
        self.write_json(NETWORK_FILE, &json!(network), 0o644)
    }

    /// Says that the network has ended: takes [`NETWORK_FILE`] away. What cannot be removed only
    /// misleads who reads it.
    pub(crate) fn end(&self) {
        let path = self.path.join(NETWORK_FILE);
        if let Err(error) = fs::remove_file(&path) {
            tracing::debug!("cannot remove {}: {error}", path.display());
        }
    }

    fn orchestrator(&self, content: &Content<'_>) -> Value {
        let daemons: Vec<String> = content
            .nodes
            .iter()
            .map(|node| node.public_graphql.to_string())
            .collect();
        json!({
            "key": content.orchestrator_key,
            "onlineURL": content.online_url,
            "fundDaemonPorts": daemons,
            "publicGraphql": daemons,
            "minaExec": self.path.join("mina"),
            // The stand-in is no build of any daemon.
            "allowUnverifiedMinaExec": true,
            // In real time, like genesis: clients wait for slots by their own clocks.
            "slotDurationMs": slot_ms(content.slot, content.time_scale),
            "genesisTimestamp": rfc3339(content.genesis_unix_micros),
            // For our orchestrator: pauses and rounds are in network time.
            "timeScale": content.time_scale,
        })
    }

    /// A script, because the mina executable is started without any environment.
    fn write_mina(&self, content: &Content<'_>) -> Result<(), FolderError> {
        let Some(loadlab) = content.loadlab else {
            return Ok(());
        };
        let quoted =
            |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
        let script = format!(
            "#!/bin/sh\n# A stand-in for the mina executable that commands the simnet of this folder.\n\
             exec {} simnet mina --network {} -- \"$@\"\n",
            quoted(loadlab),
            quoted(&self.path.join(NETWORK_FILE)),
        );
        self.write_file("mina", &script, 0o755)
    }

    fn write_key(
        &self,
        name: &str,
        key: &PrivateKey,
        password: &str,
        seed: u64,
    ) -> Result<(), FolderError> {
        let file = encrypt(key, password.as_bytes(), seed, name)?;
        self.write_file(name, &file.to_json(), 0o600)?;
        let public = format!("{}\n", key.public_key());
        self.write_file(&format!("{name}.pub"), &public, 0o644)
    }

    fn write_json(&self, name: &str, value: &Value, mode: u32) -> Result<(), FolderError> {
        self.write_file(name, &format!("{value:#}\n"), mode)
    }

    /// Writes a file as a whole: a reader sees the old content or the new one.
    fn write_file(&self, name: &str, text: &str, mode: u32) -> Result<(), FolderError> {
        let path = self.path.join(name);
        durable::write(&path, mode, text.as_bytes())
            .map_err(|source| FolderError::File { path, source })
    }

    fn make_folder(&self, name: &str) -> Result<(), FolderError> {
        let path = self.path.join(name);
        durable::make_folder(&path, 0o700)
            .map(drop)
            .map_err(|source| FolderError::File { path, source })
    }
}

/// How long a slot of network time lasts in real time, to the next millisecond. Exact for time
/// scales that divide the length of a slot in milliseconds.
fn slot_ms(slot: Duration, time_scale: u32) -> u64 {
    let micros = slot.as_micros() / u128::from(time_scale.max(1));
    u64::try_from((micros + 500) / 1_000).unwrap_or(u64::MAX)
}

pub(crate) fn rfc3339(unix_micros: i64) -> String {
    jiff::Timestamp::from_microsecond(unix_micros)
        .map_or_else(|_| String::new(), |time| time.to_string())
}

/// Encrypts a key of a simulated network.
pub(crate) fn encrypt(
    key: &PrivateKey,
    password: &[u8],
    seed: u64,
    name: &str,
) -> Result<KeyFile, KeyFileError> {
    /// The least that libsodium takes for Argon2i.
    const MEMORY_BYTES: u64 = 64 << 10;
    const PASSES: u64 = 3;
    let random = derived_bytes(seed, &format!("key file {name}"), 0);
    let (mut salt, mut nonce) = ([0; 16], [0; 24]);
    salt.copy_from_slice(&random[..16]);
    nonce.copy_from_slice(&random[16..40]);
    let cost = PasswordCost::new(MEMORY_BYTES, PASSES)?;
    KeyFile::encrypt(key, password, salt, nonce, cost)
}

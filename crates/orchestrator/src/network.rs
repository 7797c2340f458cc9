//! The configuration file that says which network is commanded and how: one JSON object with the
//! keys of the original, in any case.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use itn::SigningKey;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// Most bytes of the file.
const BYTES_MAX: u64 = 1 << 20;

/// Where the list of nodes comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The online list of an uptime backend.
    Online(String),
    /// The bucket of an uptime backend.
    S3(S3Source),
}

/// The bucket of an uptime backend.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct S3Source {
    /// AWS region.
    pub region: String,
    /// The account, part of the bucket's name.
    pub account_id: String,
    /// First part of object names.
    pub prefix: String,
}

/// A network and the means to command it.
#[derive(Clone)]
pub struct CommandedNetwork {
    /// Signs requests to nodes.
    pub key: Arc<SigningKey>,
    /// The secret that the key is made of; other secrets are derived from it.
    pub(crate) seed_text: Arc<Zeroizing<String>>,
    /// Where the list of nodes comes from.
    pub source: Source,
    /// A log file beside standard error.
    pub log_file: Option<PathBuf>,
    /// Values for `--daemon-port` of the mina executable.
    pub fund_daemon_ports: Vec<String>,
    /// The mina executable.
    pub mina_exec: PathBuf,
    /// Length of a slot in milliseconds of real time, for waits until a slot.
    pub slot_duration_ms: u64,
    /// The beginning of slot 0, in milliseconds since 1970.
    pub genesis_unix_ms: u64,
    /// How many times faster than real time the network's time passes, if it is a simulated one.
    pub time_scale: Option<f64>,
    /// The script that restarts nodes.
    pub control_exec: Option<PathBuf>,
    /// Templates for the hosts of nodes whose ports are 10000 or more.
    pub url_overrides: Vec<String>,
    /// Whether requests are logged, without their secrets.
    pub print_requests: bool,
    /// Nodes that make and fund accounts, instead of the mina executable.
    pub fund_itn_nodes: Vec<String>,
    /// Nodes whose public GraphQL is asked for balances: a port, `host:port`, or a URL.
    pub public_graphql: Vec<String>,
    /// A file that takes the handles of what is started at nodes.
    pub handle_journal: Option<PathBuf>,
    /// Registry and folder of daemons' images, out of which the mina executable is taken:
    /// `host[:port]/folder`.
    pub mina_image_registry: Option<String>,
    /// The operating system in the names of images; this machine's unless given.
    pub mina_image_codename: Option<String>,
    /// Registries that this machine's own cloud token is for, beside those of its cloud:
    /// `host[:port]`.
    pub mina_image_token_registries: Vec<String>,
    /// Whether a mina executable of another build than the network's is used.
    pub allow_unverified_mina_exec: bool,
}

impl std::fmt::Debug for CommandedNetwork {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("CommandedNetwork")
            .field("key", &self.key.verifying_key())
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// It cannot be read.
    #[error("cannot read the configuration {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not what it should be.
    #[error("cannot decode the configuration: {0}")]
    Malformed(String),
    /// Both or neither of `aws` and `onlineURL`.
    #[error("Neither aws nor online url configured")]
    Source,
}

impl NetworkError {
    /// The exit code that scripts of the original know.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Unreadable { .. } => 2,
            Self::Malformed(_) => 3,
            Self::Source => 11,
        }
    }
}

/// The members of the file, by their names in lower case. Each is taken out with its type.
struct Members(Map<String, Value>);

impl Members {
    /// The member of this name, unless it is absent or null. The error names it, and not its
    /// value: one of them is a secret.
    fn take<T: DeserializeOwned>(
        &mut self,
        name: &str,
        expected: &str,
    ) -> Result<Option<T>, NetworkError> {
        let value = self.0.remove(&name.to_ascii_lowercase());
        let value = value.unwrap_or_default();
        let got = kind_of(&value);
        serde_json::from_value(value).map_err(|_| {
            NetworkError::Malformed(format!("`{name}`: expected {expected}, got {got}"))
        })
    }
}

/// What kind of value it is.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

const TEXT: &str = "a text";
const TEXTS: &str = "a list of texts";
const FLAG: &str = "true or false";
const LOG_LEVELS: [&str; 7] = ["debug", "info", "warn", "error", "dpanic", "panic", "fatal"];

impl CommandedNetwork {
    /// Reads a configuration file.
    pub fn read(path: &Path) -> Result<Self, NetworkError> {
        Self::read_with_default(path, None)
    }

    /// Reads a configuration file. Nodes are found by the online list at `online_url` if the file
    /// does not say where.
    pub fn read_with_default(path: &Path, online_url: Option<&str>) -> Result<Self, NetworkError> {
        let text = text_file::read(path, BYTES_MAX).map_err(|source| NetworkError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, online_url)
    }

    /// Reads the content of a configuration file.
    pub fn from_json(text: &str) -> Result<Self, NetworkError> {
        Self::parse(text, None)
    }

    fn parse(text: &str, default_online_url: Option<&str>) -> Result<Self, NetworkError> {
        let malformed = |what: String| NetworkError::Malformed(what);
        if text.trim().is_empty() {
            return Err(malformed("the file is empty".to_owned()));
        }
        let members: Map<String, Value> = serde_json::Deserializer::from_str(text)
            .into_iter()
            .next()
            .unwrap_or_else(|| Ok(Map::new()))
            .map_err(|error| malformed(without_values(&error)))?;
        let lower = |(key, value): (String, Value)| (key.to_ascii_lowercase(), value);
        let mut members = Members(members.into_iter().map(lower).collect());
        let key: Option<String> = members.take("key", "base64 of 32 bytes as a text")?;
        let key =
            key.ok_or_else(|| malformed("`key` is missing: base64 of 32 bytes".to_owned()))?;
        let seed_text = Zeroizing::new(Zeroizing::new(key).replace(['\r', '\n'], ""));
        let key = SigningKey::from_base64(&seed_text)
            .map_err(|error| malformed(format!("`key`: {error}")))?;
        if let Some(level) = members.take::<String>("logLevel", TEXT)?
            && !LOG_LEVELS.contains(&level.to_ascii_lowercase().as_str())
        {
            return Err(malformed(format!(
                "`logLevel` is one of {}",
                LOG_LEVELS.join(", ")
            )));
        }
        let online: Option<String> = members.take("onlineURL", TEXT)?;
        let aws = members.take("aws", "an object with region, account_id and prefix")?;
        let genesis: Option<String> = members.take("genesisTimestamp", "an RFC 3339 time")?;
        let genesis_unix_ms = match genesis {
            None => 0,
            Some(text) => {
                let time: jiff::Timestamp = text
                    .parse()
                    .map_err(|_| malformed("`genesisTimestamp` is an RFC 3339 time".to_owned()))?;
                u64::try_from(time.as_millisecond()).unwrap_or(0)
            }
        };
        let time_scale: Option<f64> = members.take("timeScale", "a positive number")?;
        if time_scale.is_some_and(|scale| !(scale.is_finite() && scale > 0.0)) {
            return Err(malformed("`timeScale` is a positive number".to_owned()));
        }
        let mina_exec: Option<PathBuf> = members.take("minaExec", TEXT)?;
        let registry: Option<String> = members.take("minaImageRegistry", TEXT)?;
        let network = Self {
            key: Arc::new(key),
            seed_text: Arc::new(seed_text),
            // replaced below, when all types are known to be right
            source: Source::Online(String::new()),
            log_file: members.take("logFile", TEXT)?,
            fund_daemon_ports: members.take("fundDaemonPorts", TEXTS)?.unwrap_or_default(),
            mina_exec: mina_exec.unwrap_or_else(|| PathBuf::from("mina")),
            slot_duration_ms: members
                .take("slotDurationMs", "a whole number, not negative")?
                .unwrap_or(0),
            genesis_unix_ms,
            time_scale,
            control_exec: members.take("controlExec", TEXT)?,
            url_overrides: members.take("urlOverrides", TEXTS)?.unwrap_or_default(),
            print_requests: members.take("printRequests", FLAG)?.unwrap_or(false),
            fund_itn_nodes: members.take("fundItnNodes", TEXTS)?.unwrap_or_default(),
            public_graphql: members.take("publicGraphql", TEXTS)?.unwrap_or_default(),
            handle_journal: members.take("handleJournal", TEXT)?,
            mina_image_registry: registry.filter(|text| !text.is_empty()),
            mina_image_codename: members.take("minaImageCodename", TEXT)?,
            mina_image_token_registries: members
                .take("minaImageTokenRegistries", TEXTS)?
                .unwrap_or_default(),
            allow_unverified_mina_exec: members
                .take("allowUnverifiedMinaExec", FLAG)?
                .unwrap_or(false),
        };
        let source = match (online.filter(|url| !url.is_empty()), aws) {
            (Some(url), None) => Source::Online(url),
            (None, Some(aws)) => Source::S3(aws),
            (Some(_), Some(_)) => return Err(NetworkError::Source),
            (None, None) => match default_online_url {
                Some(url) => Source::Online(url.to_owned()),
                None => return Err(NetworkError::Source),
            },
        };
        Ok(Self { source, ..network })
    }
}

/// What is wrong with a value, without the value: one of them is a secret.
fn without_values(error: &serde_json::Error) -> String {
    if error.is_data() {
        return "expected one JSON object".to_owned();
    }
    format!(
        "not JSON (line {}, column {})",
        error.line(),
        error.column()
    )
}

#[cfg(test)]
mod original_configurations;
#[cfg(test)]
mod tests;

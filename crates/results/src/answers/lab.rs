//! The laboratory itself: deployments, gaps, entries by the minute, the database.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Meta;

/// Answer of `/api/v1/deployments`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeploymentsAnswer {
    /// Newest first.
    pub deployments: Vec<DeploymentRow>,
    /// What they rest on; the completeness is that of the newest.
    pub meta: Meta,
}

/// A deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentRow {
    /// Its number.
    pub id: i32,
    /// What was said when it was made.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// The member `note` of the metadata, if it is a text.
    pub note: Option<String>,
    /// When its first log was read; null without any.
    pub created: Option<String>,
    /// Nodes with traces or sessions.
    pub nodes: i64,
    /// Different blocks.
    pub blocks: i64,
    /// Stored log entries.
    pub entries: i64,
    /// What its own tables take on disk; null where it has none.
    pub bytes: Option<i64>,
    /// Stored entries as a share of all; null where nothing is stored.
    pub completeness: Option<f64>,
    /// Entries that are known to be lost.
    pub lost_entries: i64,
    /// Gaps of a size that nobody can know.
    pub unknown_gaps: i64,
    /// Experiments whose transactions it has.
    pub runs: i64,
    /// Where its traces are, if they are in an archive; null where they are in the database.
    pub archived: Option<ArchivedAt>,
}

/// Where the traces of a deployment are. `loadlab archive restore` brings them back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ArchivedAt {
    /// The archive.
    pub url: String,
    /// Since when they are not in the database, in RFC 3339.
    pub since: String,
}

/// Answer of `/api/v1/gaps`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct GapsAnswer {
    /// Newest first.
    pub gaps: Vec<Gap>,
    /// What they rest on.
    pub meta: Meta,
}

/// Log entries that are missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Gap {
    /// The node.
    pub node: String,
    /// The process of the node.
    pub process: String,
    /// Time of the last entry before it.
    pub from: Option<i64>,
    /// Time of the first entry after it.
    pub until: Option<i64>,
    /// How many; null if nobody can know.
    pub missing: Option<i64>,
    /// Why.
    pub reason: String,
    /// When it was noted.
    pub noted: String,
}

/// Answer of `/api/v1/completeness/minutes`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MinutesAnswer {
    /// Nodes × minutes, row by row.
    pub minutes: Minutes,
    /// What they rest on.
    pub meta: Meta,
}

/// Stored and lost entries of nodes by steps of time, one row of the lists per node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Minutes {
    /// Seconds between columns: 60, or more where that would be more than 1,440 columns.
    pub step_s: i64,
    /// Beginnings of the columns, microseconds since 1970.
    pub t: Vec<i64>,
    /// The rows.
    pub nodes: Vec<String>,
    /// Stored entries; null where the node was not read.
    pub stored: Vec<Option<i64>>,
    /// Entries that are known to be lost; null where a gap of unknown size is.
    pub lost: Vec<Option<i64>>,
}

/// Answer of `/api/v1/database`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DatabaseAnswer {
    /// Size on disk.
    pub bytes: i64,
    /// Free on the disk of the database; null unless the server runs on this machine and says where
    /// its data are.
    pub free_bytes: Option<i64>,
    /// Tables of data, the largest first.
    pub tables: Vec<TableSize>,
    /// Growth; null unless a day of entries is stored.
    pub growth_bytes_day: Option<f64>,
    /// Connections to this database.
    pub connections: i64,
    /// Partitions of tables.
    pub partitions: i64,
    /// The slowest statements by mean; empty where the server does not count them.
    pub slow_queries: Vec<SlowQuery>,
    /// What this rests on.
    pub meta: Meta,
}

/// A table of one deployment, or of all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TableSize {
    /// The table as users know it.
    pub name: String,
    /// The deployment; null for tables of all.
    pub deployment_id: Option<i32>,
    /// Rows, by the server's estimate.
    pub rows: i64,
    /// Size with indexes.
    pub bytes: i64,
}

/// A statement and how long it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SlowQuery {
    /// Its text, without values.
    pub text: String,
    /// How often it was executed.
    pub calls: i64,
    /// Mean seconds.
    pub mean_s: f64,
}

/// Answer of `/api/v1/leases`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeasesAnswer {
    /// The leases that are held now, by resource; at most 5,000.
    pub leases: Vec<LeaseRow>,
    /// What this rests on.
    pub meta: Meta,
}

/// What only one process may do at a time, and which process does it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LeaseRow {
    /// `experiment` (executes the runs), `node/<name>` (reads the node), `log-fetcher/<name>` (is a
    /// log fetcher), `archive/<deployment>` (moves a deployment into the archive or back).
    pub resource: String,
    /// The process, as the database knows its connections.
    pub holder: String,
    /// Seconds until others may take it, unless it is renewed.
    pub remaining_s: f64,
}

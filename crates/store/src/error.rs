//! What can go wrong with the database, in sentences for users.

use std::borrow::Cow;
use std::path::PathBuf;
use std::{fmt, io};

use sqlx::migrate::MigrateError;

use crate::connect::text::TextError;

/// What the driver or the server says, without the line of PostgreSQL's source that the driver
/// adds to it.
#[derive(Debug)]
pub struct Cause(sqlx::Error);

impl Cause {
    /// The server's code of the error, if it comes from there.
    pub(crate) fn code(&self) -> Option<&str> {
        match self.0.as_database_error()?.code()? {
            Cow::Borrowed(code) => Some(code),
            Cow::Owned(_) => None,
        }
    }
}

impl From<sqlx::Error> for Cause {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_database_error() {
            Some(error) => formatter.write_str(error.message()),
            None => self.0.fmt(formatter),
        }
    }
}

impl std::error::Error for Cause {}

/// A failure of the database or of what is asked of it. No text contains a
/// password.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The connection text cannot be read.
    #[error("{0}")]
    InvalidUrl(#[from] TextError),

    /// No connection to the server.
    #[error("cannot reach the database server at {server}; is it running?")]
    Unreachable {
        /// `host:port`.
        server: String,
        /// What the system says.
        #[source]
        source: Cause,
    },

    /// Encryption, or the certificates of either end.
    #[error("TLS with the database server at {server} failed; {remedy}")]
    Tls {
        /// `host:port`.
        server: String,
        /// What to do.
        remedy: &'static str,
        /// What the TLS library or the server says.
        #[source]
        source: Cause,
    },

    /// A certificate or key that the connection text names.
    #[error("cannot read {} (`{parameter}` of the database URL), which TLS needs", .path.display())]
    TlsFile {
        /// Which of them.
        parameter: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },

    /// The server's rules for connections have none for this one.
    #[error(
        "the database server at {server} (its pg_hba.conf) does not admit user `{user}` {remedy}"
    )]
    NotAdmitted {
        /// `host:port`.
        server: String,
        /// The user's name.
        user: String,
        /// What to do.
        remedy: &'static str,
        /// What the server says.
        #[source]
        source: Cause,
    },

    /// None of several servers.
    #[error("none of the database servers can be used: {reasons}")]
    NoServer {
        /// The reason of each.
        reasons: String,
    },

    /// The server is not what `target_session_attrs` asks for.
    #[error("it is not of the kind that target_session_attrs asks for")]
    OtherKind,

    /// The server starts, recovers, or stops.
    #[error("the database server is not ready yet: {says}")]
    NotReady {
        /// What it says.
        says: String,
    },

    /// A pooler gives the sessions of connections to others in between.
    #[error(
        "the connection pooler before the database gives a connection another session with each \
         transaction, but prepared statements and locks need one of their own: set PgBouncer's \
         pool_mode to session for this database or user, or connect to PostgreSQL itself"
    )]
    SharedSessions,

    /// The user lacks a privilege.
    #[error(
        "the database user may not do this: {says}; {}, see docs/database.md", privilege(.says)
    )]
    Forbidden {
        /// What the server says.
        says: String,
    },

    /// A standby, or a database or user for which that is the default.
    #[error(
        "the database takes no writes here (it is a standby, or read-only by a setting); with \
         several hosts, target_session_attrs=read-write finds the one that does"
    )]
    ReadOnly(#[source] Cause),

    /// The server took too long to accept a connection.
    #[error("the database server at {server} did not answer within {seconds} s")]
    NoAnswer {
        /// `host:port`.
        server: String,
        /// The time limit.
        seconds: u64,
    },

    /// Wrong password, unknown user, or refused by the server's rules.
    #[error("the database server at {server} refuses user `{user}`: check user and password")]
    AccessDenied {
        /// `host:port`.
        server: String,
        /// The user's name.
        user: String,
        /// What the server says.
        #[source]
        source: Cause,
    },

    /// The server has no database of this name.
    #[error(
        "the server at {server} has no database `{database}`; create it with \
         `CREATE DATABASE \"{database}\"`"
    )]
    DatabaseMissing {
        /// `host:port`.
        server: String,
        /// The database's name.
        database: String,
    },

    /// A server older or newer than those the product is tested with.
    #[error("the server runs PostgreSQL {found}, but versions 14 to 18 are supported")]
    UnsupportedVersion {
        /// Its major version.
        found: i32,
    },

    /// The tables do not exist or are those of an older version.
    #[error("the database is not prepared for this version; run `loadlab db migrate`")]
    NotMigrated,

    /// A newer version of the product has migrated the database.
    #[error(
        "the database was prepared by a newer version (its migration {migration} is unknown \
         here); use that version"
    )]
    Newer {
        /// The unknown migration.
        migration: i64,
    },

    /// The database holds tables of the same names that others have made.
    #[error(
        "the database already has a table `{table}` that was not made by loadlab; \
         use an empty database"
    )]
    ForeignTables {
        /// One of them.
        table: String,
    },

    /// A database of the original in which others have made a view.
    #[error(
        "the view `{view}` reads tables of the original, which are replaced: drop it, start \
         again, and make the view anew"
    )]
    OriginalHasView {
        /// The view.
        view: String,
    },

    /// Programs of the original that still run.
    #[error(
        "the tables of the original are in use, and cannot be brought over meanwhile: stop its \
         services first"
    )]
    OriginalInUse(#[source] Cause),

    /// A database of the original in which others have added a column.
    #[error(
        "the table `{table}` of the original has a column `{column}` that loadlab does not know, \
         and would lose: drop it, or keep it in a table of your own"
    )]
    OriginalHasColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },

    /// A migration failed.
    #[error("the database could not be migrated")]
    Migration(#[source] Cause),

    /// The server cannot write any more.
    #[error("the disk of the database server is full")]
    DiskFull(#[source] Cause),

    /// There is no such deployment.
    #[error("there is no deployment {wanted}; {}", existing_deployments(existing))]
    UnknownDeployment {
        /// The deployment asked for.
        wanted: i32,
        /// What exists, ascending.
        existing: Vec<i32>,
    },

    /// Its traces are in an archive.
    #[error(
        "deployment {deployment_id} is archived at {url}; `loadlab archive restore {deployment_id}` \
         brings its traces back"
    )]
    Archived {
        /// The deployment.
        deployment_id: i32,
        /// Where the archive is.
        url: String,
    },

    /// Something belongs to the newest deployment, and there is none.
    #[error("there is no deployment yet; create one first")]
    NoDeployment,

    /// PostgreSQL cannot store this character.
    #[error("a text contains the character NUL (U+0000), which cannot be stored")]
    UnstorableText,

    /// A name that no table can hold.
    #[error("a node name has 1 to 255 characters, none of them a control character")]
    NodeName,

    /// All connections are in use, or the server does not accept new ones.
    #[error("no database connection became free in time: the server is overloaded or gone")]
    NoConnection(#[source] Cause),

    /// The server ended the connection, or the network did.
    #[error("the connection to the database was lost")]
    ConnectionLost(#[source] Cause),

    /// The statement was cancelled because it took too long.
    #[error("the database took too long for a query")]
    Timeout(#[source] Cause),

    /// The caller's own time limit.
    #[error("the database took longer than {seconds} s")]
    TookTooLong {
        /// The time limit.
        seconds: u64,
    },

    /// The caller's bound on what it reads.
    #[error("this is more than one request may read")]
    OverBudget,

    /// The database refuses to store something, whatever the reason was.
    #[error("the database refuses to store this")]
    Refused,

    /// A stored value that this product cannot read.
    #[error("the database contains an unreadable {what}")]
    Unreadable {
        /// What the value is.
        what: &'static str,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// Another writer has written to the session in between.
    #[error("another process is writing the data of node `{node}`; let it finish")]
    SessionTaken {
        /// The node's name.
        node: String,
    },

    /// The server has crashed before what it had taken was on its disk.
    #[error(
        "the database server has restarted and lost the last rows of node `{node}`; run the \
         import again, it continues from what is stored"
    )]
    TakenBack {
        /// The node's name.
        node: String,
    },

    /// A lease has expired or is another's: nothing was written under it.
    #[error("the lease of `{resource}` is lost: another process may do this work now")]
    LeaseLost {
        /// What it is the lease of.
        resource: String,
    },

    /// The tracer's state and the stored rows do not belong together.
    #[error("session {session} has no block trace number {ordinal}: its stored state is damaged")]
    UnknownTrace {
        /// The session.
        session: i64,
        /// The tracer's number of the trace.
        ordinal: u32,
    },

    /// Row ids of block traces are 32-bit numbers for compatibility.
    #[error("all 2,147,483,647 ids of block traces are used up; drop old deployments")]
    TraceIdsUsedUp,

    /// Anything else.
    #[error("the database failed")]
    Sql(#[source] Cause),
}

/// The privilege that is missing, by what the server refuses. Its message names the object only.
fn privilege(says: &str) -> &'static str {
    const NEEDED: [(&str, &str); 6] = [
        (
            "for schema",
            "USAGE on the schema is needed, and CREATE to prepare the database",
        ),
        (
            "for table",
            "SELECT is needed to read, and INSERT, UPDATE, DELETE and TRUNCATE to write",
        ),
        ("for view", "SELECT on the view is needed"),
        ("for sequence", "USAGE on the sequence is needed"),
        ("for function", "EXECUTE on the function is needed"),
        (
            "for database",
            "CONNECT to the database is needed, and CREATE to prepare it",
        ),
    ];
    NEEDED
        .iter()
        .find(|(object, _)| says.contains(object))
        .map_or("the owner of the tables may do it", |(_, needed)| needed)
}

/// How many deployments an error message lists.
const LISTED_MAX: usize = 20;

fn existing_deployments(ids: &[i32]) -> String {
    if ids.is_empty() {
        return "none has been created yet".to_owned();
    }
    let newest = &ids[ids.len().saturating_sub(LISTED_MAX)..];
    let list: Vec<String> = newest.iter().map(ToString::to_string).collect();
    let which = if newest.len() < ids.len() {
        "the newest are"
    } else {
        "existing:"
    };
    format!("{which} {}", list.join(", "))
}

/// Codes are those of the appendix "PostgreSQL Error Codes" of its manual.
impl From<sqlx::Error> for StoreError {
    fn from(source: sqlx::Error) -> Self {
        if matches!(source, sqlx::Error::PoolTimedOut) {
            return Self::NoConnection(source.into());
        }
        if matches!(source, sqlx::Error::Io(_)) {
            return Self::ConnectionLost(source.into());
        }
        let says = source
            .as_database_error()
            .map(|error| error.message().to_owned())
            .unwrap_or_default();
        let source = Cause::from(source);
        match source.code() {
            // admin_shutdown, crash_shutdown
            Some("57P01" | "57P02") => Self::ConnectionLost(source),
            // disk_full
            Some("53100") => Self::DiskFull(source),
            // too_many_connections
            Some("53300") => Self::NoConnection(source),
            // cannot_connect_now
            Some("57P03") => Self::NotReady { says },
            // insufficient_privilege
            Some("42501") => Self::Forbidden { says },
            // read_only_sql_transaction
            Some("25006") => Self::ReadOnly(source),
            // invalid_sql_statement_name, duplicate_prepared_statement: statements of another
            // connection's session
            Some("26000" | "42P05") => Self::SharedSessions,
            // undefined_table, invalid_schema_name
            Some("42P01" | "3F000") => Self::NotMigrated,
            // query_canceled
            Some("57014") => Self::Timeout(source),
            _ => Self::Sql(source),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(migration) => Self::Newer { migration },
            MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
                match Self::from(source) {
                    Self::Sql(source) => Self::Migration(source),
                    other => other,
                }
            }
            other => Self::Migration(sqlx::Error::from(other).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_deployment_lists_what_exists() {
        let check = |existing: Vec<i32>, expected: &str| {
            let error = StoreError::UnknownDeployment {
                wanted: 7,
                existing,
            };
            assert_eq!(error.to_string(), expected);
        };
        check(
            vec![],
            "there is no deployment 7; none has been created yet",
        );
        check(vec![1, 3], "there is no deployment 7; existing: 1, 3");
        let many = StoreError::UnknownDeployment {
            wanted: 0,
            existing: (1..=100).collect(),
        };
        assert!(many.to_string().ends_with("98, 99, 100"));
        assert!(many.to_string().contains("the newest are 81, 82"));
    }
}

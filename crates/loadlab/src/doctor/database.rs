//! The database: whether it can be reached, is of this version, lets the user do what services do,
//! and agrees with this machine about the time.

use std::time::{Duration, SystemTime};

use store::embedded::Embedded;
use store::{ConnectOptions, Database, StoreError};

use super::finding::{Check, Finding};
use crate::choice::Connection;

/// Seconds by which clocks may differ before that is worth a word, and before times cannot be
/// compared.
const CLOCK_WARNING: f64 = 2.0;
const CLOCK_ERROR: f64 = 60.0;
/// A submission whose time is further in the future is refused by the uptime backend.
const AHEAD_ERROR: f64 = 300.0;
/// A submission that is older than this has come from a slow clock or over a slow way.
const BEHIND_WARNING: f64 = 120.0;
/// Submissions that say something about clocks.
const SUBMISSIONS: Duration = Duration::from_mins(20);
/// Nodes whose clocks are listed.
const CLOCKS_SHOWN: usize = 10;

/// The open database, with the server that it needs.
pub(super) struct Opened {
    pub(super) database: Database,
    server: Option<Embedded>,
}

impl Opened {
    pub(super) async fn close(self) {
        self.database.close().await;
        if let Some(server) = self.server {
            // It has nothing to say.
            let _ = tokio::task::spawn_blocking(move || server.stop()).await;
        }
    }
}

/// Connects, but prepares nothing.
pub(super) async fn open(connection: &Connection) -> (Option<Opened>, Vec<Finding>) {
    match try_to_open(connection).await {
        Ok(Ok(opened)) => (Some(opened), Vec::new()),
        Ok(Err(finding)) => (None, vec![finding]),
        Err(error) => {
            let finding = Finding::error(
                Check::Database,
                format!("cannot be reached: {error:#}"),
                "name it with --database-url, DATABASE_URL or --data-dir, and see that it runs",
            );
            (None, vec![finding])
        }
    }
}

async fn try_to_open(connection: &Connection) -> anyhow::Result<Result<Opened, Finding>> {
    if connection.given_url()?.is_none() {
        let options = connection.embedded()?;
        let folder = options.data_dir.display().to_string();
        if !tokio::task::spawn_blocking(move || Embedded::has_data(&options)).await?? {
            return Ok(Err(Finding::warning(
                Check::Database,
                format!("there is none yet in {folder}, and no variable names another"),
                "`loadlab up` makes it; or name a database with DATABASE_URL",
            )));
        }
    }
    let (url, server) = connection.server().await?;
    let mut options = ConnectOptions::for_queries();
    options.max_connections = 2;
    let database = Database::connect(&url, &options).await?;
    Ok(Ok(Opened { database, server }))
}

/// Its version, schema and privileges.
pub(super) async fn look(database: &Database) -> Vec<Finding> {
    let mut findings = Vec::new();
    match database.server().await {
        Ok(server) => {
            let about = format!("PostgreSQL {}, as the user {}", server.version, server.user);
            findings.push(if server.is_read_only {
                let advice = "services that write need the primary server: \
                              target_session_attrs=read-write";
                Finding::error(Check::Database, format!("{about}: it only reads"), advice)
            } else {
                Finding::ok(Check::Database, about)
            });
        }
        Err(error) => {
            findings.push(failed(&error));
            return findings;
        }
    }
    let schema = match database.require_migrated().await {
        Ok(()) => Finding::ok(Check::Schema, store::survey::schema_version().to_string()),
        Err(StoreError::NotMigrated) => {
            findings.push(Finding::warning(
                Check::Schema,
                "the tables are missing, or are those of an older version or of the original",
                "make a backup, then run `loadlab db migrate` as the owner, or start a service",
            ));
            return findings;
        }
        Err(StoreError::Newer { migration }) => {
            findings.push(Finding::error(
                Check::Schema,
                format!("it is of a newer version (migration {migration})"),
                "install that version of loadlab",
            ));
            return findings;
        }
        Err(error) => failed(&error),
    };
    findings.push(schema);
    match database.missing_privileges().await {
        Ok(missing) if missing.is_empty() => {
            findings.push(Finding::ok(Check::Privileges, "all that services need"));
        }
        Ok(missing) => findings.push(Finding::error(
            Check::Privileges,
            format!("the user lacks {}", missing.join(", ")),
            "connect as the owner of the tables; a role that only reads is enough for \
             `log-api` and `trace show`",
        )),
        Err(error) => findings.push(failed(&error)),
    }
    findings
}

/// The clock of the database against that of this machine, and those of nodes against it.
pub(super) async fn clocks(database: &Database) -> Vec<Finding> {
    let before = unix_seconds();
    let server = match database.server().await {
        Ok(server) => server.unix_seconds,
        Err(error) => return vec![failed(&error)],
    };
    let after = unix_seconds();
    // The answer was made somewhere between.
    let ahead = server - f64::midpoint(before, after);
    let off = (ahead.abs() - (after - before) / 2.0).max(0.0);
    let message = format!("the database's differs from this machine's by {off:.1} s");
    let advice = "set both by NTP (`timedatectl set-ntp true`)";
    let mut findings = vec![if off > CLOCK_ERROR {
        Finding::error(Check::Clock, message, advice)
    } else if off > CLOCK_WARNING {
        Finding::warning(Check::Clock, message, advice)
    } else {
        Finding::ok(Check::Clock, message)
    }];
    match database.node_clocks(SUBMISSIONS).await {
        Ok(clocks) if clocks.is_empty() => {}
        Ok(clocks) => {
            let total = clocks.len();
            let wrong: Vec<Finding> = clocks
                .into_iter()
                .filter_map(|clock| {
                    let node = format!("{} at {}", clock.submitter, clock.remote_addr);
                    of_node(clock.ahead_seconds).map(|finding| finding.of_node(node))
                })
                .collect();
            if wrong.is_empty() {
                let message = format!("those of {total} nodes agree with the database's");
                findings.push(Finding::ok(Check::Clock, message));
            }
            findings.extend(wrong.into_iter().take(CLOCKS_SHOWN));
        }
        // Without the schema there are no submissions; that has been said.
        Err(StoreError::NotMigrated) => {}
        Err(error) => findings.push(failed(&error)),
    }
    findings
}

/// What is wrong with a node's clock, if anything.
fn of_node(ahead: f64) -> Option<Finding> {
    let advice = "set the node's clock by NTP";
    if ahead > AHEAD_ERROR {
        let message = format!("its clock is {ahead:.0} s ahead: its submissions are refused");
        Some(Finding::error(Check::Clock, message, advice))
    } else if ahead > CLOCK_WARNING {
        let message = format!("its clock is {ahead:.0} s ahead");
        Some(Finding::warning(Check::Clock, message, advice))
    } else if ahead < -BEHIND_WARNING {
        let behind = -ahead;
        let message = format!("its last submission was {behind:.0} s old when it came");
        let advice = "set the node's clock by NTP, or look at its connection";
        Some(Finding::warning(Check::Clock, message, advice))
    } else {
        None
    }
}

/// A question that the database did not answer.
pub(super) fn failed(error: &StoreError) -> Finding {
    Finding::error(
        Check::Database,
        format!("does not answer: {}", service::error_chain(error)),
        "look at the log of the database server",
    )
}

fn unix_seconds() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_clock_of_a_node_is_wrong_by_how_far_it_is_off() {
        let level = |ahead| of_node(ahead).map(|finding| finding.level);
        assert_eq!(level(-30.0), None);
        assert_eq!(level(1.0), None);
        assert_eq!(level(10.0), Some(Level::Warning));
        assert_eq!(level(400.0), Some(Level::Error));
        assert_eq!(level(-600.0), Some(Level::Warning));
    }
}

//! Submissions of nodes: what the uptime backend must remember.
//!
//! Times are those of the database, so that several backends on one database
//! agree about who is online. Storing is an insertion of new rows only;
//! whether a submission may be stored is for the backend to decide.

use std::time::Duration;

use sqlx::Row as _;

use crate::{Database, StoreError};

/// An accepted submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UptimeSubmission {
    /// The key that signed it, `B62…`.
    pub submitter: String,
    /// The IP address it came from.
    pub remote_addr: String,
    /// The port of the node's ITN server, if it has one.
    pub graphql_control_port: Option<u16>,
    /// The node's libp2p peer id. Must not hold the character NUL.
    pub peer_id: String,
    /// When the node made it, in seconds since 1970.
    pub created_at_unix_seconds: i64,
    /// The backend's name of the block.
    pub block_hash: String,
    /// Whether it came with snark work.
    pub has_snark_work: bool,
    /// The version of the node, if it says so. Must not hold the character NUL.
    pub built_with_commit_sha: Option<String>,
}

/// A node that was heard of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OnlineNode {
    /// The IP address its submission came from.
    pub remote_addr: String,
    /// The key that signed it, `B62…`.
    pub submitter: String,
    /// The port of the node's ITN server, if it has one.
    pub graphql_control_port: Option<u16>,
}

/// That a key made a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentSubmission {
    /// The key, `B62…`.
    pub submitter: String,
    /// How long ago, by the clock of the database.
    pub age: Duration,
}

/// Rows that one statement deletes, so that none takes long.
const PURGE_ROWS: i64 = 10_000;

impl Database {
    /// Stores submissions that are received now: all of them or, on failure,
    /// none.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn record_uptime_submissions(
        &self,
        submissions: &[UptimeSubmission],
    ) -> Result<(), StoreError> {
        let column = |text: fn(&UptimeSubmission) -> &str| -> Vec<String> {
            submissions.iter().map(|s| text(s).to_owned()).collect()
        };
        let ports: Vec<Option<i32>> = submissions
            .iter()
            .map(|s| s.graphql_control_port.map(i32::from))
            .collect();
        let created_at: Vec<i64> = submissions
            .iter()
            .map(|s| s.created_at_unix_seconds)
            .collect();
        let snark_work: Vec<bool> = submissions.iter().map(|s| s.has_snark_work).collect();
        let versions: Vec<Option<String>> = submissions
            .iter()
            .map(|s| s.built_with_commit_sha.clone())
            .collect();
        sqlx::query(include_str!("uptime/record.sql"))
            .bind(column(|s| &s.submitter))
            .bind(column(|s| &s.remote_addr))
            .bind(ports)
            .bind(column(|s| &s.peer_id))
            .bind(created_at)
            .bind(column(|s| &s.block_hash))
            .bind(snark_work)
            .bind(versions)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// The nodes heard of within the last `window`, each different triple of
    /// address, key and port once, in order.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn online_nodes(&self, window: Duration) -> Result<Vec<OnlineNode>, StoreError> {
        let rows = sqlx::query(
            "SELECT DISTINCT remote_addr, submitter, graphql_control_port
               FROM loadlab.uptime_submission
              WHERE received_at > clock_timestamp() - $1 * interval '1 second'
              ORDER BY remote_addr, submitter, graphql_control_port",
        )
        .bind(window.as_secs_f64())
        .fetch_all(self.pool())
        .await?;
        rows.iter()
            .map(|row| {
                let port: Option<i32> = row.try_get(2)?;
                Ok(OnlineNode {
                    remote_addr: row.try_get(0)?,
                    submitter: row.try_get(1)?,
                    graphql_control_port: port.and_then(|port| u16::try_from(port).ok()),
                })
            })
            .collect()
    }

    /// The submissions of the last `window`, oldest first; of each key the
    /// newest `per_key_max`.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn recent_uptime_submissions(
        &self,
        window: Duration,
        per_key_max: u32,
    ) -> Result<Vec<RecentSubmission>, StoreError> {
        let rows = sqlx::query(include_str!("uptime/recent.sql"))
            .bind(window.as_secs_f64())
            .bind(i64::from(per_key_max))
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| {
                let seconds: f64 = row.try_get(1)?;
                Ok(RecentSubmission {
                    submitter: row.try_get(0)?,
                    // Negative if another backend stored it just now.
                    age: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
                })
            })
            .collect()
    }

    /// Deletes the submissions that came from loopback addresses, as those of a
    /// simulated network do: it ends with its process.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn forget_loopback_submissions(&self) -> Result<u64, StoreError> {
        let forgotten = sqlx::query(
            "DELETE FROM loadlab.uptime_submission
              WHERE remote_addr LIKE '127.%' OR remote_addr = '::1'",
        )
        .execute(self.pool())
        .await?;
        Ok(forgotten.rows_affected())
    }

    /// Deletes submissions that were received longer than `keep` ago, and
    /// returns how many.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn purge_uptime_submissions(&self, keep: Duration) -> Result<u64, StoreError> {
        let mut purged = 0;
        loop {
            let rows = sqlx::query(include_str!("uptime/purge.sql"))
                .bind(keep.as_secs_f64())
                .bind(PURGE_ROWS)
                .execute(self.pool())
                .await?
                .rows_affected();
            if rows == 0 {
                return Ok(purged);
            }
            purged += rows;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestDatabase;

    const MINUTES: Duration = Duration::from_mins(20);
    const HOUR: Duration = Duration::from_hours(1);

    fn submission(submitter: &str, remote_addr: &str, port: Option<u16>) -> UptimeSubmission {
        UptimeSubmission {
            submitter: submitter.to_owned(),
            remote_addr: remote_addr.to_owned(),
            graphql_control_port: port,
            peer_id: "12D3".to_owned(),
            created_at_unix_seconds: 1_626_561_588,
            block_hash: "YM".to_owned(),
            has_snark_work: true,
            built_with_commit_sha: None,
        }
    }

    fn online(submitter: &str, remote_addr: &str, port: Option<u16>) -> OnlineNode {
        OnlineNode {
            remote_addr: remote_addr.to_owned(),
            submitter: submitter.to_owned(),
            graphql_control_port: port,
        }
    }

    async fn record(test: &TestDatabase, submissions: &[UptimeSubmission]) {
        let database = test.database();
        database
            .record_uptime_submissions(submissions)
            .await
            .unwrap();
    }

    async fn age_all(test: &TestDatabase, by: &str) {
        test.execute(&format!(
            "UPDATE loadlab.uptime_submission SET received_at = received_at - interval '{by}'"
        ))
        .await
        .unwrap();
    }

    #[tokio::test]
    async fn a_node_is_online_once_for_each_triple_and_only_within_the_window() {
        let test = TestDatabase::create().await.unwrap();
        record(&test, &[submission("old", "10.0.0.9", None)]).await;
        age_all(&test, "20 minutes 1 second").await;
        record(&test, &[submission("a", "10.0.0.1", Some(u16::MAX))]).await;
        age_all(&test, "19 minutes").await;
        record(
            &test,
            &[
                submission("a", "10.0.0.1", Some(u16::MAX)),
                submission("a", "10.0.0.1", None),
                submission("b", "2001:db8::1", None),
            ],
        )
        .await;
        assert_eq!(
            test.database().online_nodes(MINUTES).await.unwrap(),
            [
                online("a", "10.0.0.1", Some(u16::MAX)),
                online("a", "10.0.0.1", None),
                online("b", "2001:db8::1", None),
            ]
        );
    }

    #[tokio::test]
    async fn recent_submissions_are_the_newest_of_each_key_with_their_age() {
        let test = TestDatabase::create().await.unwrap();
        record(&test, &[submission("a", "10.0.0.1", None)]).await;
        age_all(&test, "31 minutes").await;
        record(&test, &[submission("a", "10.0.0.1", None)]).await;
        age_all(&test, "30 minutes").await;
        record(&test, &[submission("b", "10.0.0.2", None)]).await;
        record(&test, &[submission("a", "10.0.0.1", None)]).await;
        let ages = async |per_key_max| -> Vec<(String, u64)> {
            let recent = test.database().recent_uptime_submissions(HOUR, per_key_max);
            let recent = recent.await.unwrap().into_iter();
            recent
                .map(|recent| (recent.submitter, recent.age.as_secs() / 60))
                .collect()
        };
        let [a, b] = ["a".to_owned(), "b".to_owned()];
        assert_eq!(
            ages(120).await,
            [(a.clone(), 30), (b.clone(), 0), (a.clone(), 0)]
        );
        assert_eq!(ages(1).await, [(b, 0), (a, 0)]);
    }

    #[tokio::test]
    async fn purging_deletes_old_rows_only() {
        let test = TestDatabase::create().await.unwrap();
        record(&test, &[submission("a", "10.0.0.1", None)]).await;
        record(&test, &[submission("b", "10.0.0.1", None)]).await;
        age_all(&test, "2 days").await;
        record(&test, &[submission("c", "10.0.0.1", None)]).await;
        let purge = async || {
            let database = test.database();
            database.purge_uptime_submissions(24 * HOUR).await.unwrap()
        };
        assert_eq!(purge().await, 2);
        assert_eq!(purge().await, 0);
        let left = test.database().online_nodes(72 * HOUR).await.unwrap();
        assert_eq!(left, [online("c", "10.0.0.1", None)]);
    }

    #[tokio::test]
    async fn only_submissions_from_this_machine_are_forgotten_with_its_network() {
        let test = TestDatabase::create().await.unwrap();
        let mut all: Vec<UptimeSubmission> = Vec::new();
        for address in ["127.0.0.1", "127.1.0.7", "::1", "10.127.0.1", "2001:db8::1"] {
            all.push(submission(address, address, Some(3_086)));
        }
        record(&test, &all).await;
        let database = test.database();
        assert_eq!(database.forget_loopback_submissions().await.unwrap(), 3);
        let left = database.online_nodes(HOUR).await.unwrap();
        let left: Vec<&str> = left.iter().map(|node| node.remote_addr.as_str()).collect();
        assert_eq!(left, ["10.127.0.1", "2001:db8::1"]);
    }

    #[tokio::test]
    async fn no_submission_of_a_failed_batch_is_stored() {
        let test = TestDatabase::create().await.unwrap();
        let mut bad = submission("bad", "10.0.0.1", None);
        bad.peer_id = "\0".to_owned();
        let batch = [submission("good", "10.0.0.1", None), bad];
        let recorded = test.database().record_uptime_submissions(&batch).await;
        assert!(recorded.is_err());
        assert!(test.database().online_nodes(HOUR).await.unwrap().is_empty());
    }
}

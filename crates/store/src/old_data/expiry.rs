//! Which deployments are old enough to go, by age or by the room that all of them take.

use std::time::Duration;

use sqlx::Row as _;

use crate::access::NewAuditEntry;
use crate::{Database, StoreError};

use super::drop::DropError;

/// When deployments are dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// Those into which nothing has been stored for longer than this.
    pub older_than: Option<Duration>,
    /// The oldest, as long as all together take more bytes than this.
    pub bytes_max: Option<u64>,
}

impl Policy {
    /// Whether it drops anything at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.older_than.is_none() && self.bytes_max.is_none()
    }
}

/// Why a deployment goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing has been stored into it for too long.
    Age,
    /// All together take too much room.
    Size,
}

/// Why a deployment stays although the policy would drop it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// It is the newest, into which services write.
    Newest,
    /// Sessions of nodes still write into it.
    OpenSessions,
}

/// A deployment that a policy speaks of.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Expired {
    /// The deployment.
    pub deployment_id: i32,
    /// Bytes of its partitions with all indexes.
    pub bytes: i64,
    /// Days since something was stored into it.
    pub idle_days: Option<f64>,
    /// Why it goes.
    pub reason: Reason,
    /// Why it stays all the same.
    pub kept: Option<Kept>,
}

/// What a policy amounts to now.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Expiry {
    /// Bytes of all deployments.
    pub total_bytes: i64,
    /// The deployments it speaks of, oldest first.
    pub deployments: Vec<Expired>,
}

impl Expiry {
    /// Those that go.
    pub fn to_drop(&self) -> impl Iterator<Item = &Expired> {
        self.deployments.iter().filter(|one| one.kept.is_none())
    }

    /// Bytes of those that go.
    #[must_use]
    pub fn bytes_to_drop(&self) -> i64 {
        self.to_drop().map(|one| one.bytes).sum()
    }
}

/// A deployment as the policy sees it.
#[derive(Debug, Clone, PartialEq)]
struct Candidate {
    deployment_id: i32,
    bytes: i64,
    idle: Option<Duration>,
    is_newest: bool,
    open_sessions: i64,
}

/// What the policy says of deployments, the oldest first.
fn judge(policy: Policy, candidates: &[Candidate]) -> Expiry {
    let total_bytes: i64 = candidates.iter().map(|one| one.bytes).sum();
    let bytes_max = policy
        .bytes_max
        .map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    let mut left = total_bytes;
    let mut deployments = Vec::new();
    for one in candidates {
        let is_old = match (policy.older_than, one.idle) {
            (Some(older_than), Some(idle)) => idle > older_than,
            _ => false,
        };
        let is_too_much = bytes_max.is_some_and(|bytes_max| left > bytes_max) && one.bytes > 0;
        let reason = match (is_old, is_too_much) {
            (true, _) => Reason::Age,
            (false, true) => Reason::Size,
            (false, false) => continue,
        };
        let kept = if one.is_newest {
            Some(Kept::Newest)
        } else if one.open_sessions > 0 {
            Some(Kept::OpenSessions)
        } else {
            None
        };
        if kept.is_none() {
            left -= one.bytes;
        }
        deployments.push(Expired {
            deployment_id: one.deployment_id,
            bytes: one.bytes,
            idle_days: one.idle.map(|idle| idle.as_secs_f64() / 86_400.0),
            reason,
            kept,
        });
    }
    Expiry {
        total_bytes,
        deployments,
    }
}

impl Database {
    /// What a policy would drop now. Counts no rows, so it is quick however much there is.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn expired_deployments(&self, policy: Policy) -> Result<Expiry, StoreError> {
        let rows = sqlx::query(include_str!("expiry.sql"))
            .fetch_all(self.pool())
            .await?;
        let mut candidates = Vec::new();
        for row in rows {
            let idle: Option<f64> = row.try_get("idle_seconds")?;
            candidates.push(Candidate {
                deployment_id: row.try_get("deployment_id")?,
                bytes: row.try_get("bytes")?,
                // A clock that went back counts as no time.
                idle: idle.map(|idle| Duration::from_secs_f64(idle.max(0.0))),
                is_newest: row.try_get("is_newest")?,
                open_sessions: row.try_get("open_sessions")?,
            });
        }
        Ok(judge(policy, &candidates))
    }

    /// Drops what a policy drops, the oldest first, and gives what went. Never the newest deployment
    /// nor one with open sessions, also if that changes meanwhile. Each has a row in the audit log,
    /// made of `by`.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses, or a deployment is in use all the time.
    pub async fn drop_expired(
        &self,
        policy: Policy,
        by: &NewAuditEntry,
    ) -> Result<Vec<Expired>, DropError> {
        let mut dropped = Vec::new();
        for one in self.expired_deployments(policy).await?.deployments {
            if one.kept.is_some() {
                continue;
            }
            let entry = NewAuditEntry {
                target: Some(one.deployment_id.to_string()),
                ..by.clone()
            };
            let dropping = self.drop_idle_deployment(one.deployment_id);
            match self.recorded(&entry, dropping).await? {
                Ok(()) => dropped.push(one),
                // It came into use, or another process has dropped it.
                Err(
                    DropError::Newest(_)
                    | DropError::OpenSessions { .. }
                    | DropError::Store(StoreError::UnknownDeployment { .. }),
                ) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn candidate(deployment_id: i32, bytes: i64, idle_days: u32) -> Candidate {
        Candidate {
            deployment_id,
            bytes,
            idle: Some(DAY * idle_days),
            is_newest: false,
            open_sessions: 0,
        }
    }

    fn dropped(policy: Policy, candidates: &[Candidate]) -> Vec<(i32, Reason)> {
        let expiry = judge(policy, candidates);
        let gone = expiry.to_drop();
        gone.map(|one| (one.deployment_id, one.reason)).collect()
    }

    #[test]
    fn what_is_older_goes_and_of_the_rest_the_oldest_as_long_as_it_is_too_much() {
        let mut all: Vec<Candidate> = [(1, 40, 20), (2, 30, 15), (3, 20, 10), (4, 10, 0)]
            .map(|(id, bytes, days)| candidate(id, bytes, days))
            .to_vec();
        all[3].is_newest = true;
        let age = |days: u32| Policy {
            older_than: Some(DAY * days),
            bytes_max: None,
        };
        let size = |bytes| Policy {
            older_than: None,
            bytes_max: Some(bytes),
        };
        assert_eq!(dropped(age(14), &all), [(1, Reason::Age), (2, Reason::Age)]);
        assert_eq!(dropped(age(30), &all), []);
        assert_eq!(dropped(size(100), &all), []);
        assert_eq!(dropped(size(99), &all), [(1, Reason::Size)]);
        assert_eq!(
            dropped(size(59), &all),
            [(1, Reason::Size), (2, Reason::Size)]
        );
        let both = Policy {
            bytes_max: Some(40),
            ..age(18)
        };
        assert_eq!(dropped(both, &all), [(1, Reason::Age), (2, Reason::Size)]);
        assert_eq!(dropped(Policy::default(), &all), []);
    }

    #[test]
    fn the_newest_and_what_is_written_into_stay_and_say_why() {
        let mut all = [
            candidate(1, 40, 90),
            candidate(2, 30, 90),
            candidate(3, 20, 90),
        ];
        all[0].open_sessions = 2;
        all[2].is_newest = true;
        let policy = Policy {
            older_than: Some(DAY),
            bytes_max: Some(0),
        };
        let expiry = judge(policy, &all);
        let kept: Vec<_> = expiry.deployments.iter().map(|one| one.kept).collect();
        assert_eq!(kept, [Some(Kept::OpenSessions), None, Some(Kept::Newest)]);
        assert_eq!((expiry.total_bytes, expiry.bytes_to_drop()), (90, 30));
    }

    #[test]
    fn a_deployment_of_unknown_age_is_not_old() {
        let mut one = candidate(1, 0, 0);
        one.idle = None;
        let policy = Policy {
            older_than: Some(Duration::ZERO),
            bytes_max: Some(0),
        };
        assert_eq!(dropped(policy, &[one]), []);
    }
}

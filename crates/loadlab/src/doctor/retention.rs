//! Room: what the database takes, how long the disk lasts, and what is dropped by itself.

use std::fmt::Write as _;

use indicatif::HumanBytes;
use store::old_data::Policy;
use store::{Database, Space, StoreError};

use super::database::failed;
use super::finding::{Check, Finding};

/// Days until the disk is full.
const DAYS_WARNING: f64 = 14.0;
const DAYS_ERROR: f64 = 2.0;
/// Free bytes below which PostgreSQL may stop at any moment.
const FREE_ERROR: u64 = 1 << 30;
/// The used part of the ids of block traces.
const IDS_WARNING: f64 = 0.8;

pub(super) async fn look(database: &Database, policy: Policy) -> Vec<Finding> {
    match try_to_look(database, policy).await {
        Ok(findings) => findings,
        // That has been said.
        Err(StoreError::NotMigrated) => Vec::new(),
        Err(error) => vec![failed(&error)],
    }
}

async fn try_to_look(database: &Database, policy: Policy) -> Result<Vec<Finding>, StoreError> {
    let mut findings = vec![disk(&database.space().await?)];
    let ids = database.trace_ids().await?;
    if ids.used_ratio() > IDS_WARNING {
        let message = format!(
            "{:.0} % of the ids of block traces are used",
            ids.used_ratio() * 100.0
        );
        findings.push(Finding::warning(
            Check::Disk,
            message,
            "plan a new database",
        ));
    }
    let check = Check::Retention;
    let deployments = database.deployments().await?.len();
    let expiry = database.expired_deployments(policy).await?;
    let taken = human(expiry.total_bytes);
    let all = format!("{deployments} deployments take {taken}");
    findings.push(if policy.is_empty() {
        Finding::ok(
            check,
            format!("{all}; none is dropped by itself (`loadlab deployment drop --older-than`)"),
        )
    } else {
        let (due, bytes) = (expiry.to_drop().count(), human(expiry.bytes_to_drop()));
        Finding::ok(
            check,
            format!("{all}; the log fetcher drops {due} of them, {bytes}, next"),
        )
    });
    Ok(findings)
}

/// How much is free, and for how long.
fn disk(space: &Space) -> Finding {
    let taken = human(space.database_bytes);
    let Some(disk) = space.disk else {
        return Finding::ok(
            Check::Disk,
            format!(
                "the database takes {taken}; the room on its server is not known here (it is on \
                 another machine, or does not let this user see where its data are)"
            ),
        );
    };
    let mut message = format!(
        "the database takes {taken}, {} are free",
        HumanBytes(disk.free_bytes)
    );
    let days = space.days_left();
    // Writing to a string cannot fail.
    let _ = match days {
        Some(days) => write!(message, ", which is enough for {days:.0} days"),
        None => write!(
            message,
            "; it does not grow, or has not for long enough to tell"
        ),
    };
    let advice = "drop old deployments (`loadlab deployment drop --older-than 14d`), have the log \
                  fetcher do so (--keep-deployments-days, --keep-bytes), or give it a larger disk";
    if disk.free_bytes < FREE_ERROR || days.is_some_and(|days| days < DAYS_ERROR) {
        Finding::error(Check::Disk, message, advice)
    } else if days.is_some_and(|days| days < DAYS_WARNING) {
        Finding::warning(Check::Disk, message, advice)
    } else {
        Finding::ok(Check::Disk, message)
    }
}

fn human(bytes: i64) -> HumanBytes {
    HumanBytes(u64::try_from(bytes).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use store::Disk;

    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_disk_that_will_be_full_soon_is_a_fault() {
        let level = |growth: f64, free_bytes: u64| {
            let space = Space {
                database_bytes: 1 << 30,
                growth_bytes_per_day: Some(growth),
                disk: Some(Disk {
                    free_bytes,
                    total_bytes: 1 << 40,
                }),
            };
            disk(&space).level
        };
        let free = 100 << 30;
        assert_eq!(level(1e9, free), Level::Ok);
        assert_eq!(level(10e9, free), Level::Warning);
        assert_eq!(level(60e9, free), Level::Error);
        assert_eq!(level(0.0, 1 << 20), Level::Error);
    }
}

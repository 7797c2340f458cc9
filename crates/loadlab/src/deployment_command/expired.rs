//! Dropping deployments by age or size: which would go, and dropping them.

use std::fmt::Write as _;

use indicatif::HumanBytes;
use serde_json::{Value, json};
use store::Database;
use store::old_data::{DropError, Expiry, Kept, Policy, Reason};

/// What a policy drops, or has dropped.
pub(super) struct Outcome {
    expiry: Expiry,
    /// None if nothing was to be dropped.
    dropped: Option<Vec<i32>>,
}

/// Finds what the policy drops, and drops it if `really`.
pub(super) async fn apply(
    database: &Database,
    policy: Policy,
    really: bool,
) -> Result<Outcome, DropError> {
    let expiry = database.expired_deployments(policy).await?;
    let dropped = if really {
        let dropped = database
            .drop_expired(policy, &access::command_entry("deployment drop", None))
            .await?;
        Some(dropped.iter().map(|one| one.deployment_id).collect())
    } else {
        None
    };
    Ok(Outcome { expiry, dropped })
}

impl Outcome {
    pub(super) fn json(&self) -> Value {
        json!({
            "dropped": self.dropped.clone().unwrap_or_default(),
            "total_bytes": self.expiry.total_bytes,
            "bytes_to_drop": self.expiry.bytes_to_drop(),
            "deployments": self.expiry.deployments,
        })
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for one in &self.expiry.deployments {
            let was_dropped = self
                .dropped
                .as_ref()
                .is_some_and(|dropped| dropped.contains(&one.deployment_id));
            let fate = match (one.kept, was_dropped) {
                (Some(Kept::Newest), _) => "stays: it is the newest",
                (Some(Kept::OpenSessions), _) => "stays: nodes write into it",
                (None, true) => "dropped",
                (None, false) if self.dropped.is_some() => "stays: it came into use meanwhile",
                (None, false) => "would go",
            };
            let why = match one.reason {
                Reason::Age => "too old",
                Reason::Size => "all take too much",
            };
            let idle = one.idle_days.map_or_else(
                || "of unknown age".to_owned(),
                |days| format!("nothing stored for {days:.1} days"),
            );
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "deployment {}: {}, {idle}, {why}: {fate}",
                one.deployment_id,
                human(one.bytes)
            );
        }
        let total = human(self.expiry.total_bytes);
        let going = human(self.expiry.bytes_to_drop());
        let end = match &self.dropped {
            Some(dropped) => format!("{} deployments were dropped.", dropped.len()),
            None if self.expiry.to_drop().next().is_none() => {
                format!("Nothing would go; all deployments take {total}.")
            }
            None => format!(
                "{going} of {total} would go. Nothing was dropped; --yes drops it for good."
            ),
        };
        text.push_str(&end);
        text.push('\n');
        text
    }
}

fn human(bytes: i64) -> HumanBytes {
    HumanBytes(u64::try_from(bytes).unwrap_or_default())
}

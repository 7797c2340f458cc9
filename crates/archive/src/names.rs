//! How objects of an archive are called: by what they hold, and nothing else.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};

/// The layout.
const VERSION: &str = "v1";

/// The day as it stands in names.
pub(crate) fn day_text(day: i32) -> String {
    let epoch: Date = date(1970, 1, 1);
    // Days are of four-digit years.
    let day = epoch.checked_add(i64::from(day).days()).unwrap_or(epoch);
    day.to_string()
}

/// The folder of a table's files of a deployment.
pub(crate) fn folder(table: &str, deployment_id: i32) -> String {
    format!("{VERSION}/{table}/deployment_id={deployment_id}")
}

/// The file of a table's rows of a day.
pub(crate) fn file(table: &str, deployment_id: i32, day: &str) -> String {
    format!(
        "{}/day={day}/part-0000.parquet",
        folder(table, deployment_id)
    )
}

/// The folder of manifests.
pub(crate) fn manifests() -> String {
    format!("{VERSION}/manifest")
}

/// The manifest of a deployment.
pub(crate) fn manifest(deployment_id: i32) -> String {
    format!("{}/deployment_id={deployment_id}.json", manifests())
}

/// The deployment of a manifest.
pub(crate) fn deployment_of(name: &str) -> Option<i32> {
    let name = name.strip_prefix("deployment_id=")?;
    name.strip_suffix(".json")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_what_is_in_a_file() {
        assert_eq!(
            file("sw_traces", 7, &day_text(20_214)),
            "v1/sw_traces/deployment_id=7/day=2025-05-06/part-0000.parquet"
        );
        assert_eq!(day_text(0), "1970-01-01");
        assert_eq!(manifest(7), "v1/manifest/deployment_id=7.json");
        assert_eq!(deployment_of("deployment_id=7.json"), Some(7));
        assert_eq!(deployment_of("other.json"), None);
    }
}

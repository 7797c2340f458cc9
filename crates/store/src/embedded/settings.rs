//! Settings of the server: those that it must have, and those that its users may change.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Without these the promises of the embedded server do not hold.
const FIXED: [(&str, &str); 4] = [
    ("listen_addresses", "127.0.0.1"),
    ("fsync", "on"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
];

/// For bulk loading by one program on one machine, where `ALTER SYSTEM` has set nothing else.
const DEFAULTS: [(&str, &str); 7] = [
    ("max_connections", "100"),
    ("shared_buffers", "256MB"),
    // The joins of the views fit into memory at a million transactions.
    ("work_mem", "32MB"),
    // Compiling the views takes longer than they do.
    ("jit", "off"),
    ("max_wal_size", "4GB"),
    // No replicas: rows loaded into a new table need no log.
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
];

/// The file in the data folder that `ALTER SYSTEM` writes.
const ALTERED: &str = "postgresql.auto.conf";

/// Arguments for a server with this data folder.
pub(super) fn arguments(data: &Path) -> Vec<String> {
    // None before the first start.
    let altered = fs::read_to_string(data.join(ALTERED)).unwrap_or_default();
    settings(&altered)
        .into_iter()
        .flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")])
        .collect()
}

/// Arguments beat files, so what `ALTER SYSTEM` has set is left out.
fn settings(altered: &str) -> Vec<(&'static str, &'static str)> {
    let lines = || altered.lines().filter_map(|line| line.split_once('='));
    let names: BTreeSet<String> = lines()
        .map(|(name, _)| name.trim().to_ascii_lowercase())
        .collect();
    let is_minimal = lines().any(|(name, value)| {
        name.trim() == "wal_level" && value.trim().trim_matches('\'') == "minimal"
    });
    // A minimal log goes with no senders and no archive, and each of them with a fuller log:
    // PostgreSQL does not start with one half of them.
    let has_full_log = !is_minimal
        && ["wal_level", "max_wal_senders", "archive_mode"]
            .iter()
            .any(|name| names.contains(*name));
    let is_default = |name: &str| {
        let of_log = matches!(name, "wal_level" | "max_wal_senders");
        !(names.contains(name) || of_log && has_full_log)
    };
    let defaults = DEFAULTS.into_iter().filter(|(name, _)| is_default(name));
    FIXED.into_iter().chain(defaults).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(altered: &str, name: &str, expected: Option<&str>) {
        let found = settings(altered);
        let found = found.iter().find(|(known, _)| *known == name);
        assert_eq!(
            found.map(|(_, value)| *value),
            expected,
            "{altered:?} {name}"
        );
    }

    #[test]
    fn what_was_altered_is_left_to_the_server() {
        check("", "shared_buffers", Some("256MB"));
        check(
            "# a comment\nshared_buffers = '1GB'\n",
            "shared_buffers",
            None,
        );
        check("shared_buffers = '1GB'\n", "max_wal_size", Some("4GB"));
        check("max_connections = '20'\n", "max_connections", None);
    }

    #[test]
    fn what_the_promises_need_cannot_be_altered() {
        let altered = "fsync = 'off'\nlisten_addresses = '*'\n";
        check(altered, "fsync", Some("on"));
        check(altered, "listen_addresses", Some("127.0.0.1"));
    }

    #[test]
    fn log_level_and_senders_go_together() {
        for altered in [
            "wal_level = 'replica'\n",
            "max_wal_senders = '3'\n",
            "archive_mode = 'on'\n",
        ] {
            check(altered, "wal_level", None);
            check(altered, "max_wal_senders", None);
        }
        check("wal_level = 'minimal'\n", "wal_level", None);
        check("wal_level = 'minimal'\n", "max_wal_senders", Some("0"));
        check("work_mem = '1GB'\n", "wal_level", Some("minimal"));
    }
}

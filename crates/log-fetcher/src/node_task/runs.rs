//! Runs of daemons: how they are told apart, and how far each is stored.

use itn::{Auth, InternalLogs};
use store::{Database, StoreError};

/// Times of an entry that were stored and sent again may differ by rounding.
const SAME_TIME_US: u64 = 2;

/// Names a run of a daemon. The uuid alone would do if daemons drew it from a
/// random state that was seeded before, which is not sure.
pub(super) fn run_name(auth: &Auth) -> String {
    let uuid = auth.server_uuid;
    match &auth.peer_id {
        Some(peer) => format!("{uuid}/{}", peer.chars().take(128).collect::<String>()),
        None => uuid.to_string(),
    }
}

/// How far others have stored this run, under another address of the daemon.
pub(super) async fn stored_before(
    database: &Database,
    run: &str,
    session_id: i64,
    logs: &InternalLogs,
) -> Result<(u64, Option<i64>), StoreError> {
    let mut readers = database.readers_of_run(run, session_id).await?;
    let open: Vec<_> = readers.iter().filter(|reader| reader.is_open).collect();
    if !open.is_empty() {
        for reader in open {
            // Its node does not answer any more: its writer stops.
            database.leave_run(reader, run).await?;
        }
        // It may have stored something until then.
        readers = database.readers_of_run(run, session_id).await?;
    }
    let same = readers
        .iter()
        .filter(|reader| continues(reader.last_log_id, reader.last_time_us, logs));
    Ok(same
        .max_by_key(|reader| reader.last_log_id)
        .map_or((0, None), |reader| {
            (reader.last_log_id, reader.last_time_us)
        }))
}

/// Whether a queue continues a run that was read up to an entry: that entry is
/// in it with the same time, or is no longer in it and nothing older is.
pub(super) fn continues(last_log_id: u64, last_time_us: Option<i64>, logs: &InternalLogs) -> bool {
    match logs.iter().find(|log| log.id() >= last_log_id) {
        Some(log) if log.id() == last_log_id => {
            let time = log.entry().ok().map(|entry| entry.time.microseconds());
            match (time, last_time_us) {
                (Some(one), Some(other)) => one.abs_diff(other) <= SAME_TIME_US,
                _ => true,
            }
        }
        Some(log) => logs.first_id() == Some(log.id()),
        None => logs.is_empty(),
    }
}

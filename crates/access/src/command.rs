//! Changes that a command makes in the database without any service.

use store::access::NewAuditEntry;
use store::{Database, StoreError};

/// What is recorded of a change by the command with these words. The actor is the user of the
/// operating system, as far as the environment says.
#[must_use]
pub fn command_entry(words: &str, target: Option<String>) -> NewAuditEntry {
    let user = ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|variable| std::env::var(variable).ok().filter(|user| !user.is_empty()));
    NewAuditEntry {
        actor: user.unwrap_or_else(|| "unknown user".to_owned()),
        role: "local".to_owned(),
        service: "command line".to_owned(),
        method: "COMMAND".to_owned(),
        path: format!("loadlab {words}"),
        target,
        ..NewAuditEntry::default()
    }
}

/// Does `work` and records it: `words` are those of the command, `target` what it changes.
///
/// # Errors
///
/// The change cannot be recorded, and is not made then. What `work` gives is its own matter.
pub fn command<T, E>(
    database: &Database,
    words: &str,
    target: Option<String>,
    work: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<Result<T, E>, StoreError>> {
    // So that the future is small, however large that of the work is.
    let work = Box::pin(work);
    let entry = command_entry(words, target);
    async move { database.recorded(&entry, work).await }
}

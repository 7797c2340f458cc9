//! Changes that a command makes in the database without any service.

use service::error_chain;
use store::access::NewAuditEntry;
use store::{Database, StoreError};

/// Does `work` and records it: `words` are those of the command, `target` what it changes. The
/// actor is the user of the operating system, as far as the environment says.
///
/// # Errors
///
/// The change cannot be recorded, and is not made then. What `work` gives is its own matter.
pub async fn command<T, E>(
    database: &Database,
    words: &str,
    target: Option<String>,
    work: impl Future<Output = Result<T, E>>,
) -> Result<Result<T, E>, StoreError> {
    let user = ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|variable| std::env::var(variable).ok().filter(|user| !user.is_empty()));
    let entry = NewAuditEntry {
        actor: user.unwrap_or_else(|| "unknown user".to_owned()),
        role: "local".to_owned(),
        service: "command line".to_owned(),
        method: "COMMAND".to_owned(),
        path: format!("loadlab {words}"),
        target,
        ..NewAuditEntry::default()
    };
    let id = database.begin_audit(&entry).await?;
    let done = store::access::within(id, work).await;
    let status = if done.is_ok() { 200 } else { 500 };
    if let Err(error) = database.end_audit(id, Some(status), None, None).await {
        tracing::warn!("a record is not completed: {}", error_chain(&error));
    }
    Ok(done)
}

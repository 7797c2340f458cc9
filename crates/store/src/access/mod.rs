//! Who may ask and change: tokens, and the audit log.
//!
//! A token is a random secret that only its holder has. Here is its hash, under a name and with a
//! role. The audit log has one row for each change that was asked for.

mod audit;
mod tokens;

pub use audit::{AuditEntry, AuditPage, NewAuditEntry, spawn, within};
pub(crate) use audit::{current_entry, mark_changed};
pub use tokens::{AccessToken, NewAccessToken, TOKENS_MAX, TokenDigest, TokenError, TokenRole};

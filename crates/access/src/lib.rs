//! Tokens and the audit log of a lab.
//!
//! [`DatabaseBook`] is what guards of services ask: it knows the tokens in the database and records
//! changes there. [`Secret`] makes tokens. `command` records what a command changes without any
//! service.

mod book;
mod command;
mod secret;

pub use book::DatabaseBook;
pub use command::{command, command_entry};
pub use secret::Secret;

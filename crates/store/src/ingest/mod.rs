//! Ingest: batches of traced rows into PostgreSQL, exactly once.
//!
//! A [`Session`] is one reading of one node's log: a file import, or a stretch
//! of fetching from a running node. A [`Delivery`] is a batch of its rows
//! together with the position in its input after them. [`crate::Database::deliver`]
//! writes deliveries in one transaction: rows by binary `COPY`, derived rows
//! by set-based upserts, and with them cursor and tracer state. So after a
//! crash at any moment the stored cursor says exactly what is stored.
//!
//! A session has a version that grows with each delivery. A writer whose
//! version is not the stored one writes nothing: of two writers of one
//! session, one fails.

mod advance;
mod copy;
mod deliver;
mod delivery;
mod derived;
mod distributions;
mod lines;
mod lock;
mod reading;
mod row_ids;
mod session;
mod session_state;
mod upserts;
mod write_readings;

pub use delivery::{Delivery, Gap, ReadingCounts, Stored};
pub use lines::{StoredLines, lines_piece};
pub use lock::ImportGuard;
pub use reading::{EndReason, LeftRun, Reading};
pub use session::{OpenedSession, Session, SessionKind, SessionSummary};

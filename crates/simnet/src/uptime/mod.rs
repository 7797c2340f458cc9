//! Submissions to an uptime service: signed proofs that a node follows the chain.
//!
//! As the daemon does it: first at the next slot boundary in Unix time after start-up, then every
//! five slots; eight attempts four seconds apart, given up at once after an answer that says that
//! trying again is useless; a new round ends an unfinished one. Slots and pauses are in network
//! time, the time of a submission in real time, as that is what the service compares it with.

mod client;
mod rounds;
mod submission;
mod tip;

pub(crate) use client::UptimeClient;
pub(crate) use rounds::{Uptime, run};

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// What became of the submissions of a node.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(super) attempts: AtomicU64,
    pub(super) accepted: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) given_up: AtomicU64,
}

/// What became of the submissions of a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct UptimeCounts {
    /// Requests sent.
    pub attempts: u64,
    /// Submissions that the service accepted.
    pub accepted: u64,
    /// Submissions that the service refused for good.
    pub refused: u64,
    /// Submissions given up after the last attempt.
    pub given_up: u64,
}

impl Counters {
    pub(crate) fn counts(&self) -> UptimeCounts {
        UptimeCounts {
            attempts: self.attempts.load(Ordering::Relaxed),
            accepted: self.accepted.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            given_up: self.given_up.load(Ordering::Relaxed),
        }
    }
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

//! What the tasks of all nodes share.

use std::sync::Arc;
use std::time::Duration;

use itn::{Limits, SigningKey, Transport};
use store::Database;
use tokio::sync::Semaphore;
use trace::TracerOptions;

use crate::archive::Archive;
use crate::buffer::Buffer;
use crate::losses::Losses;
use crate::pace::PaceLimits;
use crate::report::Board;
use crate::writer::Writers;

/// Requests to nodes that behave, at once.
const POLLS: usize = 256;
/// Requests to nodes that did not answer last time, at once: nodes that hang
/// wait for each other and not for those that answer.
const RETRIES: usize = 32;
/// Answers of large queues, at once: each takes several times its size.
const LARGE_POLLS: usize = 2;
/// The same of nodes that did not answer last time.
const LARGE_RETRIES: usize = 1;

/// Size of an answer of a node with a queue of the usual size, with room for
/// long metadata: as many as there are polls may be in memory at once.
const USUAL_ANSWER_BYTES_MAX: usize = 512 << 10;
/// Size of an answer of a node with a large queue.
const LARGE_ANSWER_BYTES_MAX: usize = 64 << 20;

/// Time for such an answer: others wait meanwhile.
const LARGE_TIME: Duration = Duration::from_secs(30);

/// Limits of requests to nodes.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(3),
    idle: Duration::from_secs(10),
    total: Duration::from_secs(20),
    logs_bytes_max: USUAL_ANSWER_BYTES_MAX,
    answer_bytes_max: 64 << 10,
};

pub(crate) struct Shared {
    pub(crate) database: Database,
    pub(crate) key: Arc<SigningKey>,
    pub(crate) transport: Transport,
    pub(crate) large_transport: Transport,
    pub(crate) pace: PaceLimits,
    pub(crate) tracer: TracerOptions,
    pub(crate) writers: Writers,
    pub(crate) buffer: Arc<Buffer>,
    pub(crate) board: Board,
    pub(crate) losses: Losses,
    pub(crate) archive: Option<Archive>,
    pub(crate) polls: Semaphore,
    pub(crate) retries: Semaphore,
    pub(crate) large_polls: Semaphore,
    pub(crate) large_retries: Semaphore,
}

impl Shared {
    /// Permits of polls, retries, large polls and large retries.
    pub(crate) fn semaphores() -> [Semaphore; 4] {
        [POLLS, RETRIES, LARGE_POLLS, LARGE_RETRIES].map(Semaphore::new)
    }

    /// Requests with the usual limits, and those with room for large queues.
    pub(crate) fn transports(guard: &(impl itn::AddressGuard + Clone)) -> (Transport, Transport) {
        let large = Limits {
            total: LARGE_TIME,
            logs_bytes_max: LARGE_ANSWER_BYTES_MAX,
            ..LIMITS
        };
        (
            Transport::new(LIMITS, guard.clone()),
            Transport::new(large, guard.clone()),
        )
    }
}

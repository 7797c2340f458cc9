//! What an embedded server of this process is doing while it does not run: for log and readiness.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

/// Those of all servers of this process.
static ALL: Mutex<Vec<Weak<Condition>>> = Mutex::new(Vec::new());

/// The condition of one server.
#[derive(Debug)]
pub(super) struct Condition {
    /// 0 until it is known.
    port: AtomicU16,
    /// None while the server runs.
    trouble: Mutex<Option<String>>,
}

impl Condition {
    /// That of a server that starts.
    pub(super) fn new() -> Arc<Self> {
        let condition = Arc::new(Self {
            port: AtomicU16::new(0),
            trouble: Mutex::new(Some("the embedded PostgreSQL is starting".to_owned())),
        });
        let mut all = ALL.lock();
        all.retain(|condition| condition.strong_count() > 0);
        all.push(Arc::downgrade(&condition));
        condition
    }

    /// Returns whether it did not before.
    pub(super) fn runs_at(&self, port: u16) -> bool {
        self.port.store(port, Ordering::Relaxed);
        self.trouble.lock().take().is_some()
    }

    /// Takes a sentence about the server, and returns whether it ran before.
    pub(super) fn is_not_ready(&self, trouble: String) -> bool {
        self.trouble.lock().replace(trouble).is_none()
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.lock().clone()
    }
}

fn first_trouble(of: impl Fn(&Condition) -> bool) -> Option<String> {
    let all = ALL.lock();
    all.iter()
        .filter_map(Weak::upgrade)
        .filter(|condition| of(condition))
        .find_map(|condition| condition.trouble())
}

/// Why the embedded server at this port of this machine cannot be used at the moment, if one of
/// this process is there and does not run.
pub(crate) fn trouble_at(port: u16) -> Option<String> {
    first_trouble(|condition| condition.port.load(Ordering::Relaxed) == port)
}

/// Why an embedded server of this process cannot be used at the moment, if there is one that does
/// not run.
#[must_use]
pub fn trouble() -> Option<String> {
    first_trouble(|_| true)
}

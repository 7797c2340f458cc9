//! A bound on what is kept in memory for all nodes together while it cannot
//! be stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One node may take this part of the buffer.
const PER_NODE: usize = 8;
/// What a node may always take: an answer of a quiet node.
const ALWAYS: usize = 64 << 10;

/// The buffer of all nodes.
#[derive(Debug)]
pub(crate) struct Buffer {
    used: AtomicUsize,
    bytes_max: usize,
}

impl Buffer {
    pub(crate) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            bytes_max,
        })
    }

    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn has_room(&self) -> bool {
        self.used() < self.bytes_max
    }

    pub(crate) fn is_half_full(&self) -> bool {
        self.used() > self.bytes_max / 2
    }
}

/// What one node has in the buffer.
#[derive(Debug)]
pub(crate) struct BufferShare {
    buffer: Arc<Buffer>,
    mine: usize,
}

impl BufferShare {
    pub(crate) fn new(buffer: Arc<Buffer>) -> Self {
        Self { buffer, mine: 0 }
    }

    /// The node has this much in memory now.
    pub(crate) fn set(&mut self, bytes: usize) {
        if bytes >= self.mine {
            self.buffer
                .used
                .fetch_add(bytes - self.mine, Ordering::Relaxed);
        } else {
            self.buffer
                .used
                .fetch_sub(self.mine - bytes, Ordering::Relaxed);
        }
        self.mine = bytes;
    }

    /// Whether the node may be read on.
    pub(crate) fn has_room(&self) -> bool {
        self.mine == 0
            || (self.buffer.has_room()
                && self.mine < (self.buffer.bytes_max / PER_NODE).max(ALWAYS))
    }

    /// Whether nodes are better read more slowly.
    pub(crate) fn is_under_pressure(&self) -> bool {
        self.buffer.is_half_full()
    }
}

impl Drop for BufferShare {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_nodes_keep_is_bounded_and_given_back() {
        let buffer = Buffer::new(1 << 20);
        let mut shares: Vec<_> = (0..16)
            .map(|_| BufferShare::new(Arc::clone(&buffer)))
            .collect();
        shares[0].set(200 << 10);
        assert!(!shares[0].has_room(), "one node does not take all");
        for share in &mut shares {
            share.set(70 << 10);
        }
        assert!(!shares[1].has_room() && shares[1].is_under_pressure());
        drop(shares);
        assert_eq!(buffer.used(), 0);
        let mut late = BufferShare::new(buffer);
        late.set(10);
        assert!(late.has_room() && !late.is_under_pressure());
    }
}

//! That the process of a node has ended or begun.

use crate::ids::NodeId;
use crate::time::SimTime;

/// A node's process ended or began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifecycleEvent {
    /// When.
    pub time: SimTime,
    /// Whose.
    pub node: NodeId,
    /// Which of the two.
    pub change: LifecycleChange,
}

/// What happened to a node's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifecycleChange {
    /// It ended.
    Stopped {
        /// Whether it removed its state from disk.
        clean: bool,
    },
    /// It began its run of this number: with an empty log queue, ids from 1, and a new identity
    /// of its ITN server.
    Started {
        /// The number of the run, from 0.
        run: u32,
    },
}

//! Orders for the task of a node.

use store::fetch::FetchControl;
use store::ingest::EndReason;
use store::lease::Lease;
use tokio::sync::watch;

/// Whether the task is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It is not.
    No,
    /// Another fetcher continues the session: commit, and leave it open.
    Release,
    /// The node is no longer listed: commit, and end the session.
    Gone,
    /// The lease is lost: nothing can be written any more.
    Abandon,
}

/// An order for a task.
#[derive(Debug, Clone)]
pub(crate) struct Orders {
    pub(crate) stop: watch::Receiver<Stop>,
    pub(crate) lease: watch::Receiver<Lease>,
    pub(crate) control: watch::Receiver<Option<FetchControl>>,
}

/// What must be done with the session now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    End(EndReason),
    Release,
    Abandon,
}

impl Orders {
    pub(super) fn is_frozen(&self) -> bool {
        self.control.borrow().is_some_and(|control| control.frozen)
    }

    /// What must be done with a session of this deployment, which began after
    /// this many resets.
    pub(super) fn order(&self, deployment_id: i32, resets: i64) -> Option<Order> {
        match *self.stop.borrow() {
            Stop::Release => return Some(Order::Release),
            Stop::Gone => return Some(Order::End(EndReason::Gone)),
            Stop::Abandon => return Some(Order::Abandon),
            Stop::No => {}
        }
        let control = (*self.control.borrow())?;
        if control.frozen {
            Some(Order::End(EndReason::Freeze))
        } else if control
            .newest_deployment
            .is_some_and(|newest| newest > deployment_id)
        {
            Some(Order::End(EndReason::NewDeployment))
        } else if control.resets > resets {
            Some(Order::End(EndReason::Reset))
        } else {
            None
        }
    }

    /// Waits until something changes. A fetcher that is gone has left its
    /// tasks alone: they stop.
    pub(super) async fn changed(&mut self) {
        let gone = tokio::select! {
            changed = self.stop.changed() => changed.is_err(),
            changed = self.control.changed() => changed.is_err(),
        };
        if gone {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until something must be done.
    pub(super) async fn ordered(mut self, deployment_id: i32, resets: i64) {
        while self.order(deployment_id, resets).is_none() {
            self.changed().await;
        }
    }
}

//! The task of one node: opens its session, reads until the session must end,
//! and begins again.

mod connection;
mod runs;
mod session;

use std::sync::Arc;
use std::time::Duration;

use store::StoreError;
use store::fetch::{FetchControl, NodeSessionOpened};
use store::ingest::EndReason;
use store::lease::Lease;
use tokio::sync::watch;

use crate::node::Node;
use crate::report::{State, chain};
use crate::shared::Shared;
use connection::Connection;
use session::{OpenSession, SessionEnd};

/// Pause after the session could not be opened.
const REOPEN_PAUSE: Duration = Duration::from_secs(1);

/// Whether the task is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It is not.
    No,
    /// The session goes on elsewhere: commit, and leave it open.
    Release,
    /// The node is no longer listed: commit, and end the session.
    Gone,
    /// The lease is lost: nothing can be written any more.
    Abandon,
}

/// What a task is told.
#[derive(Debug, Clone)]
pub(crate) struct Orders {
    pub(crate) stop: watch::Receiver<Stop>,
    pub(crate) lease: watch::Receiver<Lease>,
    pub(crate) control: watch::Receiver<Option<FetchControl>>,
}

/// What must be done with the session now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    End(EndReason),
    Release,
    Abandon,
}

impl Orders {
    fn is_frozen(&self) -> bool {
        self.control.borrow().is_some_and(|control| control.frozen)
    }

    /// What must be done with a session of this deployment, which began after
    /// this many resets.
    fn order(&self, deployment_id: i32, resets: i64) -> Option<Order> {
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
    async fn changed(&mut self) {
        let gone = tokio::select! {
            changed = self.stop.changed() => changed.is_err(),
            changed = self.control.changed() => changed.is_err(),
        };
        if gone {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until something must be done.
    async fn ordered(mut self, deployment_id: i32, resets: i64) {
        while self.order(deployment_id, resets).is_none() {
            self.changed().await;
        }
    }
}

/// Reads a node until the task is told to stop.
pub(crate) async fn run(shared: Arc<Shared>, node: Node, number: usize, mut orders: Orders) {
    let name = node.name();
    let mut connection = match Connection::new(&shared, &node) {
        Ok(connection) => connection,
        Err(error) => {
            shared
                .board
                .set(&name, State::Failing, Some(&error.to_string()));
            return;
        }
    };
    while *orders.stop.borrow() == Stop::No {
        if orders.is_frozen() {
            shared.board.set(&name, State::Frozen, None);
            orders.changed().await;
            continue;
        }
        let lease = orders.lease.borrow_and_update().clone();
        let opened = match shared.database.open_node_session(&name, &lease).await {
            Ok(NodeSessionOpened::Opened(opened)) => *opened,
            Ok(NodeSessionOpened::Frozen) => {
                shared.board.set(&name, State::Frozen, None);
                pause(&mut orders, REOPEN_PAUSE / 4).await;
                continue;
            }
            Err(error) => {
                if !matches!(error, StoreError::LeaseLost { .. }) {
                    shared
                        .board
                        .set(&name, State::Waiting, Some(&chain(&error)));
                }
                pause(&mut orders, REOPEN_PAUSE).await;
                continue;
            }
        };
        let session = OpenSession::new(&shared, &name, number, &mut connection, &orders, opened);
        match session {
            Ok(session) => match session.read().await {
                SessionEnd::Ended => {}
                SessionEnd::Lost => pause(&mut orders, REOPEN_PAUSE / 4).await,
                SessionEnd::Refused => pause(&mut orders, 10 * REOPEN_PAUSE).await,
            },
            Err(error) => {
                // The stored state is damaged: a person must look at it.
                shared
                    .board
                    .set(&name, State::Failing, Some(&chain(&error)));
                pause(&mut orders, 30 * REOPEN_PAUSE).await;
            }
        }
    }
}

async fn pause(orders: &mut Orders, time: Duration) {
    let mut stop = orders.stop.clone();
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        changed = stop.changed() => if changed.is_err() {
            tokio::time::sleep(time).await;
        }
    }
}

//! The task of one node: opens its session, reads until the session must end,
//! and begins again.

mod connection;
mod orders;
mod runs;
mod session;

use std::sync::Arc;
use std::time::Duration;

use service::error_chain;
use store::StoreError;
use store::fetch::NodeSessionOpened;

use crate::node::Node;
use crate::report::State;
use crate::shared::Shared;
use connection::Connection;
use session::{OpenSession, SessionEnd};

pub(crate) use orders::{Orders, Stop};

/// Pause after the session could not be opened.
const REOPEN_PAUSE: Duration = Duration::from_secs(1);

/// Reads a node until an order stops the task.
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
                        .set(&name, State::Waiting, Some(&error_chain(&error)));
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
                    .set(&name, State::Failing, Some(&error_chain(&error)));
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

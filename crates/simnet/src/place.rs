//! An address at which a node answers, and whether it does.
//!
//! A node that has stopped refuses connections, like any process that is gone; its port stays
//! reserved meanwhile, so that it finds it again. Which node answers can change: two nodes can
//! swap their addresses.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use parking_lot::{Mutex, RwLock};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::node::{Node, Port};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 128;

/// A place in the network: an address, and the node that is there.
#[derive(Debug)]
pub(crate) struct Place {
    address: SocketAddr,
    port: Port,
    occupant: RwLock<Arc<Node>>,
    /// The task that accepts connections, while the port is open.
    open: Mutex<Option<JoinHandle<()>>>,
    /// Bound as long as the place is there, and never listens: no other process gets the port, and
    /// the operating system refuses connections while the port is closed.
    _reservation: TcpSocket,
}

impl Place {
    /// Takes an address (port 0: any free one), without listening yet.
    pub(crate) fn reserve(
        address: SocketAddr,
        port: Port,
        occupant: Arc<Node>,
    ) -> io::Result<Self> {
        let socket = bound_socket(address)?;
        Ok(Self {
            address: socket.local_addr()?,
            port,
            occupant: RwLock::new(occupant),
            open: Mutex::new(None),
            _reservation: socket,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn occupant(&self) -> Arc<Node> {
        Arc::clone(&self.occupant.read())
    }

    pub(crate) fn set_occupant(&self, node: Arc<Node>) {
        *self.occupant.write() = node;
    }

    /// Begins to accept connections. Must be called within a runtime.
    pub(crate) fn open(self: &Arc<Self>) -> io::Result<()> {
        let mut open = self.open.lock();
        if open.is_none() {
            let listener = bound_socket(self.address)?.listen(BACKLOG)?;
            *open = Some(tokio::spawn(serve(Arc::clone(self), listener)));
        }
        Ok(())
    }

    /// Like [`Self::close`], without waiting for it.
    pub(crate) fn abandon(&self) {
        if let Some(task) = &*self.open.lock() {
            task.abort();
        }
    }

    /// Refuses connections, and cuts those that are there in the middle of whatever they do.
    pub(crate) async fn close(&self) {
        let task = self.open.lock().take();
        if let Some(task) = task {
            task.abort();
            // Cancelled or not, the listener is gone after this.
            let _ended = task.await;
        }
    }
}

async fn serve(place: Arc<Place>, listener: TcpListener) {
    let router = Router::new().fallback(move |request: Request| {
        let node = place.occupant();
        let port = place.port;
        async move { node.answer(port, request).await }
    });
    // It ends by being aborted, as a process that is killed.
    service::serve(listener, router, CancellationToken::new()).await;
}

/// A socket with this address, which does not listen. Both a reservation and a listener may have
/// it at once, as long as the reservation does not listen.
fn bound_socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

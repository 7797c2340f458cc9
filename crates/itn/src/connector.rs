//! Connections to nodes: names are resolved and every address is judged here, at connect time.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::guard::{AddressGuard, Permit};

/// Connects directly, whatever proxy the environment names, to permitted addresses only.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) guard: Arc<dyn AddressGuard>,
    pub(crate) permit: Permit,
    pub(crate) connect_timeout: Duration,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// All addresses of the host are refused; this is one of them.
    #[error("the address {0} is not permitted")]
    Refused(SocketAddr),
    /// The name could not be resolved, or no address of it answers.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The process may not send any more.
    #[error("this process may not send any more")]
    NotPermitted,
    /// It took too long.
    #[error("no connection in time")]
    TimedOut,
}

impl Connector {
    async fn connect(self, uri: Uri) -> Result<TokioIo<TcpStream>, ConnectError> {
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16().unwrap_or_default();
        let found = resolve(host, port).await?;
        let (permitted, refused): (Vec<_>, Vec<_>) = found
            .into_iter()
            .map(|address| SocketAddr::new(address.ip().to_canonical(), address.port()))
            .partition(|address| self.guard.permits(*address));
        let mut error = match refused.first() {
            Some(refused) => ConnectError::Refused(*refused),
            None => io::Error::new(io::ErrorKind::NotFound, "the name has no address").into(),
        };
        for address in permitted {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    // Connecting takes time.
                    if !self.permit.holds() {
                        return Err(ConnectError::NotPermitted);
                    }
                    return Ok(TokioIo::new(stream));
                }
                Err(failed) => error = failed.into(),
            }
        }
        Err(error)
    }
}

async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let literal = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match literal.unwrap_or(host).parse::<IpAddr>() {
        Ok(address) => Ok(vec![SocketAddr::new(address, port)]),
        Err(_) => Ok(tokio::net::lookup_host((host, port)).await?.collect()),
    }
}

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            timeout(connector.connect_timeout, connector.connect(uri))
                .await
                .unwrap_or(Err(ConnectError::TimedOut))
        })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Connector")
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}

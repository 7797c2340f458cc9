//! The online list over HTTP.

use std::time::Duration;

use crate::error::DiscoveryError;
use crate::online_list::OnlineList;
use service::proxy::Proxies;
use service::{BodyError, read_body};

/// Time for one answer.
const TIME_MAX: Duration = Duration::from_secs(30);
/// Ten thousand nodes have about 2 MB.
const BYTES_MAX: usize = 32 << 20;

/// Where an online list is read.
#[derive(Debug)]
pub struct Online {
    http: reqwest::Client,
    url: String,
    /// For errors: the proxy that requests go through.
    proxy: String,
}

impl Online {
    /// The list at this address.
    ///
    /// # Errors
    ///
    /// A variable names a proxy that has no address.
    pub fn new(url: impl Into<String>) -> Result<Self, DiscoveryError> {
        let (url, proxies) = (url.into(), Proxies::from_env());
        let client = proxies.client().map_err(DiscoveryError::Setup)?;
        let http = client
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIME_MAX)
            .build()
            .map_err(DiscoveryError::Setup)?;
        Ok(Self {
            http,
            proxy: proxies.explain(&url),
            url,
        })
    }

    /// Reads the list once.
    ///
    /// # Errors
    ///
    /// No answer within 30 seconds, another status than success, or a body that is too large or
    /// no array.
    pub async fn read(&self) -> Result<OnlineList, DiscoveryError> {
        let proxy = || self.proxy.clone();
        let http = |error: reqwest::Error| DiscoveryError::Http {
            proxy: proxy(),
            source: error.without_url(),
        };
        let request = self.http.get(&self.url);
        let response = request.send().await.map_err(http)?;
        if !response.status().is_success() {
            return Err(DiscoveryError::Status {
                status: response.status().as_u16(),
                proxy: proxy(),
            });
        }
        let body = read_body(response, BYTES_MAX).await;
        let body = body.map_err(|error| match error {
            BodyError::TooLarge(bytes_max) => DiscoveryError::TooLarge(bytes_max),
            BodyError::Http(error) => http(error),
        })?;
        OnlineList::parse(&body).map_err(|source| DiscoveryError::Json {
            proxy: proxy(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    async fn read(answer: &'static str) -> Result<OnlineList, DiscoveryError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/online", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = connection.read(&mut request).await;
            connection.write_all(answer.as_bytes()).await.unwrap();
        });
        Online::new(url).unwrap().read().await
    }

    #[tokio::test]
    async fn a_list_counts_only_with_a_status_of_success() {
        let good = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]";
        assert_eq!(read(good).await.unwrap(), OnlineList::default());
        let failing =
            "HTTP/1.1 503 Unavailable\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]";
        let error = read(failing).await.unwrap_err();
        assert_eq!(error.to_string(), "the online list answers with status 503");
        let elsewhere = "HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n";
        let error = read(elsewhere).await.unwrap_err();
        assert_eq!(error.to_string(), "the online list answers with status 302");
    }

    #[tokio::test]
    async fn what_is_no_list_is_an_error() {
        let page = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>";
        let error = read(page).await.unwrap_err();
        assert_eq!(error.to_string(), "the online list is not a JSON array");
    }
}

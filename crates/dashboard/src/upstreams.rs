//! The services behind the page, and a client for them.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use reqwest::{Client, Response, Url};
use serde::de::DeserializeOwned;

use crate::allowed::Service;

/// Time for a connection to a service.
const CONNECT: Duration = Duration::from_secs(2);
/// Time for one of our own questions.
const ANSWER: Duration = Duration::from_secs(5);
/// Most bytes of an answer that is read here.
const ANSWER_BYTES: usize = 16 << 20;

/// Where the services are.
#[derive(Debug, Clone)]
pub struct Upstreams {
    /// The log fetcher.
    pub fetcher: Url,
    /// The log API.
    pub traces: Url,
    /// The experiments API.
    pub results: Url,
    /// The orchestrator.
    pub runs: Url,
    /// The uptime backend, where there is one.
    pub uptime: Option<Url>,
    /// The status page of a simulated network, where there is one.
    pub simnet: Option<Url>,
}

impl Default for Upstreams {
    /// The usual ports of this machine, without a simulated network.
    fn default() -> Self {
        Self {
            fetcher: local(4000),
            traces: local(9080),
            results: local(3003),
            runs: local(9090),
            uptime: Some(local(8080)),
            simnet: None,
        }
    }
}

fn local(port: u16) -> Url {
    let address = format!("http://127.0.0.1:{port}/");
    Url::parse(&address).unwrap_or_else(|error| unreachable!("{address}: {error}"))
}

impl Upstreams {
    fn of(&self, service: Service) -> &Url {
        match service {
            Service::Fetcher => &self.fetcher,
            Service::Traces => &self.traces,
            Service::Results => &self.results,
            Service::Runs => &self.runs,
        }
    }

    /// All services: key, name for people, address.
    pub(crate) fn all(&self) -> Vec<(&'static str, &'static str, &Url)> {
        let mut all = vec![
            ("log-fetcher", "Log fetcher", &self.fetcher),
            ("log-api", "Log API", &self.traces),
            ("experiments-api", "Experiments API", &self.results),
            ("orchestrator", "Orchestrator", &self.runs),
        ];
        all.extend(
            self.uptime
                .iter()
                .map(|url| ("uptime-backend", "Uptime backend", url)),
        );
        all.extend(
            self.simnet
                .iter()
                .map(|url| ("simnet", "Simulated network", url)),
        );
        all
    }

    /// The address of a path at a service. The path is encoded already.
    pub(crate) fn address(&self, service: Service, path: &str, query: Option<&str>) -> Url {
        with_path(self.of(service), path, query)
    }
}

/// `base` with a path behind its own.
pub(crate) fn with_path(base: &Url, path: &str, query: Option<&str>) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url.set_query(query);
    url
}

/// No client for the services can be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a client for the services")]
pub struct ClientError(#[from] reqwest::Error);

/// Why a service has not answered one of our own questions.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("it does not answer: {0}")]
    Away(#[from] reqwest::Error),
    #[error("it has not answered in {} s", ANSWER.as_secs())]
    Slow,
    #[error("it has answered with status {0}")]
    Status(StatusCode),
    #[error("its answer has more than {ANSWER_BYTES} bytes")]
    TooLarge,
    #[error("its answer is not what was asked for: {0}")]
    Unreadable(#[from] serde_json::Error),
}

/// A client that follows no redirect: services send none.
pub(crate) fn client() -> Result<Client, ClientError> {
    client_with(HeaderMap::new())
}

/// The same with headers that every request has.
pub(crate) fn client_with(headers: HeaderMap) -> Result<Client, ClientError> {
    Ok(service::proxy::direct()
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
        .default_headers(headers)
        .build()?)
}

/// The bytes of a successful answer.
pub(crate) async fn bytes(client: &Client, url: Url) -> Result<Vec<u8>, AskError> {
    let asking = async {
        let response = client.get(url).send().await?;
        if response.status() != StatusCode::OK {
            return Err(AskError::Status(response.status()));
        }
        bounded(response).await
    };
    tokio::time::timeout(ANSWER, asking)
        .await
        .unwrap_or(Err(AskError::Slow))
}

/// The JSON of a successful answer.
pub(crate) async fn json<T: DeserializeOwned>(client: &Client, url: Url) -> Result<T, AskError> {
    Ok(serde_json::from_slice(&bytes(client, url).await?)?)
}

pub(crate) async fn bounded(mut response: Response) -> Result<Vec<u8>, AskError> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if body.len() + piece.len() > ANSWER_BYTES {
            return Err(AskError::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_the_path_of_a_proxy_and_the_encoding_of_names() {
        let base: Url = "http://lab.example/fetch/".parse().unwrap();
        let url = with_path(&base, "/api/v1/nodes/a%2Fb", Some("q=%20"));
        assert_eq!(
            url.as_str(),
            "http://lab.example/fetch/api/v1/nodes/a%2Fb?q=%20"
        );
        let url = Upstreams::default().address(Service::Runs, "/api/v1/experiments", None);
        assert_eq!(url.as_str(), "http://127.0.0.1:9090/api/v1/experiments");
    }
}

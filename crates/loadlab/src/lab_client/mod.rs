//! The services of a running lab, local or remote, over HTTP: where they are, and how their answers
//! and refusals are read.

mod run_view;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use serde_json::Value;
use url::Url;

use crate::guard_arguments::{TOKEN_FILE_VARIABLE, token_of};
use crate::services::{Addresses, Service};

pub(crate) use run_view::RunView;

/// A freeze waits for all nodes, a clean-up deletes for long.
const REQUEST_LIMIT: Duration = Duration::from_mins(30);
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Where the services are unless something else is said.
const THIS_MACHINE: &str = "http://127.0.0.1";

/// Which lab.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Lab")]
pub(crate) struct LabArguments {
    /// The lab, as <http://host> or <https://host>: its services have their usual ports
    /// there. Default: this machine.
    #[arg(long, env = "LOADLAB_LAB", value_name = "URL", value_parser = parse_lab)]
    pub(crate) lab: Option<Url>,
    /// Its orchestrator, if it is elsewhere.
    #[arg(long, env = "LOADLAB_ORCHESTRATOR_URL", value_name = "URL", value_parser = parse_url)]
    orchestrator_url: Option<Url>,
    /// Its experiments API, if it is elsewhere.
    #[arg(long, env = "LOADLAB_EXPERIMENTS_API_URL", value_name = "URL", value_parser = parse_url)]
    experiments_api_url: Option<Url>,
    /// Its log fetcher, if it is elsewhere.
    #[arg(long, env = "LOADLAB_LOG_FETCHER_URL", value_name = "URL", value_parser = parse_url)]
    log_fetcher_url: Option<Url>,
    /// A file with the token that the lab wants for changes. The variable
    /// `LOADLAB_TOKEN` may hold the token itself.
    #[arg(long = "token-file", env = TOKEN_FILE_VARIABLE, value_name = "FILE")]
    lab_token_file: Option<PathBuf>,
}

fn parse_url(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|_| "this is no URL".to_owned())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("it must begin with http:// or https://".to_owned());
    }
    Ok(url)
}

fn parse_lab(text: &str) -> Result<Url, String> {
    let url = parse_url(text)?;
    if url.port().is_some() || url.path() != "/" {
        return Err(
            "it has neither port nor path, since each service has a port of its own; \
             --orchestrator-url and the like name single services"
                .to_owned(),
        );
    }
    Ok(url)
}

impl LabArguments {
    /// Whether it was said where this service is.
    pub(crate) fn names(&self, service: Service) -> bool {
        self.lab.is_some() || self.own(service).is_some()
    }

    /// The URL of this service alone.
    fn own(&self, service: Service) -> Option<&Url> {
        match service {
            Service::Orchestrator => self.orchestrator_url.as_ref(),
            Service::ExperimentsApi => self.experiments_api_url.as_ref(),
            Service::LogFetcher => self.log_fetcher_url.as_ref(),
            Service::UptimeBackend | Service::LogApi | Service::Dashboard => None,
        }
    }

    /// Where a service is.
    fn base(&self, service: Service) -> anyhow::Result<Url> {
        if let Some(url) = self.own(service) {
            return Ok(url.clone());
        }
        let mut url = match &self.lab {
            Some(lab) => lab.clone(),
            None => THIS_MACHINE.parse()?,
        };
        url.set_port(Some(service.usual_port()))
            .map_err(|()| anyhow!("{url} has no ports"))?;
        Ok(url)
    }

    /// The client of this lab.
    pub(crate) fn client(&self) -> anyhow::Result<LabClient> {
        let mut bases = Vec::new();
        for service in Service::ALL {
            bases.push(self.base(service)?);
        }
        LabClient::new(bases, token_of(self.lab_token_file.as_deref())?)
    }
}

/// Clients of the services of a lab.
#[derive(Debug)]
pub(crate) struct LabClient {
    client: Client,
    proxies: service::proxy::Proxies,
    /// In the order of the services.
    bases: Vec<Url>,
}

impl LabClient {
    fn new(bases: Vec<Url>, headers: HeaderMap) -> anyhow::Result<Self> {
        let proxies = service::proxy::Proxies::from_env();
        let client = proxies
            .client()
            .context("a variable for a proxy holds no address")?
            .connect_timeout(CONNECT_LIMIT)
            .timeout(REQUEST_LIMIT)
            // No service redirects, and the token is for none else.
            .redirect(Policy::none())
            .default_headers(headers)
            .build()
            .context("cannot make an HTTP client")?;
        Ok(Self {
            client,
            proxies,
            bases,
        })
    }

    /// The client of services in this process.
    pub(crate) fn of(addresses: &Addresses) -> anyhow::Result<Self> {
        let bases = Service::ALL.map(|service| addresses.url(service).parse());
        let bases = bases.into_iter().collect::<Result<_, _>>()?;
        Self::new(bases, token_of(None)?)
    }

    /// The URL of a path at a service.
    fn url(&self, service: Service, path: &str) -> String {
        let base = self.bases.get(service as usize).map_or("", Url::as_str);
        format!("{}{path}", base.trim_end_matches('/'))
    }

    pub(crate) async fn get(&self, service: Service, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::GET, service, path, None).await
    }

    pub(crate) async fn post(
        &self,
        service: Service,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        self.ask(Method::POST, service, path, body).await
    }

    /// The answer; null if it is empty, an error if it is a refusal.
    async fn ask(
        &self,
        method: Method,
        service: Service,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let url = self.url(service, path);
        let mut request = self.client.request(method, &url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.with_context(|| {
            let proxy = self.proxies.explain(&url);
            format!("the {service} does not answer at {url}{proxy}; --lab says where the lab is")
        })?;
        let status = answer.status();
        let text = read(answer)
            .await
            .with_context(|| format!("cannot read {url}"))?;
        if !status.is_success() {
            let why = refusal(&text);
            let hint = if status.as_u16() == 401 {
                "; --token-file names a file with the token"
            } else {
                ""
            };
            bail!(
                "the {service} refuses with status {}: {why}{hint}",
                status.as_u16()
            );
        }
        if text.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("{url} does not answer with JSON"))
    }
}

/// A body up to its limit.
async fn read(mut answer: Response) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            bail!("the answer is longer than {ANSWER_BYTES_MAX} bytes");
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a refusal says, in any of the forms that services have.
fn refusal(text: &str) -> String {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let texts = [
        &value["error"]["message"],
        &value["error"],
        &value["message"],
    ];
    let message = texts.into_iter().find_map(Value::as_str);
    let message = message.map_or_else(|| text.trim().to_owned(), str::to_owned);
    let problems = value["validation_errors"].as_array();
    let problems = problems.into_iter().flatten().filter_map(Value::as_str);
    let all: Vec<String> = [message]
        .into_iter()
        .chain(problems.map(str::to_owned))
        .collect();
    all.join("; ").chars().take(2_000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_a_lab_have_their_usual_ports_or_urls_of_their_own() {
        let arguments = LabArguments {
            lab: Some(parse_lab("https://lab.example").unwrap()),
            experiments_api_url: Some(parse_url("http://other:81/path/").unwrap()),
            ..LabArguments::default()
        };
        let client = arguments.client().unwrap();
        let url = |service| client.url(service, "/x");
        assert_eq!(url(Service::Orchestrator), "https://lab.example:9090/x");
        assert_eq!(url(Service::ExperimentsApi), "http://other:81/path/x");
        let local = LabArguments::default().client().unwrap();
        assert_eq!(
            local.url(Service::LogFetcher, "/x"),
            "http://127.0.0.1:4000/x"
        );
    }

    #[test]
    fn an_address_that_leads_to_no_lab_is_refused() {
        for text in ["lab.example", "ftp://lab.example", "http://", "file:///x"] {
            assert!(parse_lab(text).is_err(), "{text}");
        }
        let error = parse_lab("http://lab.example:9090").unwrap_err();
        assert!(error.contains("--orchestrator-url"), "{error}");
        assert!(parse_lab("http://lab.example/path").is_err());
    }

    #[test]
    fn refusals_of_every_service_are_understood() {
        for (text, said) in [
            (
                r#"{"error":{"code":"busy","message":"another runs"}}"#,
                "another runs",
            ),
            (r#"{"error":"Missing data"}"#, "Missing data"),
            (
                r#"{"error":"bad","validation_errors":["a","b"]}"#,
                "bad; a; b",
            ),
            ("not allowed\n", "not allowed"),
        ] {
            assert_eq!(refusal(text), said);
        }
    }
}

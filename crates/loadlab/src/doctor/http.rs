//! Asking services whether they are ready.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::redirect::Policy;
use url::Url;

/// Time for one answer: a service itself gives up after two seconds.
const ANSWER_MAX: Duration = Duration::from_secs(4);
/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// What is at an address.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Readiness {
    Ready,
    /// A service of ours that says why it is not ready.
    NotReady(String),
    /// Something that answers otherwise.
    Stranger,
    /// Nothing that answers; why.
    Silent(String),
}

pub(super) fn parse_url(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|_| "this is no URL".to_owned())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("it must begin with http:// or https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it must hold no user and password".to_owned());
    }
    Ok(url)
}

/// Asks `/readyz` of the service at a URL.
pub(super) async fn readiness(base: &str) -> Readiness {
    match ask(base).await {
        Ok((200, text)) if text.trim() == "ready" => Readiness::Ready,
        Ok((503, text)) => {
            let body: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            match body["error"]["message"].as_str() {
                Some(why) => Readiness::NotReady(why.trim_start_matches("not ready: ").to_owned()),
                None => Readiness::Stranger,
            }
        }
        Ok(_) => Readiness::Stranger,
        Err(error) => Readiness::Silent(error.root_cause().to_string()),
    }
}

async fn ask(base: &str) -> anyhow::Result<(u16, String)> {
    let client = service::proxy::Proxies::from_env()
        .client()
        .context("a variable for a proxy holds no address")?
        .timeout(ANSWER_MAX)
        .redirect(Policy::none())
        .build()?;
    let url = format!("{}/readyz", base.trim_end_matches('/'));
    let answer = client
        .get(url)
        .send()
        .await
        .map_err(reqwest::Error::without_url)?;
    let status = answer.status().as_u16();
    let body = service::read_body(answer, ANSWER_BYTES_MAX).await?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_services_hold_no_password() {
        assert!(parse_url("http://10.0.0.2:4000").is_ok());
        for text in ["", "10.0.0.2:4000", "ftp://x", "http://u:p@x", "http://u@x"] {
            assert!(parse_url(text).is_err(), "{text}");
        }
    }
}

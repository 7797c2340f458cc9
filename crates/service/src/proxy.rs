//! Which requests of ours go through a proxy: one rule for all clients of all services.
//!
//! | what is asked | way |
//! | --- | --- |
//! | nodes, simulated ones too, and other services that belong to them | directly |
//! | whatever is on this machine (`localhost`, 127.0.0.0/8, `::1`) | directly |
//! | webhooks: their addresses are judged, which a proxy would make useless | directly |
//! | the token of a cloud machine | directly |
//! | the online list, whitelists, image registries, S3 | as the variables say |
//!
//! The variables are `HTTP_PROXY` and `HTTPS_PROXY` by the scheme of the address, `ALL_PROXY` for
//! both, `NO_PROXY` for what is asked directly all the same; in lower case, too.

use std::env;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{ClientBuilder, NoProxy, Proxy};

/// What is asked directly whatever the variables say.
const THIS_MACHINE: &str = "localhost,127.0.0.0/8,::1";

/// A client for what is never asked through a proxy.
pub fn direct() -> ClientBuilder {
    choose_tls_provider();
    reqwest::Client::builder().no_proxy()
}

/// Chooses the cryptography of TLS for every HTTP client of this process, those of libraries
/// included: they have none of their own.
fn choose_tls_provider() {
    // An error means that it has been chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The proxies that the variables name.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    http: Option<Named>,
    https: Option<Named>,
    excluded: String,
}

/// A proxy and the variable that names it.
#[derive(Debug, Clone)]
struct Named {
    variable: &'static str,
    address: String,
}

impl Proxies {
    /// Those of the environment.
    #[must_use]
    pub fn from_env() -> Self {
        choose_tls_provider();
        Self::new(|variable| env::var(variable).ok())
    }

    /// Those that `variable` lists.
    fn new(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: [&'static str; 2]| {
            let set = |name| variable(name).filter(|text| !text.trim().is_empty());
            names.into_iter().find_map(|name| {
                set(name).map(|address| Named {
                    variable: name,
                    address,
                })
            })
        };
        let all = first(["ALL_PROXY", "all_proxy"]);
        let excluded = first(["NO_PROXY", "no_proxy"]).map(|named| named.address);
        Self {
            http: first(["HTTP_PROXY", "http_proxy"]).or_else(|| all.clone()),
            https: first(["HTTPS_PROXY", "https_proxy"]).or(all),
            excluded: match excluded {
                Some(excluded) => format!("{excluded},{THIS_MACHINE}"),
                None => THIS_MACHINE.to_owned(),
            },
        }
    }

    /// A client that uses them. Fails if a variable holds no address.
    pub fn client(&self) -> reqwest::Result<ClientBuilder> {
        let excluded = NoProxy::from_string(&self.excluded);
        // Without it, the client would look at the variables itself.
        let mut client = direct();
        if let Some(named) = &self.http {
            client = client.proxy(Proxy::http(&named.address)?.no_proxy(excluded.clone()));
        }
        if let Some(named) = &self.https {
            client = client.proxy(Proxy::https(&named.address)?.no_proxy(excluded));
        }
        Ok(client)
    }

    /// The proxy for addresses that begin with `http`.
    #[must_use]
    pub fn http(&self) -> Option<&str> {
        self.http.as_ref().map(|named| named.address.as_str())
    }

    /// The proxy for addresses that begin with `https`.
    #[must_use]
    pub fn https(&self) -> Option<&str> {
        self.https.as_ref().map(|named| named.address.as_str())
    }

    /// What is asked directly all the same, as a list with commas.
    #[must_use]
    pub fn excluded(&self) -> &str {
        &self.excluded
    }

    /// Which proxy a request to `url` goes through, as the end of a sentence about its failure;
    /// empty if through none.
    #[must_use]
    pub fn explain(&self, url: &str) -> String {
        let named = if url.starts_with("https:") {
            &self.https
        } else {
            &self.http
        };
        let (Some(named), Ok(uri)) = (named, url.parse()) else {
            return String::new();
        };
        let matcher = Matcher::builder()
            .all(named.address.as_str())
            .no(self.excluded.as_str())
            .build();
        matcher.intercept(&uri).map_or_else(String::new, |proxy| {
            // Without the password that the variable may hold.
            let address = proxy.uri();
            format!(
                " (through the proxy {}://{} of the variable {})",
                address.scheme_str().unwrap_or("http"),
                address
                    .authority()
                    .map_or("", |authority| authority.as_str()),
                named.variable
            )
        })
    }
}

/// The variables that name another S3 than that of AWS.
const S3_ENDPOINTS: [&str; 3] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];

/// The proxy for S3 and what is asked directly all the same. None if the variables name none, or if
/// `AWS_PROXY_URL` names one for S3 alone.
#[must_use]
pub fn for_s3() -> Option<(String, String)> {
    choose_tls_provider();
    if env::var_os("AWS_PROXY_URL").is_some() {
        return None;
    }
    let proxies = Proxies::from_env();
    let is_http = s3_endpoint().is_some_and(|endpoint| endpoint.starts_with("http:"));
    let proxy = if is_http {
        proxies.http()
    } else {
        proxies.https()
    };
    Some((proxy?.to_owned(), proxies.excluded))
}

/// [`Proxies::explain`] for S3.
#[must_use]
pub fn s3_explanation() -> String {
    let endpoint = s3_endpoint();
    let endpoint = endpoint.as_deref().unwrap_or("https://s3.amazonaws.com/");
    Proxies::from_env().explain(endpoint)
}

fn s3_endpoint() -> Option<String> {
    S3_ENDPOINTS.iter().find_map(|name| env::var(name).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::new(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_variables_say_what_goes_where() {
        let set = proxies(&[
            ("HTTP_PROXY", "http://plain.example:3128"),
            ("all_proxy", "http://lab:s3cret@all.example:8080"),
            ("NO_PROXY", "inside.example,10.0.0.0/8"),
        ]);
        for (url, expected) in [
            (
                "http://list.example/v1/online",
                " (through the proxy http://plain.example:3128 of the variable HTTP_PROXY)",
            ),
            (
                "https://registry.example/v2/",
                " (through the proxy http://all.example:8080 of the variable all_proxy)",
            ),
            ("https://list.inside.example/", ""),
            ("http://10.1.2.3:8080/", ""),
            ("http://localhost:9000/", ""),
            ("http://127.0.0.1:9000/", ""),
            ("https://127.9.9.9/", ""),
            ("http://[::1]:9000/", ""),
        ] {
            assert_eq!(set.explain(url), expected, "{url}");
        }
    }

    #[test]
    fn nothing_set_is_no_proxy_and_nonsense_is_an_error() {
        assert_eq!(proxies(&[]).explain("http://list.example/"), "");
        let empty = proxies(&[("HTTP_PROXY", ""), ("http_proxy", " ")]);
        assert_eq!(empty.explain("http://list.example/"), "");
        assert!(empty.client().is_ok());
        assert!(proxies(&[("HTTPS_PROXY", "http://[")]).client().is_err());
    }
}

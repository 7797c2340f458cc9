//! HTTP clients that connect to permitted addresses only. The caller says which those are: services
//! share one policy with different settings, which this crate does not know.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Url};

/// Why an address is refused; none if it is permitted.
pub type Refusal = Arc<dyn Fn(IpAddr) -> Option<String> + Send + Sync>;

/// Why the address that a URL names itself, not by a name, is refused. A client connects to it
/// without resolving anything, so this goes before the first request.
#[must_use]
pub fn refusal_of(url: &Url, refusal: &Refusal) -> Option<String> {
    let host = url.host_str()?.trim_matches(['[', ']']);
    refusal(host.parse().ok()?)
}

/// Keeps a client from refused addresses: those that names resolve to at the moment of the
/// connection, and those that redirections name. It follows at most `redirections` of them.
pub fn guarded(client: ClientBuilder, redirections: usize, refusal: Refusal) -> ClientBuilder {
    let of_target = Arc::clone(&refusal);
    let policy = Policy::custom(move |attempt| match refusal_of(attempt.url(), &of_target) {
        Some(reason) => attempt.error(format!("it redirects to {reason}")),
        None if attempt.previous().len() > redirections => attempt.error("too many redirections"),
        None => attempt.follow(),
    });
    let policy = if redirections == 0 {
        Policy::none()
    } else {
        policy
    };
    client
        .redirect(policy)
        .dns_resolver(Arc::new(Guarded(refusal)))
}

/// Resolves names and keeps the permitted addresses only, so that a name which resolves
/// differently the second time gains nothing.
struct Guarded(Refusal);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let refusal = Arc::clone(&self.0);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let permitted: Vec<SocketAddr> = found
                .filter(|address| refusal(address.ip()).is_none())
                .collect();
            if permitted.is_empty() {
                return Err("the address is not permitted".into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::response::Redirect;
    use axum::routing::get;

    use super::*;

    /// The end of the chain of an error.
    fn cause(error: &reqwest::Error) -> String {
        crate::error_chain(error)
    }

    #[tokio::test]
    async fn redirections_and_names_do_not_lead_to_refused_addresses() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new()
            .route("/ok", get(async || "here"))
            .route("/moved", get(async || Redirect::temporary("/ok")))
            .route("/loop", get(async || Redirect::temporary("/loop")))
            .route(
                "/away",
                get(async || Redirect::temporary("http://192.0.2.1/x")),
            );
        let server = tokio::spawn(async { axum::serve(listener, router).await });
        let client = |refused: &'static str| {
            let refusal: Refusal = Arc::new(move |address| {
                (address == refused.parse::<IpAddr>().unwrap()).then(|| "no way".to_owned())
            });
            guarded(crate::proxy::direct(), 2, refusal).build().unwrap()
        };
        let get = async |refused, host: &str, path: &str| {
            let url = format!("http://{host}:{port}/{path}");
            let answer = client(refused).get(url).send().await;
            answer.map_err(|error| cause(&error))
        };
        let answer = get("192.0.2.1", "127.0.0.1", "moved").await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "here");
        let away = get("192.0.2.1", "127.0.0.1", "away").await.unwrap_err();
        assert!(away.contains("it redirects to no way"), "{away}");
        let many = get("192.0.2.1", "127.0.0.1", "loop").await.unwrap_err();
        assert!(many.contains("too many redirections"), "{many}");
        let url: Url = format!("http://[::1]:{port}/").parse().unwrap();
        let refusal: Refusal = Arc::new(|address| Some(address.to_string()));
        assert_eq!(refusal_of(&url, &refusal).unwrap(), "::1");
        let name: Url = "http://localhost/".parse().unwrap();
        assert_eq!(refusal_of(&name, &refusal), None);
        let client = guarded(crate::proxy::direct(), 2, refusal).build().unwrap();
        let by_name = client.get(format!("http://localhost:{port}/ok")).send();
        let error = cause(&by_name.await.unwrap_err());
        assert!(error.contains("the address is not permitted"), "{error}");
        server.abort();
    }
}

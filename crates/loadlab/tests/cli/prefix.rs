//! Pages and descriptions work behind a proxy that serves everything below a path.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use store::testing::TestDatabase;
use url::Url;

use crate::calls::Service;
use crate::openapi::{DASHBOARD, SERVICES, crates};

/// Every page and script that a service gives out: its file, the command that serves it, its path.
const PAGES: [(&str, &str, &str); 3] = [
    ("log-api/src/graphiql/page.html", "log-api", "graphql"),
    ("simnet/src/graphql/page.html", "node of simnet", "graphql"),
    ("simnet/src/status/page.html", "simnet", ""),
];

/// Paths of the built page of the dashboard: addresses in it depend on how deep it is.
const BUILT: [(&str, &str); 2] = [("dashboard", ""), ("dashboard", "experiments/one")];

fn pages(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_page = path
            .extension()
            .is_some_and(|extension| extension == "html" || extension == "js");
        if path.is_dir() {
            found.extend(pages(&path));
        } else if is_page {
            found.insert(path);
        }
    }
    found
}

/// The addresses that a page leads to, as written: in attributes, and of requests of its script.
fn addresses(page: &str) -> Vec<&str> {
    [
        "href=",
        "src=",
        "action=",
        "fetch(",
        "EventSource(",
        "WebSocket(",
        "import(",
    ]
    .into_iter()
    .flat_map(|before| page.split(before).skip(1))
    .filter_map(|after| {
        let quote = after
            .chars()
            .next()
            .filter(|first| "\"'`".contains(*first))?;
        after[1..].split(quote).next()
    })
    .collect()
}

#[test]
fn no_page_leads_to_an_absolute_address() {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(crates()).unwrap() {
        let source = entry.unwrap().path().join("src");
        if source.is_dir() {
            found.extend(pages(&source));
        }
    }
    let listed: BTreeSet<PathBuf> = PAGES
        .iter()
        .map(|(file, _, _)| crates().join(file))
        .collect();
    assert_eq!(found, listed, "the table lists all pages");
    for file in found {
        let page = fs::read_to_string(&file).unwrap();
        for address in addresses(&page) {
            let is_relative = !address.starts_with('/') && !address.contains("://");
            assert!(is_relative, "{}: {address}", file.display());
        }
    }
}

/// Serves what is at `target` below `/lab/here/`.
async fn proxy(target: String) -> Url {
    async fn forward(State(target): State<String>, request: Request) -> Response {
        let path = request
            .uri()
            .path_and_query()
            .map_or("", |path| path.as_str());
        let Some(path) = path.strip_prefix("/lab/here/") else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let client = service::proxy::direct().build().unwrap();
        let accept = request.headers().get("accept").cloned();
        let mut asked = client.get(format!("{target}/{path}"));
        if let Some(accept) = accept {
            asked = asked.header("accept", accept);
        }
        let answer = asked.send().await.unwrap();
        let status = answer.status();
        let location = answer.headers().get("location").cloned();
        assert!(
            location.is_none_or(|to| !to.as_bytes().starts_with(b"/")),
            "a redirect"
        );
        (status, answer.bytes().await.unwrap()).into_response()
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(forward).with_state(target);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/lab/here/").parse().unwrap()
}

#[tokio::test]
async fn links_of_pages_and_servers_of_descriptions_lead_behind_the_prefix() {
    let test = TestDatabase::create().await.unwrap();
    let client = service::proxy::direct().build().unwrap();
    let get = async |url: Url| {
        let answer = client
            .get(url.clone())
            .header("accept", "text/html,*/*")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{url}");
        answer.text().await.unwrap()
    };
    let pages = PAGES.map(|(_, command, path)| (command, path));
    for (command, ..) in SERVICES.iter().chain([&DASHBOARD]) {
        let folder = tempfile::tempdir().unwrap();
        let service = Service::start(command, folder.path(), &test);
        let root = proxy(service.address.clone()).await;
        let pages = pages.iter().chain(&BUILT);
        for (_, path) in pages.filter(|(serves, _)| serves == command) {
            let url = root.join(path).unwrap();
            let page = get(url.clone()).await;
            let addresses = addresses(&page);
            assert!(!addresses.is_empty(), "{url} leads nowhere");
            for address in addresses {
                get(url.join(address).unwrap()).await;
            }
        }
        let url = root.join("api/v1/openapi.json").unwrap();
        let document: Value = serde_json::from_str(&get(url.clone()).await).unwrap();
        let server = document["servers"][0]["url"].as_str().unwrap();
        let server = url.join(server).unwrap();
        assert_eq!(
            server.as_str().trim_end_matches('/'),
            root.as_str().trim_end_matches('/')
        );
    }
}

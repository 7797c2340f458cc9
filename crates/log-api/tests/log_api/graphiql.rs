//! The page for trying queries.

use crate::api::TestApi;

#[tokio::test]
async fn browsers_get_a_page_that_needs_nobody_else() {
    let api = TestApi::start().await;
    let request = || {
        api.get("/graphql")
            .header("accept", "text/html,application/xhtml+xml")
    };
    let response = request().send().await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "text/html; charset=utf-8"
    );
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    let page = response.text().await.unwrap();

    assert!(page.contains("<title>GraphiQL</title>"));
    assert!(!page.contains("{{"), "a placeholder is left");
    assert!(!page.contains("://"), "an address of somebody else");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self' 'nonce-"),
        "{policy}"
    );
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    assert!(page.contains(&format!("data-nonce=\"{nonce}\"")));
    let again = request().send().await.unwrap();
    assert_ne!(again.headers()["content-security-policy"], policy.as_str());
}

#[tokio::test]
async fn the_files_of_the_page_come_from_this_server() {
    let api = TestApi::start().await;
    let html = [("accept", "text/html")];
    let page = api.get("/graphql").header(html[0].0, html[0].1);
    let page = page.send().await.unwrap().text().await.unwrap();
    for (name, kind) in [
        ("graphiql.js", "text/javascript; charset=utf-8"),
        ("graphiql.css", "text/css; charset=utf-8"),
    ] {
        // Relative, so that the page works behind a prefix.
        assert!(page.contains(&format!("=\"./graphiql/{name}\"")), "{name}");
        let path = format!("/graphiql/{name}");
        let plain = api.get(&path).header("accept-encoding", "identity");
        let plain = plain.send().await.unwrap();
        assert_eq!(plain.headers()["content-type"], kind);
        assert!(!plain.headers().contains_key("content-encoding"));
        assert_eq!(plain.headers()["vary"], "accept-encoding");
        let plain = plain.bytes().await.unwrap();
        let packed = api.get(&path).header("accept-encoding", "gzip");
        let packed = packed.send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        let packed = packed.bytes().await.unwrap();
        assert!(packed.len() < plain.len() / 2, "{} bytes", packed.len());
    }
    let other = api.get("/graphiql/page.html").send().await.unwrap();
    assert_eq!(other.status(), 404);
}

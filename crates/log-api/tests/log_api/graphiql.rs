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
        policy.starts_with("default-src 'none'; script-src 'nonce-"),
        "{policy}"
    );
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    for tag in ["script", "style"] {
        assert!(page.contains(&format!("<{tag} nonce=\"{nonce}\">")));
    }
    let again = request().send().await.unwrap();
    assert_ne!(again.headers()["content-security-policy"], policy.as_str());
}

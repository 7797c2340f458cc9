//! Generated garbage: no header, body or document may break the server.

use axum::body::Body;
use axum::http::Request;
use itn::authorization::basic;
use proptest::prelude::*;
use tower::ServiceExt;

use super::node::{Server, key};
use crate::itn_server::router;

/// Texts that nearly are documents.
fn documents() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "query",
        "mutation",
        "subscription",
        "fragment",
        "on",
        "auth",
        "slotsWon",
        "internalLogs",
        "startLogId",
        "__schema",
        "types",
        "fields",
        "name",
        "serverUuid",
        "schedulePayments",
        "input",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "!",
        "$x",
        "...",
        "f",
        "@skip",
        "if",
        "1",
        "-1",
        "1.5",
        "\"t\"",
        "\"\"\"",
        "true",
        "null",
        ",",
        "#",
        "\n",
        " ",
        "é",
    ]);
    prop::collection::vec(words, 0..30).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_request_gets_an_answer(
        authorization in prop::collection::vec(any::<u8>(), 0..100),
        form in "(Signature [A-Za-z0-9+/=]{0,50} [A-Za-z0-9+/=]{0,90}( ; Sequencing [0-9a-f-]{0,40} [0-9]{0,6})?)?",
        body in prop::collection::vec(any::<u8>(), 0..100),
        json in r#"[\[\]{}":,a-z0-9\\]{0,60}"#,
        document in documents(),
        path in "/[a-z?=&%{}0-9]{0,30}",
        method in "(GET|POST|PUT|X)",
        content_type in "(application/(json|graphql))|[ -~]{0,20}",
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = Server::start().await;
            let router = router(&server.node);
            let query = serde_json::json!({"query": document}).to_string();
            let bodies = [body, json.into_bytes(), query.into_bytes(), document.into_bytes()];
            for body in bodies {
                let signed = basic(&key(), &body).into_bytes();
                for authorization in [authorization.as_slice(), form.as_bytes(), signed.as_slice()] {
                    for path in ["/graphql", &path] {
                        let request = Request::builder()
                            .method(method.as_str())
                            .uri(path)
                            .header("Content-Type", content_type.trim())
                            .header("Authorization", authorization)
                            .body(Body::from(body.clone()));
                        // What HTTP itself forbids never gets here.
                        let Ok(request) = request else { continue };
                        let answer = router.clone().oneshot(request).await.unwrap();
                        let status = answer.status().as_u16();
                        assert!([200, 400, 401, 404, 412].contains(&status), "{status}");
                    }
                }
            }
        });
    }
}

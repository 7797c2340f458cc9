//! Block traces as files for other tools.

use serde_json::Value;

use crate::api::{TestApi, text};

const TRACE: &str = "
    INSERT INTO deployment (metadata_json) VALUES ('{}');
    INSERT INTO block_trace VALUES
        (1, 1, 'node/1', '3NKa', 1746628222.25, 1746628224, 1.75, 'External', 461, 855, 'Success',
         '{}');
    INSERT INTO block_trace_checkpoint VALUES
        (1, 1, 'M', true, false, 'Build_breadcrumb', 1746628222.25, '[]', 0, false, 1),
        (2, 1, 'M', true, false, 'Create_breadcrumb', 1746628223, '[]', 0, false, 1),
        (3, 1, 'M', true, false, 'Breadcrumb_integrated', 1746628224, '[]', 0, false, 1);";

#[tokio::test]
async fn a_trace_is_an_attachment_in_every_format() {
    let api = TestApi::start().await;
    api.database.execute(TRACE).await.unwrap();
    let path = "/api/v1/traces/1/node%2F1/3NKa/export";
    for (query, content_type, name) in [
        ("", "application/octet-stream", "3NKa-node_1.pftrace"),
        (
            "?format=perfetto",
            "application/octet-stream",
            "3NKa-node_1.pftrace",
        ),
        ("?format=otlp", "application/json", "3NKa-node_1.otlp.json"),
        ("?format=json", "application/json", "3NKa-node_1.json"),
    ] {
        let answer = api.get(&format!("{path}{query}")).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{query}");
        assert_eq!(answer.headers()["content-type"], content_type, "{query}");
        let attachment = format!("attachment; filename=\"{name}\"");
        assert_eq!(
            answer.headers()["content-disposition"],
            attachment.as_str(),
            "{query}"
        );
        let bytes = answer.bytes().await.unwrap();
        let has_it = bytes.windows(17).any(|part| part == b"Create_breadcrumb");
        assert!(has_it, "{query}");
    }
    let (_, json) = text(api.get(&format!("{path}?format=json"))).await;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json["checkpoints"][0]["parts"][0]["name"],
        "Create_breadcrumb"
    );
}

#[tokio::test]
async fn what_is_not_there_and_what_is_no_format_are_refused() {
    let api = TestApi::start().await;
    api.database.execute(TRACE).await.unwrap();
    for (path, status, code) in [
        ("1/node%2F1/3NKa/export?format=svg", 400, "bad_request"),
        ("1/node%2F1/3NKb/export", 404, "unknown_trace"),
        ("2/node%2F1/3NKa/export", 404, "unknown_trace"),
        ("x/node%2F1/3NKa/export", 400, ""),
    ] {
        let (found, body) = text(api.get(&format!("/api/v1/traces/{path}"))).await;
        assert_eq!(found, status, "{path}: {body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        let named = body["error"]["code"].as_str().unwrap();
        assert!(named == code || code.is_empty(), "{path}: {body}");
    }
}

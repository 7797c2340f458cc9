//! A database that fails.

use crate::api::{TestApi, text};

#[tokio::test]
async fn a_failing_database_is_an_error_and_not_an_empty_answer() {
    let api = TestApi::start().await;
    api.database.database().close().await;
    for query in [
        "{deployments}",
        "{blockTrace(block_identifier:\"x\",node_name:\"n\",deployment_id:1) __typename}",
    ] {
        let (status, answer) = api.query(query).await;
        assert_eq!(status, 200);
        assert!(answer["data"].is_null(), "{answer}");
        assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
        assert_eq!(
            answer["errors"][0]["message"],
            "The database does not answer this request at the moment; try again later."
        );
        assert_eq!(answer["errors"][0]["extensions"]["code"], "DATABASE");
    }
    assert_eq!(text(api.get("/readyz")).await.0, 503);
    assert_eq!(text(api.get("/healthz")).await.0, 200);
}

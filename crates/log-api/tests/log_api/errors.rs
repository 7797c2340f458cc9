//! Requests that are not executed: the bodies that clients of the original know.

use serde_json::{Value, json};

use crate::api::TestApi;

#[tokio::test]
async fn a_syntax_error_is_a_json_string() {
    let api = TestApi::start().await;
    assert_eq!(
        api.query("{deployments").await,
        (400, json!("Line 1 col 13: Syntax error"))
    );
}

#[tokio::test]
async fn an_unknown_field_is_an_error_without_data() {
    let api = TestApi::start().await;
    for (query, on) in [
        ("{nope}", "query"),
        ("mutation{nope}", "mutation"),
        ("subscription{nope}", "subscription"),
    ] {
        let message = format!("Field 'nope' is not defined on type '{on}'");
        let expected = json!({"errors": [{"message": message}]});
        assert_eq!(api.query(query).await, (400, expected));
    }
}

#[tokio::test]
async fn an_unfit_argument_is_an_error_with_null_data() {
    let api = TestApi::start().await;
    let message =
        "Argument `maxLength` of type `Int` expected on field `blockTraces`, found \"3\".";
    assert_eq!(
        api.query("{blockTraces(node_name:\"a\",maxLength:\"3\")}")
            .await,
        (400, json!({"errors": [{"message": message}], "data": null}))
    );
}

#[tokio::test]
async fn an_unknown_node_and_an_empty_database_are_answered_with_nothing() {
    let api = TestApi::start().await;
    let query = "{deployments nodes blockTraces(node_name:\"undefined\") \
        blockTracesDistribution(node_name:\"undefined\",deployment_id:1) \
        blockTracesDistributionStructured(node_name:\"undefined\") \
        blockTrace(block_identifier:\"x\",node_name:\"undefined\")}";
    let expected = json!({"data": {
        "deployments": [],
        "nodes": [],
        "blockTraces": {"traces": [], "produced_traces": []},
        "blockTracesDistribution": [],
        "blockTracesDistributionStructured": [],
        "blockTrace": null,
    }});
    assert_eq!(api.query(query).await, (200, expected));
}

/// Every request that the original refused, and what it answered.
#[tokio::test]
async fn recorded_refusals_are_repeated() {
    let Some(text) = captured_data::read_text("golden/graphql.json") else {
        return;
    };
    let api = TestApi::start().await;
    let recorded: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut compared = 0;
    for exchange in recorded
        .iter()
        .filter(|exchange| exchange["http_status"] == 400)
    {
        let query = exchange["query"].as_str().unwrap();
        let answer = api.query_with(query, exchange["variables"].clone()).await;
        assert_eq!(answer, (400, exchange["body"].clone()), "{query}");
        compared += 1;
    }
    assert!(compared >= 9, "{compared} refusals compared");
}

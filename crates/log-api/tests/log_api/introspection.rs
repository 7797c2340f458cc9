//! What tools learn of the schema.

use serde_json::{Value, json};

use crate::api::TestApi;

/// The query that GraphiQL and code generators send.
const STANDARD: &str = "query IntrospectionQuery { __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types { ...FullType }
    directives { name description locations args { ...InputValue } } } }
  fragment FullType on __Type { kind name description
    fields(includeDeprecated: true) { name description args { ...InputValue }
      type { ...TypeRef } isDeprecated deprecationReason }
    inputFields { ...InputValue } interfaces { ...TypeRef }
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
    possibleTypes { ...TypeRef } }
  fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
  fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType {
    kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    } } } } } } } }";

/// A type in GraphQL's notation.
fn notation(kind: &Value) -> String {
    if kind["kind"] == "NON_NULL" {
        format!("{}!", notation(&kind["ofType"]))
    } else {
        kind["name"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn the_standard_query_shows_all_fields_and_arguments() {
    let api = TestApi::start().await;
    let (status, answer) = api.query(STANDARD).await;
    assert_eq!(status, 200, "{answer}");
    let schema = &answer["data"]["__schema"];
    assert_eq!(schema["queryType"], json!({"name": "query"}));
    assert_eq!(schema["mutationType"], Value::Null);
    assert_eq!(schema["subscriptionType"], Value::Null);
    let types = schema["types"].as_array().unwrap();
    let of_name = |name: &str| types.iter().find(|kind| kind["name"] == name).unwrap();
    assert_eq!(of_name("JSON")["kind"], "SCALAR");
    let values: Vec<&Value> = of_name("ResultsOrder")["enumValues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| &value["name"])
        .collect();
    assert_eq!(values, ["Ascending", "Descending"]);
    let mut fields: Vec<String> = of_name("query")["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            let arguments: Vec<String> = field["args"]
                .as_array()
                .unwrap()
                .iter()
                .map(|a| format!("{}: {}", a["name"].as_str().unwrap(), notation(&a["type"])))
                .collect();
            let name = field["name"].as_str().unwrap();
            format!(
                "{name}({}): {}",
                arguments.join(", "),
                notation(&field["type"])
            )
        })
        .collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "blockStructuredTrace(block_identifier: String!, deployment_id: Int, node_name: String!, maxLength: Int, offset: Int): JSON",
            "blockTrace(block_identifier: String!, deployment_id: Int, node_name: String!, maxLength: Int, offset: Int): JSON",
            "blockTraces(maxLength: Int, offset: Int, height: Int, global_slot: Int, chainLength: Int, order: ResultsOrder, deployment_id: Int, node_name: String!): JSON!",
            "blockTracesDistribution(deploymentId: Int, node_name: String!): JSON!",
            "blockTracesDistributionStructured(deploymentId: Int, node_name: String!): JSON!",
            "deployments(): JSON!",
            "nodes(deployment_id: Int): JSON!",
        ]
    );
}

#[tokio::test]
async fn aliases_and_the_type_name_are_answered() {
    let api = TestApi::start().await;
    assert_eq!(
        api.query("{a:deployments b:deployments __typename}").await,
        (
            200,
            json!({"data": {"a": [], "b": [], "__typename": "query"}})
        )
    );
}

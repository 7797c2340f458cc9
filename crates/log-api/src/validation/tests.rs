//! Requests that are refused, with the texts that clients know.

use async_graphql::{Pos, value};

use super::*;

fn error(query: &str) -> String {
    error_with(query, value!({}))
}

fn error_with(query: &str, variables: Value) -> String {
    let mut request = Request::new(query).variables(Variables::from_value(variables));
    match check(&mut request, None) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn unknown_arguments_are_ignored() {
    assert_eq!(error(r"{deployments(colour:{deep:[1,2]})}"), "accepted");
}

#[test]
fn fields_of_fragments_are_checked() {
    let query = "{...A} fragment A on query {nope}";
    assert_eq!(error(query), "Field 'nope' is not defined on type 'query'");
    assert_eq!(
        error("{... on query {nope}}"),
        "Field 'nope' is not defined on type 'query'"
    );
    assert_eq!(error("{...B}"), "Fragment 'B' is not defined");
}

#[test]
fn an_unknown_field_is_reported_before_an_unfit_argument() {
    assert_eq!(
        error("{blockTraces nope}"),
        "Field 'nope' is not defined on type 'query'"
    );
}

#[test]
fn data_fields_take_no_selection() {
    assert_eq!(
        error("{deployments{id}}"),
        "Field 'deployments' is a JSON value: it takes no selection"
    );
}

#[test]
fn variables_are_filled_in() {
    let query = "query Q($n:String!,$m:Int=3){blockTraces(node_name:$n,maxLength:$m)}";
    assert_eq!(error_with(query, value!({"n": "a"})), "accepted");
    assert_eq!(
        error_with(query, value!({"n": 1})),
        "Argument `node_name` of type `String!` expected on field `blockTraces`, found 1."
    );
    assert_eq!(
        error(query),
        "Argument `node_name` of type `String!` expected on field `blockTraces`, but not provided."
    );
    assert_eq!(
        error("{blockTraces(node_name:$n)}"),
        "Variable '$n' is not declared by the operation"
    );
}

#[test]
fn an_operation_is_chosen_by_name() {
    let choose = |name: &str| {
        let mut request = Request::new("query A{deployments} query B{nope}").operation_name(name);
        check(&mut request, None)
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert_eq!(choose("A"), Ok(()));
    assert_eq!(choose("C"), Err("Operation not found".to_owned()));
    assert_eq!(choose(""), Err("Operation name required".to_owned()));
    assert_eq!(error("{deployments} {nodes}"), "Operation name required");
}

#[test]
fn a_document_without_operation_is_refused() {
    assert_eq!(error("  "), "Must provide query string");
    assert_eq!(
        error("fragment A on query {deployments}"),
        "document does not contain an operation"
    );
}

#[test]
fn aliases_are_limited() {
    let aliases = |count: usize| -> String {
        let fields: Vec<String> = (0..count).map(|i| format!("a{i}:deployments")).collect();
        format!("{{{}}}", fields.join(" "))
    };
    assert_eq!(error(&aliases(limits::DATA_FIELDS)), "accepted");
    assert_eq!(
        error(&aliases(limits::DATA_FIELDS + 1)),
        "The request asks for too many fields with data: at most 32 are allowed"
    );
}

#[test]
fn fragments_that_multiply_are_limited() {
    use std::fmt::Write;
    let mut query = "{...F0} fragment F20 on query {__typename}".to_owned();
    for i in 0..20 {
        let next = i + 1;
        write!(query, " fragment F{i} on query {{...F{next} ...F{next}}}").unwrap();
    }
    assert_eq!(
        error(&query),
        "The request has too many selections: at most 2000 are allowed"
    );
}

#[test]
fn fragments_in_a_circle_are_limited() {
    assert_eq!(
        error("{...A} fragment A on query {...B} fragment B on query {...A}"),
        "The request has too many selections inside each other: at most 32 are allowed"
    );
}

#[test]
fn deep_values_and_long_documents_are_limited() {
    let deep = format!(
        "{{deployments(a:{}{})}}",
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    assert_eq!(
        error(&deep),
        "The request has too many open brackets: at most 64 are allowed"
    );
    let long = format!("{{deployments}} #{}", "x".repeat(limits::DOCUMENT_BYTES));
    assert_eq!(
        error(&long),
        "The request has a document of too many bytes: at most 65536 are allowed"
    );
}

#[test]
fn introspection_that_multiplies_is_limited() {
    assert_eq!(
        error("{__schema{types{fields{type{fields{type{fields{type{fields{name}}}}}}}}}}"),
        "The request has too many lists of introspection inside each other: at most 3 are allowed"
    );
}

#[test]
fn what_was_checked_is_found_by_its_place() {
    let query = "{a:nodes(deployment_id:1) ...F}\nfragment F on query{nodes(deployment_id:$d)}";
    let mut request = Request::new(format!("query($d:Int){query}"))
        .variables(Variables::from_value(value!({"d": 2})));
    let calls = check(&mut request, None).unwrap();
    for (line, column, deployment) in [(1, 15, 1), (2, 21, 2)] {
        let nodes = Call::Nodes {
            deployment_id: Some(deployment),
        };
        assert_eq!(calls.at(Pos { line, column }).unwrap(), nodes);
    }
    assert!(calls.at(Pos { line: 1, column: 1 }).is_err());
}

//! Reading the report of a node's restart. Pure.

use serde_json::{Map, Value};
use store::deployments::NodeRestart;

use crate::body::is_falsy;
use crate::error::Refused;

/// The restart that a body reports. What JavaScript takes for false counts as
/// absent, an exit code 0 too.
pub(crate) fn from_body(body: &Map<String, Value>) -> Result<NodeRestart, Refused> {
    let node_name = text(body, "node_name")?
        .ok_or_else(|| Refused::Invalid("Missing required field: \"node_name\"".to_owned()))?;
    Ok(NodeRestart {
        node_name,
        reason: text(body, "reason")?,
        code: integer(body, "code")?,
        object_name: text(body, "object_name")?,
        object_namespace: text(body, "object_namespace")?,
        container_name: text(body, "container_name")?,
        restart_count: integer(body, "restart_count")?,
    })
}

fn given<'a>(body: &'a Map<String, Value>, field: &str) -> Option<&'a Value> {
    body.get(field).filter(|value| !is_falsy(value))
}

/// Numbers and `true` are stored as their text, as the original's database
/// client did.
fn text(body: &Map<String, Value>, field: &str) -> Result<Option<String>, Refused> {
    match given(body, field) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(value.to_string())),
        Some(_) => Err(Refused::Invalid(format!("\"{field}\" must be a string"))),
    }
}

/// Numbers and texts of numbers, as the original's database took both.
fn integer(body: &Map<String, Value>, field: &str) -> Result<Option<i32>, Refused> {
    let number = match given(body, field) {
        None => return Ok(None),
        Some(Value::Number(number)) => whole(number),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    number.map(Some).ok_or_else(|| {
        let (min, max) = (i32::MIN, i32::MAX);
        Refused::Invalid(format!(
            "\"{field}\" must be a whole number from {min} to {max}"
        ))
    })
}

/// `137.0` is 137, as in JavaScript.
fn whole(number: &serde_json::Number) -> Option<i32> {
    if let Some(number) = number.as_i64() {
        return i32::try_from(number).ok();
    }
    let number = number.as_f64().filter(|number| number.fract() == 0.0)?;
    format!("{number:.0}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(body: Value) -> Result<NodeRestart, Refused> {
        let Value::Object(body) = body else {
            panic!("the body of a test is an object");
        };
        from_body(&body)
    }

    #[test]
    fn every_field_is_read() {
        let restart = read(json!({
            "node_name": "node-1", "reason": "OOMKilled", "code": 137,
            "object_name": "pod-1", "object_namespace": "perf", "container_name": "mina",
            "restart_count": "3", "unknown": {},
        }));
        let expected = NodeRestart {
            node_name: "node-1".to_owned(),
            reason: Some("OOMKilled".to_owned()),
            code: Some(137),
            object_name: Some("pod-1".to_owned()),
            object_namespace: Some("perf".to_owned()),
            container_name: Some("mina".to_owned()),
            restart_count: Some(3),
        };
        assert_eq!(restart, Ok(expected));
    }

    #[test]
    fn what_is_false_in_javascript_is_absent() {
        for nothing in [json!(0), json!(0.0), json!(""), json!(null), json!(false)] {
            let restart = read(json!({
                "node_name": "n", "reason": nothing, "code": nothing, "object_name": nothing,
                "object_namespace": nothing, "container_name": nothing, "restart_count": nothing,
            }));
            let expected = NodeRestart {
                node_name: "n".to_owned(),
                ..NodeRestart::default()
            };
            assert_eq!(restart, Ok(expected), "{nothing}");
            let missing = Refused::Invalid("Missing required field: \"node_name\"".to_owned());
            assert_eq!(read(json!({"node_name": nothing})), Err(missing));
        }
    }

    #[test]
    fn wrong_types_are_refused_by_name() {
        for (field, value) in [
            ("node_name", json!({})),
            ("reason", json!([])),
            ("object_name", json!(["a"])),
            ("object_namespace", json!({"a": 1})),
            ("container_name", json!([1])),
            ("code", json!(1.5)),
            ("code", json!(2_147_483_648_i64)),
            ("code", json!("SIGKILL")),
            ("code", json!(true)),
            ("restart_count", json!(1e300)),
            ("restart_count", json!({})),
        ] {
            let mut body = json!({"node_name": "n"});
            body[field] = value.clone();
            let Err(Refused::Invalid(text)) = read(body) else {
                panic!("{field}: {value} was accepted");
            };
            assert!(text.starts_with(&format!("\"{field}\" must be")), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_whole_number_is_read_in_each_of_its_forms(number in any::<i32>()) {
            prop_assume!(number != 0);
            for form in [json!(number), json!(f64::from(number)), json!(number.to_string())] {
                let restart = read(json!({"node_name": "n", "code": form})).unwrap();
                prop_assert_eq!(restart.code, Some(number));
            }
        }
    }
}

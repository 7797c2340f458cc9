//! Whether an answer says something else than the one before.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;

/// Members that differ in every answer without anything having changed.
const VOLATILE: [&str; 3] = ["age_s", "as_of", "fetched_seconds_ago"];

/// A number that differs where answers differ, what changes by itself aside.
pub(super) fn of(answer: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    match serde_json::from_slice::<Value>(answer) {
        Ok(mut value) => {
            settle(&mut value);
            value.to_string().hash(&mut hasher);
        }
        Err(_) => answer.hash(&mut hasher),
    }
    hasher.finish()
}

fn settle(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !VOLATILE.contains(&name.as_str()));
            members.values_mut().for_each(settle);
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_something_counts() {
        let first = br#"{"nodes":[{"name":"a","age_s":1.0}],"meta":{"as_of":"x"}}"#;
        let later = br#"{"nodes":[{"name":"a","age_s":2.5}],"meta":{"as_of":"y"}}"#;
        let other = br#"{"nodes":[{"name":"b","age_s":1.0}],"meta":{"as_of":"x"}}"#;
        assert_eq!(of(first), of(later));
        assert_ne!(of(first), of(other));
        assert_ne!(of(b"no JSON"), of(b"no json"));
    }
}

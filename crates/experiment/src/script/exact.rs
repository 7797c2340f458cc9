//! JSON values as they were written: numbers keep their form, such as `1e3` and `1.0`.
//!
//! The original orchestrator passes values of unknown kind on without reading them.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::{self, Members};

/// The text of a JSON value, without white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exact(String);

impl Exact {
    /// A value that we make.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        Self(json::to_text(value).unwrap_or_else(|_| value.to_string()))
    }

    /// A value that was read.
    pub(crate) fn of_text(raw: &RawValue) -> Self {
        Self(compact(raw.get()))
    }

    /// A list of values.
    pub(crate) fn list<'a>(elements: impl IntoIterator<Item = &'a Self>) -> Self {
        let texts: Vec<&str> = elements.into_iter().map(|one| one.0.as_str()).collect();
        Self(format!("[{}]", texts.join(",")))
    }

    /// The value.
    #[must_use]
    pub fn to_value(&self) -> Value {
        // valid by construction
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// Whether it is `null`.
    pub(crate) fn is_null(&self) -> bool {
        self.0 == "null"
    }

    /// Whether it is a list or an object.
    pub(crate) fn is_list_or_object(&self) -> bool {
        self.0.starts_with(['[', '{'])
    }

    /// The elements of a list.
    pub(crate) fn elements(&self) -> Option<Vec<Self>> {
        let elements: Vec<&RawValue> = serde_json::from_str(&self.0).ok()?;
        Some(elements.into_iter().map(Self::of_text).collect())
    }

    /// The last member of this name, in any case.
    pub(crate) fn member(&self, name: &str) -> Option<Self> {
        let Members(members) = serde_json::from_str(&self.0).ok()?;
        let mut members = members.iter().rev();
        let (_, value) = members.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(Self::of_text(value))
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(S::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self::of_text(&raw))
    }
}

/// Whether a list or an object has numbers whose form can be another than the one we write.
pub(crate) fn has_floats(value: &Value) -> bool {
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Number(number) if number.is_f64() => return true,
            Value::Array(elements) => waiting.extend(elements),
            Value::Object(members) => waiting.extend(members.values()),
            _ => {}
        }
    }
    false
}

/// Valid JSON without white space, texts in it escaped as the original does.
fn compact(text: &str) -> String {
    let mut compacted = String::with_capacity(text.len());
    let mut is_in_text = false;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => is_in_text = !is_in_text,
            '\\' => {
                compacted.push(character);
                compacted.extend(characters.next());
                continue;
            }
            ' ' | '\t' | '\n' | '\r' if !is_in_text => continue,
            _ if json::needs_escape(character) => {
                let escaped = format!("\\u{:04x}", u32::from(character));
                compacted.push_str(&escaped);
                continue;
            }
            _ => {}
        }
        compacted.push(character);
    }
    compacted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_form_and_white_space_goes() {
        let text = "[ 1e3 , 1.0,\n -0, 12345678901234567890123, {\"a b\": [\" \\\" <\", 5E-7]} ]";
        let exact: Exact = serde_json::from_str(text).unwrap();
        let expected = r#"[1e3,1.0,-0,12345678901234567890123,{"a b":[" \" \u003c",5E-7]}]"#;
        assert_eq!(json::to_text(&exact).unwrap(), expected);
        let elements = exact.elements().unwrap();
        assert_eq!(elements.len(), 5);
        assert_eq!(Exact::list(&elements), exact);
        assert_eq!(
            elements[4].member("A B").unwrap().elements().unwrap().len(),
            2
        );
        assert_eq!(elements[0].to_value(), Value::from(1000.0));
    }

    #[test]
    fn values_of_ours_are_written_as_everywhere() {
        let value = serde_json::json!({"a": 1.0, "b": ["<", 1e21, null]});
        assert_eq!(
            json::to_text(&Exact::of(&value)).unwrap(),
            json::to_text(&value).unwrap()
        );
        assert!(has_floats(&value));
        assert!(!has_floats(&serde_json::json!([1, "1.0", {"a": true}])));
    }
}

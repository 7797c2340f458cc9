//! Reading single members of a JSON object without copying the rest.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A string that is borrowed from the input where no escape forbids it.
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a string")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// Members of an object: keys and the JSON texts of their values.
pub(crate) type Members<'a> = [(Cow<'a, str>, &'a str)];

/// The members of an object in order, none if the text is not an object; a
/// repeated key stays repeated.
pub(crate) fn members(json: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    let mut members = Vec::with_capacity(8);
    each_member(json, |key, value| members.push((key, value)))?;
    Some(members)
}

/// Gives the members of an object in order; none if the text is not an object.
pub(crate) fn each_member<'a>(
    json: &'a str,
    mut give: impl FnMut(Cow<'a, str>, &'a str),
) -> Option<()> {
    let mut scan = Scan::of(json, b'{')?;
    let mut is_first = true;
    while scan.more(b'}', is_first)? {
        is_first = false;
        let key = scan.value()?;
        scan.expect(b':')?;
        give(string(key)?, scan.value()?);
    }
    Some(())
}

/// The value of the last member with this key, as `jsonb` would keep it.
pub(crate) fn member<'a>(members: &Members<'a>, key: &str) -> Option<&'a str> {
    members
        .iter()
        .rev()
        .find(|(name, _)| name == key)
        .map(|&(_, value)| value)
}

/// A JSON value as PostgreSQL's operator `->>` gives it: the text of a string,
/// nothing for null, the JSON text of anything else.
pub(crate) fn as_text(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes().first() {
        Some(b'"') => string(json),
        Some(b'n') | None => None,
        Some(_) => Some(Cow::Borrowed(json)),
    }
}

/// The text of a JSON string, none if it is not one.
pub(crate) fn string(json: &str) -> Option<Cow<'_, str>> {
    let text = json.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr2(b'"', b'\\', text.as_bytes()).is_none() {
        return Some(Cow::Borrowed(text));
    }
    let Text(text) = serde_json::from_str(json).ok()?;
    Some(text)
}

/// The elements of a JSON array, none if the text is not an array.
pub(crate) fn elements(json: &str) -> Option<Vec<&str>> {
    let mut elements = Vec::with_capacity(4);
    each_element(json, |element| elements.push(element))?;
    Some(elements)
}

/// Gives the elements of a JSON array in order, none if the text is not an
/// array.
pub(crate) fn each_element<'a>(json: &'a str, mut give: impl FnMut(&'a str)) -> Option<()> {
    let mut scan = Scan::of(json, b'[')?;
    let mut is_first = true;
    while scan.more(b']', is_first)? {
        is_first = false;
        give(scan.value()?);
    }
    Some(())
}

/// Finds the ends of values in a text that is known to be valid JSON, several
/// times faster than a parser that checks it again. Another text gives nothing,
/// or wrong values, but never a panic.
struct Scan<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    /// Within the object or array that the text is.
    fn of(json: &'a str, open: u8) -> Option<Self> {
        let mut scan = Self { json, at: 0 };
        scan.expect(open)?;
        Some(scan)
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.json.as_bytes().get(self.at)? {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                &byte => return Some(byte),
            }
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Whether another value follows, or else the end of the object or array
    /// and of the text.
    fn more(&mut self, close: u8, is_first: bool) -> Option<bool> {
        if self.peek()? == close {
            self.at += 1;
            return self.peek().is_none().then_some(false);
        }
        if !is_first {
            self.expect(b',')?;
        }
        Some(true)
    }

    fn value(&mut self) -> Option<&'a str> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'"' => self.skip_string()?,
            b'{' | b'[' => self.skip_nested()?,
            _ => {
                let rest = &self.json.as_bytes()[start..];
                let is_end =
                    |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
                self.at += rest.iter().position(is_end).unwrap_or(rest.len());
            }
        }
        self.json
            .get(start..self.at)
            .filter(|value| !value.is_empty())
    }

    /// From an opening quote to behind the closing one.
    fn skip_string(&mut self) -> Option<()> {
        let bytes = self.json.as_bytes();
        self.at += 1;
        loop {
            self.at += memchr::memchr2(b'"', b'\\', bytes.get(self.at..)?)?;
            if bytes[self.at] == b'"' {
                self.at += 1;
                return Some(());
            }
            self.at += 2;
        }
    }

    /// From an opening bracket to behind the one that closes it.
    fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.json.as_bytes().get(self.at)? {
                b'"' => {
                    self.skip_string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;
    use serde_json::value::RawValue;

    use super::*;

    fn json(depth: u32) -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f32>().prop_map(Value::from),
            "[ -~\\\\\"é]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(depth, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-c\\\\\"]{0,3}", inner, 0..4)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn values_are_those_of_a_parser(value in json(4), pretty: bool) {
            let text = if pretty {
                serde_json::to_string_pretty(&value).unwrap()
            } else {
                value.to_string()
            };
            let parsed = serde_json::from_str::<Vec<&RawValue>>(&text).ok();
            let parsed = parsed.map(|list| list.into_iter().map(RawValue::get).collect());
            prop_assert_eq!(elements(&text), parsed);
            let found = members(&text);
            prop_assert_eq!(found.is_some(), value.is_object());
            for (key, member) in found.into_iter().flatten() {
                let parsed: Value = serde_json::from_str(member).unwrap();
                prop_assert_eq!(&parsed, &value[key.as_ref()]);
                let expected = match &parsed {
                    Value::Null => None,
                    Value::String(text) => Some(text.as_str()),
                    _ => Some(member),
                };
                let found = as_text(member);
                prop_assert_eq!(found.as_deref(), expected);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\]{}\",:\\\\ a1é]{0,20}") {
            let _ = (members(&text), elements(&text), as_text(&text));
        }
    }

    #[test]
    fn a_repeated_key_stays_repeated_and_the_last_counts() {
        let list = members(r#"{"a":1, "b" : [1,{"c":"}"}] ,"a":"x\"y"}"#).unwrap();
        assert_eq!(list.len(), 3);
        assert_eq!(member(&list, "b"), Some(r#"[1,{"c":"}"}]"#));
        assert_eq!(
            member(&list, "a").and_then(as_text).as_deref(),
            Some("x\"y")
        );
    }

    #[test]
    fn other_values_have_no_members() {
        for text in [
            "",
            "[]",
            "1",
            "\"{}\"",
            "{",
            "{\"a\"",
            "{\"a\":1",
            "{\"a\":1}x",
            "{a:1}",
        ] {
            assert!(members(text).is_none(), "{text}");
        }
    }
}

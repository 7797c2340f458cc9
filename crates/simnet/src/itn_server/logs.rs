//! Entries of the internal log as GraphQL objects.

use std::borrow::Cow;

use super::node::LogLine;
use crate::graphql::{Arguments, Object, Value};

/// An `ItnLog`.
pub(super) struct Log<L>(pub(super) L);

impl<L: LogLine> Object for Log<L> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        let Self(line) = self;
        Ok(match name {
            "id" => Value::Int(i64::try_from(line.id()).unwrap_or(i64::MAX)),
            "timestamp" => Value::text(utc_text(line.unix_micros())),
            "message" => Value::text(line.message()),
            "metadata" => {
                let mut items = Vec::new();
                line.items(&mut |item, value| {
                    items.push(Value::object(Item {
                        item: item.to_owned(),
                        value: value.to_owned(),
                    }));
                });
                Value::List(items)
            }
            _ => Value::or_null(line.process_name()),
        })
    }
}

/// A `logMetadatum`.
struct Item {
    item: String,
    /// JSON text.
    value: String,
}

impl Object for Item {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        Ok(match name {
            "item" => Value::text(self.item.as_str()),
            _ => Value::Json(Cow::Borrowed(&self.value)),
        })
    }
}

/// A time as the log has it: `2023-05-11 19:48:35.588434Z`.
fn utc_text(unix_micros: i64) -> String {
    jiff::Timestamp::from_microsecond(unix_micros)
        .unwrap_or_default()
        .strftime("%Y-%m-%d %H:%M:%S.%6fZ")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_six_digits_and_a_z() {
        for (micros, text) in [
            (1_683_834_515_588_434, "2023-05-11 19:48:35.588434Z"),
            (1_746_628_222_000_010, "2025-05-07 14:30:22.000010Z"),
            (0, "1970-01-01 00:00:00.000000Z"),
        ] {
            assert_eq!(utc_text(micros), text);
            let read = trace::Timestamp::from_utc_text(text).unwrap();
            assert_eq!(read.microseconds(), micros);
        }
    }
}

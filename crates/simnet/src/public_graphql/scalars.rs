//! Scalars of the daemon's GraphQL.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use mina::Amount;

/// A public key in its text form.
#[derive(Debug, Clone)]
pub(super) struct PublicKey(pub(super) mina::PublicKey);

#[Scalar(name = "PublicKey")]
impl ScalarType for PublicKey {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => text
                .parse()
                .map(Self)
                .map_err(|_| InputValueError::custom("not a public key")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A number of up to 64 bits: written as text, read as text or number.
#[derive(Debug, Clone, Copy)]
pub(super) struct UInt64(pub(super) u64);

#[Scalar(name = "UInt64")]
impl ScalarType for UInt64 {
    fn parse(value: Value) -> InputValueResult<Self> {
        unsigned(&value)
            .map(Self)
            .ok_or_else(|| InputValueError::expected_type(value))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A number of up to 32 bits: written as text, read as text or number.
#[derive(Debug, Clone, Copy)]
pub(super) struct UInt32(pub(super) u32);

#[Scalar(name = "UInt32")]
impl ScalarType for UInt32 {
    fn parse(value: Value) -> InputValueResult<Self> {
        unsigned(&value)
            .and_then(|number| u32::try_from(number).ok())
            .map(Self)
            .ok_or_else(|| InputValueError::expected_type(value))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl From<Amount> for UInt64 {
    fn from(amount: Amount) -> Self {
        Self(amount.nanomina())
    }
}

impl From<UInt64> for Amount {
    fn from(number: UInt64) -> Self {
        Self::from_nanomina(number.0)
    }
}

fn unsigned(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        Value::Number(number) => number.as_u64(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_text_or_number_and_nothing_else() {
        let read = |json: serde_json::Value| unsigned(&Value::from_json(json).unwrap());
        assert_eq!(read("18446744073709551615".into()), Some(u64::MAX));
        assert_eq!(read(7.into()), Some(7));
        for other in ["", "-1", "+1", "1.0", "18446744073709551616"] {
            assert_eq!(read(other.into()), None, "{other}");
        }
        assert_eq!(read((-1).into()), None);
        assert_eq!(read(serde_json::Value::Null), None);
    }
}

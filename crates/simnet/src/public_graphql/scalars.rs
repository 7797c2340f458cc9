//! Scalars of the schema, as arguments.

use async_graphql_value::ConstValue;
use mina::{PrivateKey, PublicKey};
use serde_json::Value as Json;

/// Longest decimal number of a field.
const FIELD_DIGITS_MAX: usize = 78;

/// Reads a scalar. Numbers may be texts or whole numbers and become texts.
pub(super) fn read(scalar: &str, value: &ConstValue) -> Option<Json> {
    match scalar {
        "UInt32" | "GlobalSlotSinceGenesis" | "GlobalSlotSpan" => number::<u32>(value),
        "UInt64" | "Fee" | "CurrencyAmount" | "Balance" => number::<u64>(value),
        "PublicKey" => text(value, |text| text.parse::<PublicKey>().is_ok()),
        "PrivateKey" => text(value, |text| text.parse::<PrivateKey>().is_ok()),
        "Memo" => text(value, |text| text.parse::<mina::Memo>().is_ok()),
        "Signature" => text(value, |text| text.parse::<mina::Signature>().is_ok()),
        "StateHash" => text(value, |text| text.parse::<mina::StateHash>().is_ok()),
        "Field" => text(value, is_field),
        "Sign" => text(value, |text| matches!(text, "Positive" | "Negative")),
        "AuthRequired" => text(value, |text| {
            matches!(
                text,
                "None" | "Either" | "Proof" | "Signature" | "Impossible" | "Both"
            )
        }),
        "TokenId" | "VerificationKey" | "ZkappProof" => text(value, |text| !text.is_empty()),
        // What else is an input is JSON.
        _ => value.clone().into_json().ok(),
    }
}

fn text(value: &ConstValue, is_good: impl Fn(&str) -> bool) -> Option<Json> {
    match value {
        ConstValue::String(text) if is_good(text) => Some(text.as_str().into()),
        _ => None,
    }
}

fn is_field(text: &str) -> bool {
    let digits = text.strip_prefix("0x");
    let is_hexadecimal = digits.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    let is_decimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= FIELD_DIGITS_MAX && (is_decimal || is_hexadecimal)
}

fn number<T: std::str::FromStr + std::fmt::Display>(value: &ConstValue) -> Option<Json> {
    let text = match value {
        ConstValue::String(text) => text.clone(),
        ConstValue::Number(number) => number.to_string(),
        _ => return None,
    };
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: T = text.parse().ok()?;
    Some(number.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_text_or_number_and_nothing_else() {
        let read = |json: Json| read("UInt64", &ConstValue::from_json(json).unwrap());
        assert_eq!(
            read("18446744073709551615".into()),
            Some("18446744073709551615".into())
        );
        assert_eq!(read(7.into()), Some("7".into()));
        for other in ["", "-1", "+1", "1.0", "18446744073709551616"] {
            assert_eq!(read(other.into()), None, "{other}");
        }
        assert_eq!(read((-1).into()), None);
        assert_eq!(read(Json::Null), None);
    }

    #[test]
    fn texts_are_checked() {
        for (scalar, good, bad) in [
            (
                "PublicKey",
                "B62qjVQLxt9nYMWGn45mkgwYfcz8e8jvjNCBo11VKJb7vxDNwv5QLPS",
                "B62",
            ),
            ("UInt32", "4294967295", "4294967296"),
            ("Field", "123", "1x"),
            ("Field", "0x1F", "0x"),
            ("Sign", "Negative", "-"),
            ("AuthRequired", "Proof", "proof"),
            ("TokenId", "wSHV", ""),
        ] {
            assert!(read(scalar, &good.into()).is_some(), "{scalar} {good}");
            assert!(read(scalar, &bad.into()).is_none(), "{scalar} {bad}");
        }
    }
}

//! Scalars of the ITN schema, as arguments.

use async_graphql_value::ConstValue;
use mina::{PrivateKey, PublicKey};
use serde_json::Value as Json;

/// Reads a scalar. As in the daemon, numbers of nanomina may be texts or whole numbers.
pub(super) fn read(scalar: &str, value: &ConstValue) -> Option<Json> {
    match (scalar, value) {
        ("Fee" | "CurrencyAmount", ConstValue::String(text)) => nanomina(text),
        ("Fee" | "CurrencyAmount", ConstValue::Number(number)) => nanomina(&number.to_string()),
        ("UInt16", ConstValue::String(text)) => decimal::<u16>(text).map(Json::from),
        ("UInt16", ConstValue::Number(number)) => {
            decimal::<u16>(&number.to_string()).map(Json::from)
        }
        ("PublicKey", ConstValue::String(text)) => {
            text.parse::<PublicKey>().ok()?;
            Some(text.as_str().into())
        }
        ("PrivateKey", ConstValue::String(text)) => {
            text.parse::<PrivateKey>().ok()?;
            Some(text.as_str().into())
        }
        ("JSON", value) => value.clone().into_json().ok(),
        _ => None,
    }
}

fn nanomina(text: &str) -> Option<Json> {
    decimal::<u64>(text).map(|number| number.to_string().into())
}

fn decimal<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_texts_or_numbers_below_2_to_the_64() {
        for value in [
            ConstValue::from("1000000000"),
            ConstValue::from(1_000_000_000),
        ] {
            assert_eq!(read("Fee", &value), Some("1000000000".into()));
        }
        for value in [
            ConstValue::from("-1"),
            ConstValue::from(-1),
            ConstValue::from(1.5),
            ConstValue::from(""),
            ConstValue::from("18446744073709551616"),
            ConstValue::from(true),
        ] {
            assert_eq!(read("CurrencyAmount", &value), None, "{value}");
        }
    }

    #[test]
    fn keys_are_checked() {
        let public = "B62qjVQLxt9nYMWGn45mkgwYfcz8e8jvjNCBo11VKJb7vxDNwv5QLPS";
        let private = "EKFWgzXsoMYcP1Hnj7dBhsefxNucZ6wyz676Qg5uMFNzytXAi2Ww";
        assert!(read("PublicKey", &public.into()).is_some());
        assert!(read("PrivateKey", &private.into()).is_some());
        assert!(read("PublicKey", &private.into()).is_none());
        assert!(read("PrivateKey", &public.into()).is_none());
        assert!(read("Unknown", &"x".into()).is_none());
    }
}

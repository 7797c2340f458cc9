//! The daemon's scalars in JSON, as modules for `#[serde(with = …)]`.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};

/// Longest text that is taken from a node, in bytes: names, handles, messages of success.
pub(crate) const TEXT_BYTES_MAX: usize = 4096;

/// `Fee` and `CurrencyAmount`: nanomina as decimal text.
pub(crate) mod nanomina {
    use mina::Amount;

    use super::*;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(crate) fn serialize<S: Serializer>(
        amount: &Amount,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&amount.nanomina())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Amount, D::Error> {
        let text = String::deserialize(deserializer)?;
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(D::Error::custom("an amount of nanomina is decimal digits"));
        }
        let nanomina = text
            .parse()
            .map_err(|_| D::Error::custom("an amount of nanomina is below 2^64"))?;
        Ok(Amount::from_nanomina(nanomina))
    }
}

/// `UInt16`: decimal text. A number is taken as well, as some servers write it.
pub(crate) mod uint16 {
    use super::*;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Text(String),
        Number(u16),
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
        match Form::deserialize(deserializer)? {
            Form::Number(number) => Ok(number),
            Form::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text
                .parse()
                .map_err(|_| D::Error::custom("a UInt16 is at most 65535")),
            Form::Text(_) => Err(D::Error::custom("a UInt16 is decimal digits")),
        }
    }

    pub(crate) fn optional<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<u16>, D::Error> {
        deserialize(deserializer).map(Some)
    }
}

/// `PrivateKey`: base58check.
pub(crate) mod private_key {
    use mina::PrivateKey;
    use zeroize::Zeroizing;

    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        key: &PrivateKey,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&key.to_base58check())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PrivateKey, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        // Without the text: it may be a key with one wrong letter.
        text.parse()
            .map_err(|_| D::Error::custom("not a Mina private key"))
    }
}

/// A list of `PrivateKey`.
pub(crate) mod private_keys {
    use mina::PrivateKey;

    use super::*;

    #[derive(Serialize)]
    struct Borrowed<'a>(#[serde(with = "private_key")] &'a PrivateKey);

    #[derive(Deserialize)]
    struct Owned(#[serde(with = "private_key")] PrivateKey);

    pub(crate) fn serialize<S: Serializer>(
        keys: &[PrivateKey],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(keys.iter().map(Borrowed))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<PrivateKey>, D::Error> {
        let keys: Vec<Owned> = Vec::deserialize(deserializer)?;
        Ok(keys.into_iter().map(|Owned(key)| key).collect())
    }
}

/// A text from a node: not longer than [`TEXT_BYTES_MAX`], without control characters.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked(String::deserialize(deserializer)?)
}

/// As [`text`], or nothing.
pub(crate) fn optional_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(deserializer)?
        .map(checked)
        .transpose()
}

fn checked<E: serde::de::Error>(text: String) -> Result<String, E> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(E::custom("the text is too long"));
    }
    if text.chars().any(char::is_control) {
        return Err(E::custom("the text contains control characters"));
    }
    Ok(text)
}

/// A text of a node, on its own or in a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Text(#[serde(deserialize_with = "text")] pub(crate) String);

#[cfg(test)]
mod tests {
    use mina::Amount;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Number(#[serde(deserialize_with = "uint16::deserialize")] u16);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Nanomina(#[serde(with = "nanomina")] Amount);

    #[test]
    fn small_numbers_are_texts_or_numbers() {
        for (json, number) in [(r#""0""#, 0), (r#""65535""#, 65535), ("8302", 8302)] {
            assert_eq!(
                serde_json::from_str::<Number>(json).unwrap(),
                Number(number)
            );
        }
        for json in [
            r#""""#,
            r#""-1""#,
            r#""+1""#,
            r#""65536""#,
            "65536",
            "-1",
            "1.5",
            "null",
            "[]",
        ] {
            assert!(serde_json::from_str::<Number>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn amounts_are_decimal_texts_of_nanomina() {
        let mina = Nanomina(Amount::from_nanomina(1_000_000_000));
        assert_eq!(serde_json::to_string(&mina).unwrap(), r#""1000000000""#);
        assert_eq!(
            serde_json::from_str::<Nanomina>(r#""18446744073709551615""#).unwrap(),
            Nanomina(Amount::from_nanomina(u64::MAX))
        );
        for json in [
            r#""""#,
            r#""1.0""#,
            r#""-1""#,
            r#""18446744073709551616""#,
            "5",
        ] {
            assert!(serde_json::from_str::<Nanomina>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn texts_are_short_and_printable() {
        assert!(serde_json::from_str::<Text>(r#""Deleted 5 logs""#).is_ok());
        let long = format!("\"{}\"", "x".repeat(TEXT_BYTES_MAX + 1));
        for json in [&long, r#""a\nb""#, r#""\u001b[31m""#, "1"] {
            assert!(serde_json::from_str::<Text>(json).is_err());
        }
    }
}

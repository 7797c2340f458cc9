//! Reading the body of a submission. Pure, and without a copy of the large
//! fields, whose JSON text is part of what was signed.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use jiff::Timestamp;
use mina::{CreatedAtOutOfRange, PublicKey, Signature, UptimePayload};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::Refusal;
use crate::whitelist::Whitelist;

/// Longest peer id or version, in bytes. Real ones have about 50 and 40.
const TEXT_BYTES_MAX: usize = 1024;

/// How many seconds before 1970 the year 1 began: the time that the original
/// service takes for an absent one.
const ZERO_TIME_UNIX_SECONDS: i64 = -62_135_596_800;

/// A submission of the right form, complete, but not checked any further.
#[derive(Debug)]
pub(crate) struct Submission<'a> {
    pub(crate) submitter: PublicKey,
    pub(crate) signature: Signature,
    pub(crate) created_at_unix_seconds: i64,
    pub(crate) peer_id: Cow<'a, str>,
    /// The decoded block, not empty.
    pub(crate) block: Vec<u8>,
    /// Not empty.
    pub(crate) snark_work: Option<Base64Field<'a>>,
    /// Not zero.
    pub(crate) graphql_control_port: Option<u16>,
    /// Not empty.
    pub(crate) built_with_commit_sha: Option<Cow<'a, str>>,
    raw_block: &'a RawValue,
}

/// A field with base64 in it, as it came and as text.
#[derive(Debug)]
pub(crate) struct Base64Field<'a> {
    raw: &'a RawValue,
    /// The base64, valid, without line ends.
    pub(crate) text: Cow<'a, str>,
}

/// As by the original, `null` is taken as absent everywhere, and keys are read
/// in any case; the last of several wins.
#[derive(Default)]
struct RawRequest<'a> {
    submitter: Option<Text<'a>>,
    signature: Option<Signature>,
    data: Option<RawData<'a>>,
}

#[derive(Default)]
struct RawData<'a> {
    block: Option<&'a RawValue>,
    created_at: Option<Timestamp>,
    peer_id: Option<Text<'a>>,
    snark_work: Option<&'a RawValue>,
    graphql_control_port: Option<u16>,
    built_with_commit_sha: Option<Text<'a>>,
}

/// Reads an object into a struct: fields by their names in any case.
macro_rules! read_in_any_case {
    ($type:ident: $($field:ident),*) => {
        impl<'de: 'a, 'a> Deserialize<'de> for $type<'a> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Fields<'a>(PhantomData<&'a ()>);

                impl<'de: 'a, 'a> Visitor<'de> for Fields<'a> {
                    type Value = $type<'a>;

                    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                        formatter.write_str("an object")
                    }

                    fn visit_map<A: MapAccess<'de>>(
                        self,
                        mut map: A,
                    ) -> Result<$type<'a>, A::Error> {
                        let mut read = $type::default();
                        while let Some(Text(key)) = map.next_key()? {
                            $(if key.eq_ignore_ascii_case(stringify!($field)) {
                                if let Some(value) = map.next_value()? {
                                    read.$field = Some(value);
                                }
                            } else)* {
                                map.next_value::<IgnoredAny>()?;
                            }
                        }
                        Ok(read)
                    }
                }

                deserializer.deserialize_map(Fields(PhantomData))
            }
        }
    };
}

read_in_any_case!(RawRequest: submitter, signature, data);
read_in_any_case!(RawData: block, created_at, peer_id, snark_work, graphql_control_port, built_with_commit_sha);

/// Borrows where there are no escapes; a plain `Cow` in an option would not.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Submission<'a> {
    /// Reads the body of a request: checks 4 and 5 of the answer table. The
    /// whitelist only saves the work of reading a key that is on it.
    pub(crate) fn parse(body: &'a [u8], whitelist: &Whitelist) -> Result<Self, Refusal> {
        let request: RawRequest<'a> =
            serde_json::from_slice(body).map_err(|_| Refusal::Undecodable)?;
        let submitter = request
            .submitter
            .map(|Text(text)| whitelist.key_of(&text).map_or_else(|| text.parse(), Ok))
            .transpose()
            .map_err(|_| Refusal::Undecodable)?;
        let data = request.data.unwrap_or_default();

        let block = data.block.map(Base64Field::read).transpose()?;
        let snark_work = data.snark_work.map(Base64Field::read).transpose()?;
        let peer_id = data.peer_id.map(Text::checked).transpose()?;
        let version = data.built_with_commit_sha.map(Text::checked).transpose()?;
        let created_at = data.created_at.map(whole_seconds);
        if created_at.is_some_and(|seconds| !can_be_signed(seconds)) {
            return Err(Refusal::Undecodable);
        }

        let (block, decoded_block) = block.ok_or(Refusal::MissingField)?;
        if decoded_block.is_empty() {
            return Err(Refusal::MissingField);
        }
        Ok(Self {
            submitter: submitter.ok_or(Refusal::MissingField)?,
            signature: request.signature.ok_or(Refusal::MissingField)?,
            created_at_unix_seconds: created_at
                .filter(|&seconds| seconds != ZERO_TIME_UNIX_SECONDS)
                .ok_or(Refusal::MissingField)?,
            peer_id: peer_id
                .filter(|peer_id| !peer_id.is_empty())
                .ok_or(Refusal::MissingField)?,
            block: decoded_block,
            snark_work: snark_work
                .filter(|(_, decoded)| !decoded.is_empty())
                .map(|(field, _)| field),
            graphql_control_port: data.graphql_control_port.filter(|&port| port != 0),
            built_with_commit_sha: version.filter(|version| !version.is_empty()),
            raw_block: block.raw,
        })
    }

    /// The 32 bytes that the signature must be of.
    pub(crate) fn digest(&self) -> Result<[u8; 32], CreatedAtOutOfRange> {
        UptimePayload {
            block: self.raw_block.get(),
            created_at_unix_seconds: self.created_at_unix_seconds,
            peer_id: &self.peer_id,
            snark_work: self.snark_work.as_ref().map(|field| field.raw.get()),
            graphql_control_port: self.graphql_control_port.map_or(0, i64::from),
            built_with_commit_sha: self.built_with_commit_sha.as_deref().unwrap_or_default(),
        }
        .digest()
    }
}

impl<'a> Base64Field<'a> {
    /// The field and its decoded bytes.
    fn read(raw: &'a RawValue) -> Result<(Self, Vec<u8>), Refusal> {
        let decode = |text: &str| BASE64_STANDARD.decode(text.as_bytes());
        // Base64 is nearly always written without escapes, and valid base64
        // has none: such a text need not be read as JSON once more.
        if let Some(text) = raw.get().strip_prefix('"')
            && let Some(text) = text.strip_suffix('"')
            && let Ok(decoded) = decode(text)
        {
            let text = Cow::Borrowed(text);
            return Ok((Self { raw, text }, decoded));
        }
        let Text(text) = serde_json::from_str(raw.get()).map_err(|_| Refusal::Undecodable)?;
        // As the original does, line ends are passed over wherever they are.
        let text = if text.contains(['\r', '\n']) {
            Cow::Owned(text.replace(['\r', '\n'], ""))
        } else {
            text
        };
        let decoded = decode(&text).map_err(|_| Refusal::Undecodable)?;
        Ok((Self { raw, text }, decoded))
    }
}

impl<'a> Text<'a> {
    /// The texts are put unescaped into the text that is signed. With quotes in
    /// them one signature would be good for several submissions: a peer id
    /// could hold the fields after it. Neither peer ids nor versions have such
    /// characters.
    fn checked(self) -> Result<Cow<'a, str>, Refusal> {
        let ambiguous = |character: char| matches!(character, '"' | '\\') || character.is_control();
        if self.0.len() > TEXT_BYTES_MAX || self.0.contains(ambiguous) {
            return Err(Refusal::Undecodable);
        }
        Ok(self.0)
    }
}

/// Rounded down, as the original does when it writes the time again.
fn whole_seconds(time: Timestamp) -> i64 {
    time.as_millisecond().div_euclid(1000)
}

/// RFC 3339, in which the time is signed, has the years 0000 to 9999 only.
fn can_be_signed(unix_seconds: i64) -> bool {
    (-62_167_219_200..=253_402_300_799).contains(&unix_seconds)
}

#[cfg(test)]
mod tests;

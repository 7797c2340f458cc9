//! Writing a setup: the object `setup` or `setup_json`, keys as in the original.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::Setup;
use super::parameter::{PARAMETERS, Parameter, Place};

impl Serialize for Setup {
    /// The members in the fixed order of `setup` objects. Parameters of our own are written at
    /// the end and only when they are not at their defaults, so that a setup that uses none
    /// looks as it always did.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut setup = self.clone();
        let mut map = serializer.serialize_map(None)?;
        for parameter in &PARAMETERS {
            let key = parameter.setup_key;
            match parameter.place {
                Place::Float(place) => map.serialize_entry(key, place(&mut setup))?,
                Place::Integer(place) => map.serialize_entry(key, place(&mut setup))?,
                Place::Amount(place) => {
                    map.serialize_entry(key, &place(&mut setup).nanomina())?;
                }
                Place::Flag(place) => map.serialize_entry(key, place(&mut setup))?,
                Place::Text(place) => map.serialize_entry(key, place(&mut setup))?,
                Place::Texts(place) => map.serialize_entry(key, place(&mut setup))?,
                Place::CommaTexts(place) => {
                    let texts = place(&mut setup);
                    let texts = (!texts.is_empty()).then_some(&*texts);
                    map.serialize_entry(key, &texts)?;
                }
                Place::Floats(place) => {
                    let floats = place(&mut setup);
                    if !floats.is_empty() {
                        map.serialize_entry(key, floats)?;
                    }
                }
                Place::OwnTexts(place) => {
                    let texts = place(&mut setup);
                    if !texts.is_empty() {
                        map.serialize_entry(key, texts)?;
                    }
                }
                Place::OwnFlag(place) => {
                    if *place(&mut setup) {
                        map.serialize_entry(key, &true)?;
                    }
                }
                Place::Shape(place) => {
                    let shape = *place(&mut setup);
                    if shape != super::RateShape::default() {
                        map.serialize_entry(key, shape.name())?;
                    }
                }
                Place::Seed(place) => {
                    if let Some(seed) = *place(&mut setup) {
                        map.serialize_entry(key, &seed)?;
                    }
                }
            }
        }
        map.end()
    }
}

impl<'de> serde::Deserialize<'de> for Setup {
    /// Reads what [`Setup`] writes, strictly. For requests and files there is
    /// [`decode`](super::decode), which lists every problem.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let decoded =
            super::decode::from_json(&value.to_string(), super::decode::Strictness::Strict)
                .map_err(serde::de::Error::custom)?;
        Ok(decoded.setup)
    }
}

/// A default as the help shows it; nothing for empty ones.
pub(crate) fn default_text(parameter: &Parameter, defaults: &Setup) -> Option<String> {
    let mut setup = defaults.clone();
    let text = match parameter.place {
        Place::Float(place) => place(&mut setup).to_string(),
        Place::Integer(place) => place(&mut setup).to_string(),
        Place::Amount(place) => place(&mut setup).nanomina().to_string(),
        Place::Text(place) => place(&mut setup).clone(),
        Place::Shape(place) => place(&mut setup).to_string(),
        Place::Flag(_)
        | Place::Texts(_)
        | Place::CommaTexts(_)
        | Place::OwnTexts(_)
        | Place::OwnFlag(_)
        | Place::Floats(_)
        | Place::Seed(_) => String::new(),
    };
    (!text.is_empty()).then_some(text)
}

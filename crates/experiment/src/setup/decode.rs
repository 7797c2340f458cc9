//! Reading a setup from JSON: leniently as old clients need it, or strictly.

use std::fmt;

use mina::Amount;
use nearest::nearest;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Setup;
use super::parameter::{self, FEES, PARAMETERS, Parameter, Place};
use crate::json::{Members, describe};
use crate::seeded_rng::SEED_MAX;

/// What happens with keys that mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// They are ignored, and the last of repeated ones wins: what clients of the original rely on.
    Lenient,
    /// They are refused with the nearest known key, and so are repeated ones: a misspelt
    /// parameter in a file must not be silently absent.
    Strict,
}

/// What a JSON object said.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The parameters, with defaults for those that were not given.
    pub setup: Setup,
    /// The address that is called when the run has ended. A credential: never part of the setup.
    pub webhook_url: Option<WebhookUrl>,
}

/// The address of a webhook. It is a secret, because knowing it suffices to use it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(String);

impl WebhookUrl {
    /// The address `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The address, to deliver to it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WebhookUrl(***)")
    }
}

/// Everything that is wrong with the form of a JSON text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", problems.join("; "))]
pub struct DecodeError {
    /// One sentence each, in the order of the text; never empty.
    pub problems: Vec<String>,
}

impl DecodeError {
    pub(crate) fn one(problem: String) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

/// Keys that are no parameters: `mode` meant something once, `queue` belongs to the request that starts a run.
const WITHOUT_EFFECT: [&str; 2] = ["mode", "queue"];
const WEBHOOK_URL: &str = "webhook_url";

/// The setup in a JSON object. All problems are told at once.
///
/// # Errors
///
/// The text is no setup; the error lists every problem.
pub fn from_json(text: &str, strictness: Strictness) -> Result<Decoded, DecodeError> {
    let Members(members) =
        serde_json::from_str(text).map_err(|error| DecodeError::one(error.to_string()))?;
    from_members(&members, strictness)
}

pub(crate) fn from_members(
    members: &[(String, Box<RawValue>)],
    strictness: Strictness,
) -> Result<Decoded, DecodeError> {
    let mut decoder = Decoder {
        strictness,
        setup: Setup::default(),
        webhook_url: None,
        seen: Vec::new(),
        problems: Vec::new(),
    };
    for (name, value) in members {
        decoder.member(name, value.get());
    }
    if decoder.problems.is_empty() {
        Ok(Decoded {
            setup: decoder.setup,
            webhook_url: decoder.webhook_url,
        })
    } else {
        Err(DecodeError {
            problems: decoder.problems,
        })
    }
}

struct Decoder {
    strictness: Strictness,
    setup: Setup,
    webhook_url: Option<WebhookUrl>,
    seen: Vec<&'static str>,
    problems: Vec<String>,
}

impl Decoder {
    fn member(&mut self, name: &str, value: &str) {
        if let Some(parameter) = parameter::by_name(name) {
            self.parameter(name, parameter, value);
        } else if name.eq_ignore_ascii_case(FEES) {
            self.fees(value);
        } else if name.eq_ignore_ascii_case(WEBHOOK_URL) {
            self.note(WEBHOOK_URL);
            match serde_json::from_str::<Option<String>>(value) {
                Ok(None) => {}
                Ok(Some(url)) => {
                    self.webhook_url = (!url.is_empty()).then_some(WebhookUrl(url));
                }
                // the value is not shown: it may be an address in a list, say
                Err(_) => self
                    .problems
                    .push(format!("{WEBHOOK_URL}: expected a text")),
            }
        } else if self.strictness == Strictness::Strict && !WITHOUT_EFFECT.contains(&name) {
            let known = PARAMETERS
                .iter()
                .flat_map(Parameter::names)
                .chain([FEES, WEBHOOK_URL]);
            self.unknown(name, nearest(name, known));
        }
    }

    fn fees(&mut self, value: &str) {
        let Ok(members) = serde_json::from_str::<Option<Members>>(value) else {
            self.wrong_type(FEES, "an object", value);
            return;
        };
        let members = members.map(|members| members.0).unwrap_or_default();
        for (name, value) in &members {
            let full_name = format!("{FEES}.{name}");
            if let Some(parameter) = parameter::by_fee_name(name) {
                self.parameter(&full_name, parameter, value.get());
            } else if self.strictness == Strictness::Strict {
                let near = nearest(name, parameter::fee_names().map(|(known, _)| known));
                let near = near.map(|near| format!("{FEES}.{near}"));
                self.unknown(&full_name, near.as_deref());
            }
        }
    }

    fn parameter(&mut self, name: &str, parameter: &'static Parameter, value: &str) {
        self.note(parameter.setup_key);
        if value == "null" {
            // a field that is null stays at its default
            return;
        }
        if set(&mut self.setup, parameter.place, value).is_none() {
            self.wrong_type(name, parameter.place.expects(), value);
        }
    }

    /// Notes that a parameter was given, under whichever name.
    fn note(&mut self, key: &'static str) {
        if self.seen.contains(&key) {
            if self.strictness == Strictness::Strict {
                self.problems.push(format!("{key} is given twice"));
            }
        } else {
            self.seen.push(key);
        }
    }

    fn wrong_type(&mut self, name: &str, expected: &str, value: &str) {
        let got = describe(value);
        self.problems
            .push(format!("{name}: expected {expected}, got {got}"));
    }

    fn unknown(&mut self, name: &str, near: Option<&str>) {
        let problem = match near {
            Some(near) => format!("unknown key `{name}`; did you mean `{near}`?"),
            None => format!("unknown key `{name}`"),
        };
        self.problems.push(problem);
    }
}

/// Sets a value from its JSON text; nothing if it has the wrong type.
fn set(setup: &mut Setup, place: Place, value: &str) -> Option<()> {
    match place {
        Place::Float(place) => *place(setup) = read(value)?,
        Place::Integer(place) => *place(setup) = read(value)?,
        Place::Amount(place) => *place(setup) = Amount::from_nanomina(read(value)?),
        Place::Flag(place) | Place::OwnFlag(place) => *place(setup) = read(value)?,
        Place::Text(place) => *place(setup) = read(value)?,
        Place::Texts(place) => *place(setup) = read(value)?,
        Place::CommaTexts(place) | Place::OwnTexts(place) => {
            // As clients of the original write it, or a list.
            *place(setup) = match read::<String>(value) {
                Some(text) => comma_separated(&text).map(str::to_owned).collect(),
                None => read(value)?,
            }
        }
        Place::Floats(place) => *place(setup) = read(value)?,
        Place::Shape(place) => *place(setup) = read::<String>(value)?.parse().ok()?,
        Place::Seed(place) => {
            let seed: u64 = read(value)?;
            if seed > SEED_MAX {
                return None;
            }
            *place(setup) = Some(seed);
        }
    }
    Some(())
}

fn read<'a, T: Deserialize<'a>>(value: &'a str) -> Option<T> {
    serde_json::from_str(value).ok()
}

/// The parts of a list with commas, empty ones left out.
pub(super) fn comma_separated(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|part| !part.is_empty())
}
